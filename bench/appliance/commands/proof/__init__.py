# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-proof`: measure how small a change bench sees, and how often it is wrong."""

import argparse

from ...boots import walks
from ...paths import build_folder
from ..options import add_row, add_shard, chosen_row

NAME = 'bench-proof'
HELP = 'measure how small a change bench sees, and how often it is wrong'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_row(command)
    command.add_argument('--null', action='store_true',
                         help='only measure how often patches that change nothing are told '
                              'apart, over all rows; takes half an hour')
    add_shard(command)


def run(arguments: argparse.Namespace) -> int:
    """Run what is missing of the trials, or merge; returns the exit status."""
    # pylint: disable-next=import-outside-toplevel # scipy is slow to load
    from . import null, proof
    if arguments.merge:
        return (null if arguments.null else proof).merge(arguments.merge)
    known = walks.known(build_folder(), arguments.layouts)
    row = chosen_row(arguments, known)
    status = 0 if arguments.null else proof.run(build_folder(), row, arguments.shard)
    return status or null.run(build_folder(), known.rows(()), arguments.shard)
