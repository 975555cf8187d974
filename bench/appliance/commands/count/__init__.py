# SPDX-License-Identifier: GPL-2.0
"""`umwalk count`: how many instructions each walk retires, and where kernels differ."""

import argparse

from ...boots.walks import WALKS
from ...paths import build_folder
from ..options import add_kernels, positive
from . import count

NAME = 'count'
HELP = 'count the instructions of every walk, by function and line'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command, 'a kernel, compared with the one before it; may be '
                         f'repeated ({", ".join(count.KERNELS)})')
    command.add_argument('--layout', action='append', default=[], dest='layouts',
                         metavar='LAYOUT', help='a layout; may be repeated (all)')
    command.add_argument('--walk', choices=WALKS, help='the walk (all)')
    command.add_argument('--boots', type=positive, default=2,
                         help='boots of each kernel; all must count the same (%(default)s)')


def run(arguments: argparse.Namespace) -> int:
    """Count; returns the exit status."""
    names = list(dict.fromkeys(arguments.kernels or count.KERNELS))
    return count.run(build_folder(), names, arguments.layouts, arguments.walk, arguments.boots)
