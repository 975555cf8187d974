# SPDX-License-Identifier: GPL-2.0
"""A long history for the dashboard, made up, which it says on every page.

many_nights.py RESULTS [NIGHTS]: write RESULTS/history.db, with 1,000 nights of each of two
versions, four kernels and 40 rows, unless NIGHTS says otherwise.
"""

import random
import sqlite3
import sys
from contextlib import closing
from dataclasses import astuple, replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'bench'))

# pylint: disable=wrong-import-position
import nights  # noqa: E402
from appliance.render.dashboard.values import Function, Line, Moved  # noqa: E402
from appliance.runs.history import FILE, opened  # noqa: E402
from appliance.runs.night import Series  # noqa: E402

VERSIONS = ('6.1', '6.12')
WALKS = tuple((layout, walk) for layout in ('dense', 'sparse', 'hugetlb', 'pfnmap', 'mixed')
              for walk in ('pte_entry', 'pmd_entry', 'pte_hole', 'smaps', 'pagemap', 'mincore',
                           'smaps_rollup', 'scan'))
RULES = (*(f'U{number}' for number in range(1, 7)), *(f'W{number}' for number in range(1, 13)))
MADE_UP = 'made up'
SLOWER = Series('6.12', 'fixed', 'dense', 'pte_entry')
SINCE = 40  # nights ago


def make(results: Path, number: int = 1000, walks=WALKS) -> None:
    """Write a history in which one series has moved: in one transaction, since it is large."""
    with opened(results):
        pass
    with closing(sqlite3.connect(results / FILE)) as file:
        fingerprints = [replace(nights.FINGERPRINT, cpu=f'{MADE_UP} CPU', compiler=f'gcc {major}.2.0')
                        for major in (11, 12, 13)]
        file.executemany('INSERT INTO fingerprints VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
                         [(i, *astuple(one)) for i, one in enumerate(fingerprints)])
        series = nights.series_of(versions=VERSIONS, walks=walks)
        file.executemany('INSERT INTO series VALUES (?, ?, ?, ?, ?)',
                         [(i, *astuple(one)) for i, one in enumerate(series)])
        for night in range(2 * number):
            _add(file, night, number, series)
        file.commit()


def _add(file: sqlite3.Connection, night: int, number: int, series: list[Series]) -> None:
    made = random.Random(night)
    version = VERSIONS[night % 2]
    at, started = night // 2, nights.FIRST + timedelta(days=night // 2, hours=night % 2)
    file.execute('INSERT INTO nights (id, name, started, seconds, version, source, fingerprint, '
                 'folder) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
                 (night, f'{started:%Y%m%d-%H%M%S}-{night:06x}', started.isoformat(), 1800.0, version,
                  f'{version}.{at // 30} ({MADE_UP})', 3 * at // number, 'none'))
    file.executemany('INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?)', [
        (night, kernel, 'contract', rule, 'fail' if known else 'pass', known, MADE_UP if known else '')
        for kernel in nights.KERNELS for rule in RULES
        for known in [(kernel, rule) == ('patched', 'W3')]])
    rows = []
    for i, one in enumerate(series):
        if one.version == version:
            slow = one == SLOWER and at >= number - SINCE
            value = made.gauss(1.1, nights.NOISE) * (1.031 if slow else 1)
            rows.append((i, night, value, value * 0.998, value * 1.002, 31_000 * value,
                         10_300 if slow else 10_000))
    file.executemany('INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?)', rows)


def moved(series: int, number: int) -> list[Moved]:
    """Return what has moved in such a history, in which the series has this id."""
    what = f'{SLOWER.layout}:{SLOWER.walk} on {SLOWER.version} {SLOWER.kernel}'
    since = 2 * (number - SINCE) + 1
    return [Moved(what, 'time', '+3.1 % (+2.9 % .. +3.3 %)', 'confirmed', since, since - 2, series),
            Moved(what, 'instructions', '+300 (+3.0 %)', 'exact', since, since - 2, series, functions=(
                Function('walk_pte_range', 300, (
                    Line('mm/pagewalk.c', 41, '\t\tif (err && ops->pte_entry)', 300),)),))]


if __name__ == '__main__':
    make(Path(sys.argv[1]), int((sys.argv + ['1000'])[2]))
