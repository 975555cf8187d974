# SPDX-License-Identifier: GPL-2.0
"""The host side of umwalk: sources, kernels, boots, comparison, reports."""
