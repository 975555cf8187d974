# SPDX-License-Identifier: GPL-2.0
"""The dashboard: a folder of static pages on the history of nights."""
