# SPDX-License-Identifier: GPL-2.0
"""`umwalk stress`: read about processes whose memory changes all the time."""

from .stress import HELP, NAME, STORES, add_arguments, run

__all__ = ['HELP', 'NAME', 'STORES', 'add_arguments', 'run']
