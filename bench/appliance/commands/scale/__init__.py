# SPDX-License-Identifier: GPL-2.0
"""`umwalk scale`: measure what one VMA, page, hole, table or huge page adds to a walk."""

import argparse

from ...paths import build_folder
from ..options import add_kernels, add_layouts, by_height

NAME = 'scale'
HELP = 'measure what one VMA, page, hole, table or huge page adds to a walk'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)
    add_layouts(command, 'measure what one more copy of a layout adds instead; a layout, or a file '
                         'of one (docs/layouts.md); may be repeated')
    command.add_argument('--quick', action='store_true',
                         help='take under 40 s: fewer boots and points, at most 10,000 of each '
                              'thing, no instructions')


def run(arguments: argparse.Namespace) -> int:
    """Measure; returns the exit status."""
    from . import scale  # pylint: disable=import-outside-toplevel # matplotlib is slow to load
    chosen = scale.copies(build_folder(), arguments.layouts) or scale.SERIES
    return scale.run(build_folder(), arguments.kernels or by_height(),
                     scale.QUICK if arguments.quick else scale.FULL, chosen)
