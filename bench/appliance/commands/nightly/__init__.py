# SPDX-License-Identifier: GPL-2.0
"""`umwalk nightly`: observe a tree, add the night to the history, and say what moved."""

import argparse

from ...boots import walks
from ...paths import build_folder
from ..options import add_kernels, add_rows, by_height, positive

NAME = 'nightly'
HELP = 'observe a tree, add the night to the history, and say what moved'
STORES = True
SUITES = ('contract', 'golden', 'differential', 'external', 'stress', 'selftests', 'scale', 'fio',
          'bench', 'canary')
WITHIN = 0.0025  # of the reference, or the kernel of another night: a row is the same


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)
    command.add_argument('--only', action='append', choices=SUITES, metavar='SUITE',
                         help=f'one of {", ".join(SUITES)}; may be repeated (all; canary: '
                              'once a week)')
    command.add_argument('--budget', type=positive, default=600, metavar='SECONDS',
                         help='how long to measure each kernel at most (%(default)s)')
    add_rows(command)


def run(arguments: argparse.Namespace) -> int:
    """Observe; returns the exit status."""
    # pylint: disable-next=import-outside-toplevel # scipy is slow to load
    from . import nightly
    from ..bench import compare, session  # pylint: disable=import-outside-toplevel
    build = build_folder()
    plan = session.Plan(arguments.budget, WITHIN, time_all=True, whole=True,
                        rows=walks.known(build, arguments.layouts).rows(arguments.rows))
    return nightly.run(build, nightly.Wanted(arguments.kernels or by_height(),
                                             arguments.only, plan, compare.PLACEMENTS))
