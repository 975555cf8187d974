# SPDX-License-Identifier: GPL-2.0
"""The machine that all runs on: its clock, limits, perf, what it lacks."""
