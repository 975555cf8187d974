# SPDX-License-Identifier: GPL-2.0
"""Boots that count the instructions of walks."""

from dataclasses import dataclass, field
from typing import Callable, Iterable, Iterator, TypeVar

from ..failure import FAILED, Failure
from . import guest
from .records import Count as CountRecord, Insns, Record
from .walks import Row

BOOT_SECONDS = 600

Item = TypeVar('Item')
Result = TypeVar('Result')


@dataclass
class Count:
    """Instructions of one walk: all of them, and by address."""
    instructions: int
    elsewhere: int  # instructions outside the kernel, which have no address
    returned: int
    pages: int
    vmas: int
    at: dict[int, int] = field(default_factory=dict)


Boot = dict[Row, Count]


def side_by_side(boot: Callable[[Item], Result], items: list[Item]) -> Iterator[Result]:
    """Call boot() for each item, on all CPUs at once; results are in the order of the items."""
    with guest.at_once() as pool:
        yield from pool.map(boot, items)


def observe_one(appliance: guest.Appliance, argv: list[str],
                seconds: int = BOOT_SECONDS,
                hopeless: Callable[[int], bool] | None = None,
                number: int = 0) -> list[Record]:
    """Return the records of the boot of this number, in which nothing depends on chance."""
    return list(guest.records(appliance, f'--mem={appliance.memory_mib}', f'--timeout={seconds}',
                              '--append=norandmaps', argv=argv, hopeless=hopeless, boot=number))


def counts(records: Iterable[Record]) -> Boot:
    """Return the counts of one boot; check each against the sum of its instructions."""
    boot: Boot = {}
    for r in records:
        if isinstance(r, CountRecord):
            boot[r.layout, r.walk] = Count(r.instructions, r.elsewhere, r.returned, r.pages, r.vmas)
        elif isinstance(r, Insns):
            boot[r.layout, r.walk].at.update(r.at)
    for (layout, walk), count in boot.items():
        if count.returned < 0:
            raise Failure(f'{layout}, {walk}: the walk returned {count.returned}', FAILED)
        listed = sum(count.at.values())
        if listed + count.elsewhere != count.instructions:
            raise Failure(f'{layout}, {walk}: {count.instructions} instructions were counted, but '
                          f'{listed} by address and {count.elsewhere} elsewhere', FAILED)
    return boot
