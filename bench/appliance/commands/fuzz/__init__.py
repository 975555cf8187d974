# SPDX-License-Identifier: GPL-2.0
"""`umwalk fuzz`: random address spaces and reads, compared with the truth."""

import argparse

from ...paths import build_folder
from ..options import add_kernels, by_height, positive
from . import fuzz

NAME = fuzz.NAME
HELP = 'look for faults by random address spaces and reads of them'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)
    command.add_argument('--seconds', type=positive, default=60, metavar='N',
                         help='look for so long (%(default)s)')
    command.add_argument('--seed', type=positive, default=1, metavar='N',
                         help='another number, other cases (%(default)s)')


def run(arguments: argparse.Namespace) -> int:
    """Look for faults; returns the exit status."""
    return fuzz.fuzz(build_folder(), arguments.kernels or by_height(), arguments.seconds,
                     arguments.seed)
