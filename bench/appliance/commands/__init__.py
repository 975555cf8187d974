# SPDX-License-Identifier: GPL-2.0
"""The subcommands of umwalk, a module or a folder each."""
