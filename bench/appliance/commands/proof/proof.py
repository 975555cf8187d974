# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-proof`: measure what bench sees, and what it sees that is not there.

A trial is a whole comparison of one row, with boots of its own. It compares a kernel with
itself, or with one that wastes a known share of the walk's instructions.
"""

import contextlib
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Iterator, Sequence

from ... import process
from ...boots import guest
from ...boots.walks import Row
from ...failure import Failure
from ...kernels import series
from ...kernels.build import Built
from ...progress import step
from ...runs import shards
from ...runs.run import Run, boot_for_host
from ...runs.shards import Shard
from ..bench import compare
from ..bench.session import Plan, Session
from . import plot, report, trials, waste
from .report import Condition

NAME = 'bench-proof'
REPORT = 'report.txt'
BASE = 'stock'
BUDGET = 60  # seconds of a trial
WITHIN = 0.0025  # half of the smallest cost: a trial ends when its interval is in +- this


CONDITIONS = (
    Condition(0, 'none', 100),
    Condition(0.005, 'none', 100),  # to be seen in 95 of 100 runs
    Condition(0.01, 'none', 20), Condition(0.02, 'none', 20),
    Condition(0, 'other', 20), Condition(0.01, 'other', 20),
    Condition(0, 'same', 20), Condition(0.01, 'same', 20),
)


def run(build: Path, row: Row, shard: Shard) -> int:
    """Run what is missing of the trials, print what all of them come to; the exit status."""
    appliance = guest.ensure(build, [series.kernel(BASE)])
    this = Run(NAME, appliance)
    kernels, costs = _kernels(build, appliance, row)

    def make(condition: Condition, shown: str) -> dict:
        return {**_trial(appliance, kernels, condition, row, shown), 'cost': costs[condition.cost]}

    path = trials.file_of('-'.join(row))
    plan = _plan(row)
    tried = trials.part(path, kernels.values(), plan, shard, make)
    with step('plot'):
        found, files = _found(row, list(plan), tried)
    for name in files.keys() - {REPORT}:
        path.with_name(name).write_bytes(files[name])
    this.end()
    this.store(this.result(boot_for_host(appliance), found), files)
    print(files[REPORT].decode())
    print(f'{path.parent}/: {", ".join([path.name, *sorted(files.keys() - {REPORT})])}')
    return 0


def merge(folders: Sequence[Path]) -> int:
    """Put together what machines that shared the trials have found; returns the exit status."""
    merged = shards.merged(folders, NAME, 'asked', 'tried', one_cpu=True)
    layout, walk = merged['row'].split(':')
    found, files = _found((layout, walk), merged['asked'], merged['tried'])
    print(files[REPORT].decode())
    print(shards.store(merged | found, files))
    return 0


def _plan(row: Row) -> dict[str, Condition]:
    """Return all trials by name, one of each condition before the next of any."""
    return {f'{":".join(row)}, {condition.name}: trial {number}': condition
            for number in range(1, max(c.trials for c in CONDITIONS) + 1)
            for condition in CONDITIONS if number <= condition.trials}


def _found(row: Row, asked: list[str],
           tried: dict[str, dict]) -> tuple[dict, dict[str, bytes]]:
    """Return what result.json has of these trials, and the report with its plots."""
    of = list(tried.values())
    name = ':'.join(row)
    return ({'row': name, 'trials': report.count_verdicts(of), 'asked': asked, 'tried': tried},
            {REPORT: (report.summary(name, of, CONDITIONS) + '\n').encode(),
             **plot.files('-'.join(row), name, of, CONDITIONS)})


def _kernels(build: Path, appliance: guest.Appliance,
             row: Row) -> tuple[dict[float, Built], dict[float, float]]:
    """Kernels by the cost asked for, and the cost that each has, by exact count."""
    base = series.kernel(BASE)
    kernels: dict[float, Built] = {0: waste.ensure(build, base, 'waste-0', 0)}
    bare, passes = waste.instructions(appliance, kernels[0], row)
    for cost in sorted({c.cost for c in CONDITIONS} - {0}):
        kernels[cost] = waste.ensure(build, base, f'waste-{cost}', round(cost * bare / passes))
    return kernels, {cost: waste.instructions(appliance, built, row)[0] / bare - 1
                     for cost, built in kernels.items()}


def _trial(appliance: guest.Appliance, kernels: dict[float, Built], condition: Condition,
           row: Row, shown: str) -> dict:
    pair = {'a': [kernels[0]], 'b': [kernels[condition.cost]]}
    started = time.monotonic()
    with _load(condition.load):
        session = Session(appliance, pair, Plan(BUDGET, WITHIN, (row,)))
        health = compare.observe(session, shown)
    found = session.comparisons[row]
    return {'condition': condition.name, 'seconds': round(time.monotonic() - started, 1),
            'boots': session.boots, 'verdict': found.verdict,
            'ratio': found.ratio and asdict(found.ratio),
            'control': found.control and asdict(found.control),
            'others': health['others'], 'speed_range': health['speed_range'],
            'kernels': sorted({trials.digest(one) for one, in pair.values()})}


@contextlib.contextmanager
def _load(where: str) -> Iterator[None]:
    """Keep a CPU busy with an endless loop; keep this process and its guests on the first CPU."""
    if where == 'none':
        yield
        return
    cpus = sorted(os.sched_getaffinity(0))
    if where == 'other' and len(cpus) < 2:
        raise Failure('a load on another core needs two CPUs')
    busy = cpus[0] if where == 'same' else cpus[1]
    with process.start([sys.executable, '-c', 'while True: pass'],
                       preexec_fn=lambda: os.sched_setaffinity(0, {busy})) as loop:
        os.sched_setaffinity(0, {cpus[0]})
        try:
            yield
        finally:
            os.sched_setaffinity(0, cpus)
            loop.kill()
