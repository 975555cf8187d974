# SPDX-License-Identifier: GPL-2.0
"""`umwalk external`: which kernels agree with tests and tools that nobody here wrote."""

import argparse

from ...kernels.series import kernel
from ...paths import build_folder
from ..options import add_kernels, by_height
from . import external

NAME = 'external'
HELP = 'check every kernel by tests and tools that nobody here wrote'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)
    command.add_argument('--libhugetlbfs', metavar='SOURCES',
                         help='a tree or tarball of libhugetlbfs, whose test programs run with '
                              'readers beside them (they are not run)')


def run(arguments: argparse.Namespace) -> int:
    """Check; returns the exit status."""
    return external.run(build_folder(), [kernel(name) for name in arguments.kernels or by_height()],
                        arguments.libhugetlbfs)
