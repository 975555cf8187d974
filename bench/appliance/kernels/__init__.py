# SPDX-License-Identifier: GPL-2.0
"""Kernels: their sources, stacks of patches, configuration, build, placement."""
