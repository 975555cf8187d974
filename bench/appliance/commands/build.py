# SPDX-License-Identifier: GPL-2.0
"""`umwalk build`: build kernels, and nothing else."""

import argparse

from ..kernels import kernel, series
from ..paths import build_folder
from .options import add_config

NAME = 'build'
HELP = 'build kernels, all of them by default'


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_config(command)
    command.add_argument('kernels', nargs='*', metavar='KERNEL', help='the kernels to build (all)')


def run(arguments: argparse.Namespace) -> int:
    """Build what is not up to date; returns the exit status."""
    kernel.ensure(build_folder(), arguments.kernels or series.kernels(), arguments.config)
    return 0
