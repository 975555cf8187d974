# SPDX-License-Identifier: GPL-2.0
"""Nights for tests, made up: the same number always makes the same night."""

import datetime
import json
import random
from pathlib import Path

from appliance.runs.night import KIND, RESULT, Fingerprint, Night, Point, Series, State

FIRST = datetime.datetime(2026, 1, 1, 2, tzinfo=datetime.timezone.utc)
FINGERPRINT = Fingerprint('Model T', '6.1.0-18', 'gcc 12.2.0', 'c0ffee', 'facade', 'decade', '1a2b3c')
WALKS = tuple((layout, walk) for layout in ('dense', 'sparse', 'hugetlb', 'pfnmap')
              for walk in ('pte_entry', 'pmd_entry', 'smaps', 'pagemap', 'mincore'))
KERNELS = ('stock', 'baseline', 'patched', 'fixed')
NOISE = 0.002  # of a ratio, from night to night


def series_of(kernels=KERNELS, versions=('6.12',), walks=WALKS) -> list[Series]:
    return [Series(version, kernel, layout, walk) for version in versions for kernel in kernels
            for layout, walk in walks]


def night(number: int, series=None, step=lambda series, number: 1.0, fingerprint=FINGERPRINT,
          states=(), count=lambda series, number: 10_000, confirmations=None) -> Night:
    """Make the night with this number, counted from 2026; step changes the ratio."""
    made = random.Random(number)
    started = FIRST + datetime.timedelta(days=number)
    points = {}
    for one in series or series_of(('stock',)):
        value = step(one, number) * (1 + made.gauss(0, NOISE))
        points[one] = Point(value, value * (1 - NOISE), value * (1 + NOISE), 31_000.0 * value,
                            count(one, number))
    return Night(f'{started:%Y%m%d-%H%M%S}-{number:06x}', started.isoformat(), 1800.0, '6.12',
                 '6.12.117', fingerprint, points,
                 tuple(states) or (State('stock', 'contract', 'W1', 'pass'),
                                   State('stock', 'contract', 'W9', 'fail', True, 'case a: it stops')),
                 confirmations or {})


def stored(made: Night, where: Path) -> Path:
    """Write the folder of a night, which has its result alone."""
    folder = where / made.name
    folder.mkdir(parents=True)
    envelope = {'kind': KIND, 'started': made.started, 'seconds': made.seconds, 'source': made.source}
    (folder / RESULT).write_text(json.dumps(envelope | made.found()))
    return folder
