# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench`: compare two kernels, which take turns: time and truth of every walk."""

import argparse
from dataclasses import replace

from ...boots import walks
from ...failure import Failure
from ...paths import build_folder
from ..options import add_kernels, add_rows, percent, positive

NAME = 'bench'
HELP = 'compare the time and the truth of every walk on two kernels'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command, 'kernel A, and repeated, kernel B (baseline and patched)')
    command.add_argument('--profile', choices=('quick', 'full'), default='quick',
                         help='quick: at most 55 s, and a row is the same within 1 %%; full: '
                              'at most 600 s, and within 0.5 %% (%(default)s)')
    command.add_argument('--budget', type=positive, metavar='SECONDS',
                         help='how long to measure at most')
    command.add_argument('--within', type=percent, metavar='PERCENT',
                         help='how much a row may differ that is the same')
    add_rows(command)
    command.add_argument('--placements', type=positive, metavar='N',
                         help='use N random orders of the functions of each kernel, one a '
                              'boot; 1: as built (16)')
    command.add_argument('--time-all', action='store_true',
                         help='time rows of the same code, too')


def run(arguments: argparse.Namespace) -> int:
    """Compare; returns the exit status."""
    # pylint: disable-next=import-outside-toplevel # scipy is slow to load
    from . import compare, session
    from ...numbers.verdict import LEAST_DRAWS  # pylint: disable=import-outside-toplevel
    names = arguments.kernels or ['baseline', 'patched']
    if len(set(names)) != 2 or len(names) != 2:
        raise Failure('bench compares two kernels: name both, or none for baseline and patched; '
                      'each run compares the first one with itself, too, as its control')
    placements = arguments.placements or compare.PLACEMENTS
    if 1 < placements < LEAST_DRAWS:
        raise Failure(f'--placements {placements}: an interval over placements needs '
                      f'{LEAST_DRAWS} or more; 1 takes the kernels as built')
    plan = session.PROFILES[arguments.profile]
    rows = walks.known(build_folder(), arguments.layouts).rows(arguments.rows)
    plan = replace(plan, budget=arguments.budget or plan.budget, rows=rows,
                   time_all=arguments.time_all,
                   within=arguments.within / 100 if arguments.within else plan.within)
    return compare.run(build_folder(), (names[0], names[1]), plan, placements)
