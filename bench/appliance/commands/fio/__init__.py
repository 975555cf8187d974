# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-fio`: walk the memory of fio while it runs."""

import argparse

from ...failure import Failure
from ...kernels.series import kernel
from ...paths import build_folder
from ..options import add_config, add_kernels, positive

NAME = 'bench-fio'
HELP = 'walk the memory of fio while it runs: how long walks take, and what they cost fio'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command, 'kernel A, and repeated, kernel B (baseline and patched)')
    add_config(command)
    command.add_argument('--budget', type=positive, metavar='SECONDS', default=300,
                         help='how long to measure at most (%(default)s); on kernels of the '
                              'debug configuration nothing is timed')


def run(arguments: argparse.Namespace) -> int:
    """Check, measure; returns the exit status."""
    from . import living  # pylint: disable=import-outside-toplevel # scipy is slow to load
    names = arguments.kernels or ['baseline', 'patched']
    if len(set(names)) != 2 or len(names) != 2:
        raise Failure('bench-fio compares two kernels: name both, or none for baseline and '
                      'patched; each run compares the first one with itself, too, as its control')
    return living.run(build_folder(), [kernel(name, arguments.config) for name in names],
                      arguments.budget)
