# SPDX-License-Identifier: GPL-2.0
"""`umwalk validate`: check a series before it is posted."""
