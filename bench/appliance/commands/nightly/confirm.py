# SPDX-License-Identifier: GPL-2.0
"""Before an alarm of time rings: the kernel of the last good night against that of tonight.

Both take turns, so that neither the host nor the nights between decide.
"""

import contextlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Iterable, Iterator

from ...boots.walks import Row
from ...paths import scratch
from ...runs.history import FILE, Entry, History
from ...runs.night import Confirmation, Night, Series
from . import kept, moved
from .observe import Subject, series

KERNELS = 'kernels'  # in a night's folder


def confirmations(subject: Subject, opened: History, night: Night,
                  results: Path) -> dict[Series, Confirmation]:
    """Confirm what would be suspect if this night were in the history, or not."""
    found: dict[Series, Confirmation] = {}
    for (name, before), rows in _suspects(subject, opened, night, results).items():
        built = subject.kernels[name]
        with kept.borrowed(subject.build, _folder(results, before, name), built, 'before') as old:
            plan = replace(subject.plan, rows=tuple(rows), time_all=False, whole=False)
            compared = replace(subject, plan=plan).against(old, built)
        for row in compared['rows']:
            ratio = row['ratio'] or {}
            found[series(name, row)] = Confirmation(before.name, row['verdict'], ratio.get('value'),
                                                    ratio.get('low'), ratio.get('high'))
    return found


@contextlib.contextmanager
def with_nights(build: Path, opened: History, nights: Iterable[Night]) -> Iterator[History]:
    """Give a copy of the history that has more nights, to see what they would show."""
    with scratch(build) as folder:
        opened.copy_to(folder / FILE)
        with History(folder / FILE) as tried:
            for night in nights:
                tried.add(night, '')
            yield tried


def _suspects(subject: Subject, opened: History, night: Night,
              results: Path) -> dict[tuple[str, Entry], list[Row]]:
    """Map a kernel, and the night before it moved, to the rows whose time is suspect."""
    rows: dict[tuple[str, Entry], list[Row]] = defaultdict(list)
    with with_nights(subject.build, opened, [night]) as tried:
        known = tried.series()
        for move in moved.moved(tried):
            if move.kind == moved.TIME and move.state == moved.SUSPECT and move.series:
                one, row = known[move.series], known[move.series].row
                before = _before(tried.nights(), move, results, one.kernel)
                if before and row in subject.plan.rows:  # else bench does not time it
                    rows[one.kernel, before].append(row)
    return rows


def _before(nights: Iterable[Entry], move: moved.Move, results: Path, kernel: str) -> Entry | None:
    """Return the last night before the move whose kernel is kept."""
    return next((night for night in sorted(nights, key=lambda one: one.started, reverse=True)
                 if night.started < move.since.started
                 and (_folder(results, night, kernel) / kept.PROGRAM).exists()), None)


def _folder(results: Path, night: Entry, kernel: str) -> Path:
    return results / night.folder / KERNELS / kernel
