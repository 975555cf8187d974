# SPDX-License-Identifier: GPL-2.0
"""`umwalk validate`: check a series before it is posted."""

import argparse
from pathlib import Path

from ...boots import walks
from ...failure import Failure
from ...kernels.series import kernel
from ...paths import build_folder
from ..options import add_layouts, kernel_name
from . import review, stages, validate

NAME = 'validate'
HELP = 'check a series of patches before it is posted'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    command.add_argument('series', nargs='*', metavar='SERIES',
                         help='a folder of patches, a patch, a mailbox, or - for standard input; '
                              'of several, each applies to those before it')
    command.add_argument('--repository', type=Path, metavar='FOLDER',
                         help='take the series from a git repository instead')
    command.add_argument('--range', dest='commits', default='', metavar='BASE..TOPIC',
                         help='the commits of that repository')
    command.add_argument('--base', default='stock', type=kernel_name, metavar='KERNEL',
                         help='the kernel that the series applies to (stock)')
    command.add_argument('--keep-going', action='store_true',
                         help='go on after a stage that has failed')
    command.add_argument('--debug', action='store_true',
                         help='boot kernels with KASAN, lockdep and DEBUG_VM, too')
    command.add_argument('--only', default='', choices=stages.NAMES, metavar='STAGE',
                         help=f'run no stage but this: {", ".join(stages.NAMES)}')
    add_layouts(command, 'a layout that the differential takes, too, or a file of one '
                         '(docs/layouts.md); may be repeated')
    command.add_argument('--b4', action='store_true',
                         help='print what `b4 review` reads; without SERIES, take the one it shows')


def run(arguments: argparse.Namespace) -> int:
    """Validate; returns the exit status."""
    repository, commits = arguments.repository, arguments.commits
    if arguments.b4 and not arguments.series and not repository:
        repository, commits = Path('.'), review.commits()
    if bool(arguments.series) == bool(repository):
        raise Failure('name the series, or --repository and --range')
    if bool(repository) != bool(commits):
        raise Failure('--repository and --range belong together')
    given = validate.Given(arguments.series, repository, commits)
    layouts = walks.known(build_folder(), arguments.layouts).layouts if arguments.layouts else ()
    plan = validate.Plan(arguments.keep_going, arguments.debug, layouts, arguments.only)
    return validate.run(build_folder(), given, kernel(arguments.base), plan, arguments.b4)
