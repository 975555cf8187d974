# SPDX-License-Identifier: GPL-2.0
"""Options that several subcommands have."""

import argparse
import contextlib
from pathlib import Path
from typing import Any

from ..boots.walks import Known, Row
from ..kernels import series
from ..kernels.configuration import ALL as CONFIGURATIONS, RELEASE, Configuration
from ..runs import shards

MOST = 1_000_000  # of anything that is counted


def add_kernel(command: argparse.ArgumentParser) -> None:
    """Add --kernel, which names one kernel."""
    command.add_argument('--kernel', default='stock', type=kernel_name, metavar='KERNEL',
                         help=f'the kernel, one of {", ".join(series.kernels())} (stock)')


def add_kernels(command: argparse.ArgumentParser,
                text: str = 'a kernel; may be repeated (all)') -> None:
    """Add --kernel, which may be repeated; arguments.kernels is None without it."""
    command.add_argument('--kernel', action='append', dest='kernels', type=kernel_name,
                         metavar='KERNEL', help=text)


def add_config(command: argparse.ArgumentParser) -> None:
    """Add --config, which names the configuration of the kernel."""
    command.add_argument('--config', default=RELEASE, type=configuration, metavar='CONFIG',
                         help=f'the configuration of the kernel, {" or ".join(CONFIGURATIONS)} '
                              '(%(default)s)')


def add_shard(command: argparse.ArgumentParser) -> None:
    """Add --shard and --merge, for work that several machines share."""
    command.add_argument('--shard', type=shards.parse, default=shards.WHOLE, metavar='I/N',
                         help='do the Ith of N parts, for N machines that share the work')
    command.add_argument('--merge', nargs='+', type=Path, metavar='FOLDER',
                         help='do nothing but put the results of all parts together')


def kernel_name(text: str) -> str:
    """Return the name of a known kernel; refuse any other."""
    return series.kernel(text).name


def two_kernels(text: str) -> list[str]:
    """Return the two kernels that A:B names; refuse anything else."""
    names = [kernel_name(name) for name in text.split(':')]
    if len(names) != 2 or names[0] == names[1]:
        raise argparse.ArgumentTypeError(f"'{text}' does not name two kernels, as in stock:fixed")
    return names


def configuration(text: str) -> Configuration:
    """Return the configuration of that name."""
    if text not in CONFIGURATIONS:
        raise argparse.ArgumentTypeError(f'there is no {text}: there are '
                                         f'{", ".join(CONFIGURATIONS)}')
    return CONFIGURATIONS[text]


class _Replaced(argparse.Action):
    """An option that there was: say what to type now."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        parser.error(f'{self.option_strings[0]} is now part of {self.const} LAYOUT:WALK, as in '
                     f'{self.const} dense:pte_entry (make: {self.const.strip("-").upper()}=)')


def _replace(command: argparse.ArgumentParser, option: str) -> None:
    command.add_argument('--walk', nargs='?', action=_Replaced, const=option,
                         help=argparse.SUPPRESS)


def add_layouts(command: argparse.ArgumentParser, text: str) -> None:
    """Add --layout, which may be repeated; what it names is checked by walks.known()."""
    command.add_argument('--layout', action='append', dest='layouts', default=[],
                         metavar='LAYOUT|FILE', help=text)


def add_rows(command: argparse.ArgumentParser) -> None:
    """--rows, several."""
    command.add_argument('--rows', nargs='+', default=[], metavar='LAYOUT[:WALK,...]',
                         help='measure only these rows (all but readers)')
    add_layouts(command, 'a layout to measure, or a file of one (docs/layouts.md); may be '
                         'repeated (hugetlb, pfnmap, sparse, dense)')
    _replace(command, '--rows')


def add_row(command: argparse.ArgumentParser) -> None:
    """--row, one."""
    command.add_argument('--row', metavar='LAYOUT:WALK',
                         help='the row to walk (dense:pte_entry, or pte_entry of the layout)')
    add_layouts(command, 'a layout for the row, or a file of one (docs/layouts.md)')
    _replace(command, '--row')


def chosen_row(arguments: argparse.Namespace, known: Known) -> Row:
    """Return the row that --row or --layout names."""
    layout = known.layouts[0] if arguments.layouts else 'dense'
    return known.row(arguments.row or f'{layout}:pte_entry')


def positive(text: str) -> int:
    """Read a whole number from 1 to a million, which is the most that umrun takes."""
    with contextlib.suppress(ValueError):
        if 1 <= (number := int(text)) <= MOST:
            return number
    raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {MOST:,}")


def percent(text: str) -> float:
    """Read a percentage above 0, and 100 at most."""
    with contextlib.suppress(ValueError):
        if 0 < (number := float(text)) <= 100:  # nan is neither
            return number
    raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0, and 100 at most")


def by_height() -> list[str]:
    """All kernels, those of fewer series first."""
    return sorted(series.kernels(), key=lambda name: len(series.kernel(name).stack.series))
