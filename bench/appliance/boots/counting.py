# SPDX-License-Identifier: GPL-2.0
"""Boots that count the instructions of walks."""

import concurrent.futures
import os
from dataclasses import dataclass, field
from typing import Callable, Iterator, TypeVar

from ..failure import FAILED, Failure
from . import guest
from .walks import Row

BOOT_SECONDS = 600

Item = TypeVar('Item')
Result = TypeVar('Result')


@dataclass
class Count:
    """Instructions of one walk: all of them, and by address."""
    pages: int
    vmas: int
    instructions: int
    elsewhere: int  # those that are not the kernel's, which have no address
    returned: int
    at: dict[int, int] = field(default_factory=dict)


Boot = dict[Row, Count]


def side_by_side(boot: Callable[[Item], Result], items: list[Item]) -> Iterator[Result]:
    """Call boot() for each item, on all CPUs at once; results are in the order of the items."""
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield from pool.map(boot, items)


def observe_one(appliance: guest.Appliance, argv: list[str],
                seconds: int = BOOT_SECONDS,
                hopeless: Callable[[int], bool] | None = None) -> list[dict]:
    """Return the records of one boot, in which nothing depends on chance."""
    return list(guest.records(appliance, f'--mem={guest.MEMORY_MIB}', f'--timeout={seconds}',
                              '--append=norandmaps', argv=argv, hopeless=hopeless))


def counts(records: list[dict]) -> Boot:
    """Return the counts of one boot; check each against the sum of its instructions."""
    boot: Boot = {}
    for r in records:
        if r['type'] == 'count':
            boot[r['layout'], r['walk']] = Count(r['pages'], r['vmas'], r['instructions'],
                                                 r['elsewhere'], r['return'])
        elif r['type'] == 'insns':
            boot[r['layout'], r['walk']].at.update(map(tuple, r['at']))
    for (layout, walk), count in boot.items():
        if count.returned < 0:
            raise Failure(f'{layout}, {walk}: the walk returned {count.returned}', FAILED)
        listed = sum(count.at.values())
        if listed + count.elsewhere != count.instructions:
            raise Failure(f'{layout}, {walk}: {count.instructions} instructions were counted, but '
                          f'{listed} by address and {count.elsewhere} elsewhere', FAILED)
    return boot
