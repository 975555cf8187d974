# SPDX-License-Identifier: GPL-2.0
"""What a run leaves: the folder and what it holds."""
