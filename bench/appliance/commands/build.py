# SPDX-License-Identifier: GPL-2.0
"""`umwalk build`: build kernels, and nothing else."""

import argparse

from ..kernels import series
from ..kernels.build import ensure
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
    ensure(build_folder(), [series.kernel(name, arguments.config)
                            for name in arguments.kernels or series.kernels()])
    return 0
