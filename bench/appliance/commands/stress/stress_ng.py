# SPDX-License-Identifier: GPL-2.0
"""stress-ng's stressors, which others wrote, with readers beside them."""

import re
from typing import Iterator

from ...boots import guest
from ...boots.records import Beside, Ended, Left, of_type
from ...paths import TOP
from .row import Row
from .seen import Seen, boot

SCRIPT = TOP / 'workloads' / 'stress-ng' / 'run.sh'
# Each with its options: a guest has little memory.
STRESSORS: dict[str, tuple[str, ...]] = {
    'mmap': ('--mmap-bytes=8M',),
    'mmapfork': (),
    'mmaphuge': ('--mmaphuge-mmaps=4',),
    'mmapmany': (),
    'mincore': (),
    'madvise': (),
    'munmap': (),
    'mremap': ('--mremap-bytes=4M',),
    'pagemove': ('--pagemove-bytes=4M',),
    'procfs': (),
    'userfaultfd': ('--userfaultfd-bytes=4M',),
}
# What it ends with; 0 even if it has done nothing.
SAYS = {0: 'it did nothing', 3: 'it lacks a resource', 4: 'it is not implemented here'}
FREE = 'free pages'
LOST_PAGES = 512  # that may be missing at the end: what caches hold differs
# By so much others may have grown, in kB: kernel threads come and go, and slabs are caches.
GROWN = {'KernelStack': 256, 'Slab': 2048}


def stress(appliance: guest.Appliance, stressor: str, seconds: int) -> tuple[Row, Seen]:
    """Boot a stressor for so many seconds."""
    walks = appliance.initramfs.with_name('walks')
    seen = boot(appliance, seconds, '--host', '--append=norandmaps',
                argv=[str(SCRIPT), str(walks), stressor, str(seconds), *STRESSORS[stressor]])
    return row_of(stressor, seen), seen


def row_of(stressor: str, seen: Seen) -> Row:
    """Judge what a boot has shown."""
    readers = of_type(Beside, seen.records)
    statuses = [one.status for one in of_type(Ended, seen.records)]
    row = Row(stressor, operations(seen.said, stressor), sum(one.reads for one in readers),
              [*seen.faults, *(one.detail for one in readers if not one.ok)])
    if seen.died:
        return row
    row.faults += _missing(readers)
    row.faults += left_behind(of_type(Left, seen.records))
    worst = max(statuses, default=0)
    if worst or not row.operations:
        row.not_run = SAYS.get(worst, f'it ended with the exit status {worst}')
    return row


def operations(said: str, stressor: str) -> int:
    """Return how many operations stress-ng says that it did."""
    return sum(map(int, re.findall(rf'metrc: \[\d+\] {re.escape(stressor)} +(\d+)', said)))


def _missing(readers: list[Beside]) -> Iterator[str]:
    if not readers:
        yield 'nothing was read'
    for name in dict.fromkeys(one.reader for one in readers):
        if not any(one.reads for one in readers if one.reader == name):
            yield f'nothing was read: {name}'


def left_behind(records: list[Left]) -> list[str]:
    """Tell what there is more of after the stressor than before, or less of what was free."""
    amounts = {(one.when, one.what): one.amount for one in records}
    found = []
    for (when, what), amount in amounts.items():
        before = amounts.get(('before', what), 0)
        if when == 'after' and not _may_be(what, before, amount):
            found.append(f'{what}: {before:,} before, {amount:,} after')
    return found if amounts else ['nothing says what was left']


def _may_be(what: str, before: int, after: int) -> bool:
    if what == FREE:
        return before - after <= LOST_PAGES
    if what in GROWN:
        return after - before <= GROWN[what]
    return after == before
