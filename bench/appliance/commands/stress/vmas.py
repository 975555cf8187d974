# SPDX-License-Identifier: GPL-2.0
"""umwalk's own stressor: VMAs change next to others that stay, and all is read meanwhile."""

from collections import defaultdict
from typing import Iterator

from ...boots import guest
from ...boots.records import Changes, Pass, of_type
from .row import Row
from .seen import Seen, boot

NAME = 'vmas'
TEXTS = ('maps', 'smaps')  # which say what a VMA is, so that a change between two reads shows


def stress(appliance: guest.Appliance, seconds: int) -> tuple[Row, Seen]:
    """Boot it for so many seconds."""
    seen = boot(appliance, seconds, argv=['/bin/walks', 'stress', str(seconds)])
    return row_of(seen), seen


def row_of(seen: Seen) -> Row:
    """Judge what a boot has shown."""
    changes, passes = of_type(Changes, seen.records), of_type(Pass, seen.records)
    return Row(NAME, sum(one.times for one in changes), sum(one.reads for one in passes),
               [*seen.faults, *_wrong(passes), *([] if seen.died else _missing(changes, passes))],
               notes=[_note(passes)])


def _wrong(passes: list[Pass]) -> Iterator[str]:
    for one in passes:
        if not one.ok:
            yield f'{one.by}: {one.detail}'


def _missing(changes: list[Changes], passes: list[Pass]) -> Iterator[str]:
    """Tell what did not happen, without which nothing was tested."""
    if not changes:
        yield 'there is no record of a change'
    for change in changes:
        if not change.times:
            yield f'no VMA was changed by {change.change}'
    readers: dict[tuple[str, str], list[Pass]] = defaultdict(list)
    for one in passes:
        readers[one.reader, one.by].append(one)
    if not readers:
        yield 'nothing was read'
    for (reader, by), of_reader in readers.items():
        if not all(one.reads for one in of_reader):
            yield f'{by}: nothing was read of {reader}'
        several = [one for one in of_reader if one.reads > one.passes]
        if several and not any(one.changed for one in several):
            yield f'{by}: nothing changed while {reader} was read'
        if reader in TEXTS and not any(one.torn for one in of_reader):
            yield f'{by}: no VMA changed between two reads of {reader}'


def _note(passes: list[Pass]) -> str:
    texts = [one for one in passes if one.reader in TEXTS]
    return (f'vmas: {sum(one.changed for one in passes):,} of {sum(one.passes for one in passes):,} '
            f'passes saw changes; {sum(one.torn for one in texts):,} of '
            f'{sum(one.passes for one in texts):,} of maps and smaps show VMAs as they never were '
            f'at once, and {sum(one.twice for one in texts):,} VMAs begin before the last one ends')
