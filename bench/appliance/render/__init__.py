# SPDX-License-Identifier: GPL-2.0
"""How results look: tables, plots."""
