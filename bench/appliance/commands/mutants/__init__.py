# SPDX-License-Identifier: GPL-2.0
"""`umwalk mutants`: does every wrong change of the walker fail a check?"""

import argparse
from pathlib import Path

from ...paths import build_folder
from ..options import add_shard, configuration
from . import merge, mutants

NAME = mutants.NAME
HELP = 'say which check finds each of many wrong changes of the walker'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    command.add_argument('--patches', type=Path, default=mutants.FOLDER, metavar='FOLDER',
                         help='the patches for stock, one for each mutant (those of umwalk)')
    command.add_argument('--only', action='append', metavar='NAME',
                         help='a mutant; may be repeated (all)')
    command.add_argument('--config', type=configuration, metavar='CONFIG',
                         help='judge the mutants in this configuration (first release, then '
                              'debug for those that no check found)')
    add_shard(command)


def run(arguments: argparse.Namespace) -> int:
    """Judge every mutant, or merge; returns the exit status."""
    if arguments.merge:
        return merge.run(arguments.merge)
    return mutants.try_all(build_folder(), arguments.patches, arguments.only, arguments.config,
                           arguments.shard)
