# SPDX-License-Identifier: GPL-2.0
"""`umwalk count`: how many instructions each walk retires, and where kernels differ."""

import argparse

from ...boots import walks
from ...paths import build_folder
from ..options import add_kernels, add_rows, positive
from . import count

NAME = 'count'
HELP = 'count the instructions of every walk, by function and line'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command, 'a kernel, compared with the one before it; may be '
                         f'repeated ({", ".join(count.KERNELS)})')
    add_rows(command)
    command.add_argument('--boots', type=positive, default=2,
                         help='boots of each kernel; all must count the same (%(default)s)')


def run(arguments: argparse.Namespace) -> int:
    """Count; returns the exit status."""
    names = list(dict.fromkeys(arguments.kernels or count.KERNELS))
    rows = walks.known(build_folder(), arguments.layouts).rows(arguments.rows)
    return count.run(build_folder(), count.Plan(names, rows, arguments.boots))
