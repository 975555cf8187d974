# SPDX-License-Identifier: GPL-2.0
"""`umwalk patches`: write a kernel's patches as they would be posted."""

import argparse
from pathlib import Path

from ..kernels import posting, series
from ..paths import build_folder
from .options import add_kernel

NAME = 'patches'
HELP = "write a kernel's patches as they would be posted, into a new folder"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernel(command)
    command.add_argument('folder', type=Path, metavar='FOLDER', help='it must be new or empty')


def run(arguments: argparse.Namespace) -> int:
    """Write them; returns the exit status."""
    written = posting.write(build_folder(), series.kernel(arguments.kernel), arguments.folder)
    print(f'{len(written)} patches of {arguments.kernel} in {arguments.folder}')
    return 0
