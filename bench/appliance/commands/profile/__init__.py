# SPDX-License-Identifier: GPL-2.0
"""`umwalk profile`: where the time of one walk goes."""

import argparse

from ...boots import walks
from ...paths import build_folder
from ..options import add_kernel, add_row, chosen_row, kernel_name, positive

NAME = 'profile'
HELP = 'show where the time of one walk goes, with perf'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernel(command)
    command.add_argument('--against', type=kernel_name, metavar='KERNEL',
                         help='a kernel to compare with; the same kernel is a control')
    add_row(command)
    command.add_argument('--seconds', type=positive, default=10,
                         help='how long each kernel walks, in all boots together (%(default)s)')


def run(arguments: argparse.Namespace) -> int:
    """Profile; returns the exit status."""
    from . import profile  # pylint: disable=import-outside-toplevel # scipy is slow to load
    kernels = [arguments.kernel] if arguments.against is None else [arguments.against,
                                                                   arguments.kernel]
    row = chosen_row(arguments, walks.known(build_folder(), arguments.layouts))
    return profile.run(build_folder(), kernels, row, arguments.seconds)
