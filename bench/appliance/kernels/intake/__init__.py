# SPDX-License-Identifier: GPL-2.0
"""The intake of a series: read it as people send it, and write its patches in their order."""
