# SPDX-License-Identifier: GPL-2.0
"""`umwalk build`: build kernels, and nothing else."""

import argparse

from ..kernels import series
from ..kernels.build import ensure
from ..paths import build_folder
from .options import add_config, add_kernels

NAME = 'build'
HELP = 'build kernels, all of them by default'


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)
    add_config(command)


def run(arguments: argparse.Namespace) -> int:
    """Build what is not up to date; returns the exit status."""
    ensure(build_folder(), [series.kernel(name, arguments.config)
                            for name in arguments.kernels or series.kernels()])
    return 0
