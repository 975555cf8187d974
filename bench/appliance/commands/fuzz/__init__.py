# SPDX-License-Identifier: GPL-2.0
"""`umwalk fuzz`: random address spaces and reads, compared with the truth."""

import argparse

from ...failure import Failure
from ...paths import build_folder
from ...runs import shards
from ..options import add_kernels, add_shard, by_height, positive, two_kernels
from . import diff, fuzz, merge

NAME = fuzz.NAME
HELP = 'look for faults by random address spaces and reads of them'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)
    command.add_argument('--diff', type=two_kernels, metavar='A:B',
                       help='look for reads in which these two kernels differ')
    command.add_argument('--seconds', type=positive, default=60, metavar='N',
                         help='look for so long (%(default)s)')
    command.add_argument('--seed', type=positive, default=1, metavar='N',
                         help='another number, other cases (%(default)s)')
    add_shard(command)


def run(arguments: argparse.Namespace) -> int:
    """Look for faults, or merge; returns the exit status."""
    if arguments.merge:
        return merge.run(arguments.merge)
    if arguments.diff and arguments.kernels:
        raise Failure('--diff names the kernels, so there is no --kernel with it')
    if arguments.diff and arguments.shard != shards.WHOLE:
        raise Failure('--diff has no parts: give each machine another --seed')
    if arguments.diff:
        return diff.diff(build_folder(), arguments.diff, arguments.seconds, arguments.seed)
    return fuzz.fuzz(build_folder(), arguments.kernels or by_height(), arguments.seconds,
                     arguments.seed, arguments.shard)
