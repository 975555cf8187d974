# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-proof`: measure what bench sees, and what it sees that is not there.

A trial is a whole comparison of one row, with boots of its own. It compares a kernel with
itself, or with one that wastes a known share of the walk's instructions. Trials are kept in
results/proof/ROW.jsonl; a stopped run goes on from there.
"""

import collections
import contextlib
import hashlib
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Iterable, Iterator

from ... import paths, process
from ...boots import guest
from ...boots.walks import Row
from ...failure import Failure
from ...kernels import series
from ...kernels.build import Built
from ...progress import step
from ...runs.run import Run, boot_for_host
from ..bench import compare
from ..bench.session import Plan, Session
from . import plot, report, waste
from .report import Condition

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


def run(build: Path, row: Row) -> int:
    """Run what is missing of the trials, print what all of them come to; the exit status."""
    appliance = guest.ensure(build, [series.kernel(BASE)])
    this = Run('bench-proof', appliance)
    kernels, costs = _kernels(build, appliance, row)
    path = paths.results_folder() / 'proof' / f'{"-".join(row)}.jsonl'
    path.parent.mkdir(parents=True, exist_ok=True)
    trials = kept(path, kernels.values())
    with open(path, 'a', encoding='utf-8') as file:
        for condition, number in _missing(trials):
            trial = _trial(appliance, kernels, condition, row,
                           f'{condition.name}: trial {number + 1} of {condition.trials}')
            trial['cost'] = costs[condition.cost]
            trials.append(trial)
            file.write(json.dumps(trial) + '\n')
            file.flush()
    with step('plot'):
        plots = plot.files(path.stem, ':'.join(row), trials, CONDITIONS)
    for name, content in plots.items():
        path.with_name(name).write_bytes(content)
    summary = report.summary(':'.join(row), trials, CONDITIONS)
    this.end()
    this.store(this.result(boot_for_host(appliance), {
        'row': ':'.join(row), 'trials': report.count_verdicts(trials)}),
        {'report.txt': summary + '\n', **plots})
    print(summary)
    print(f'\n{path.parent}/: {", ".join([path.name, *plots])}')
    return 0


def _missing(trials: list[dict]) -> list[tuple[Condition, int]]:
    """Return the missing trials, one of each condition before the next of any."""
    done = collections.Counter(t['condition'] for t in trials)
    return [(condition, number) for number in range(max(c.trials for c in CONDITIONS))
            for condition in CONDITIONS if done[condition.name] <= number < condition.trials]


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


def kept(path: Path, kernels: Iterable[Built]) -> list[dict]:
    """The trials that earlier runs made with the very same kernels."""
    if not path.exists():
        return []
    current = {digest(built) for built in kernels}
    trials = []
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        try:
            trials.append(json.loads(line))
        except ValueError as error:  # the disk was full, or somebody edited it
            raise Failure(f'{path}:{number}: this is no trial; delete the line, the others count') \
                from error
    return [t for t in trials if set(t['kernels']) <= current]


def digest(built: Built) -> str:
    """Of a kernel's program, as trials name it."""
    return hashlib.sha256(built.program.read_bytes()).hexdigest()


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
            'kernels': sorted({digest(one) for one, in pair.values()})}


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
