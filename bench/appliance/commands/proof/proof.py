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
from dataclasses import asdict, replace
from pathlib import Path
from typing import Iterable, Iterator

from ... import paths, process
from ...boots import counting, guest
from ...failure import Failure
from ...kernels import kernel, series
from ...paths import PATCHES, VERSION
from ...progress import step
from ..bench import compare
from ..bench.session import Plan, Session
from . import plot, report
from .report import Condition

BASE = 'stock'
PATCH = PATCHES / VERSION / 'proof' / 'cost.patch'
ROOM = 16384  # nops in the wasting function, executed or not
BUDGET = 60  # seconds of a trial
WITHIN = 0.0025  # half of the smallest cost: a trial ends when its interval is in +- this


CONDITIONS = (
    Condition(0, 'none', 100),
    Condition(0.005, 'none', 100),  # to be seen in 95 of 100 runs
    Condition(0.01, 'none', 20), Condition(0.02, 'none', 20),
    Condition(0, 'other', 20), Condition(0.01, 'other', 20),
    Condition(0, 'same', 20), Condition(0.01, 'same', 20),
)


def run(build: Path, row: str) -> int:
    """Run what is missing of the trials, print what all of them come to; the exit status."""
    layout, _, walk = row.partition(':')
    if not walk or ',' in walk:
        raise Failure(f"{row}: bench-proof takes one row, LAYOUT:WALK, as in dense:pte_entry")
    appliance = guest.ensure(build, [BASE])
    programs, costs = _programs(build, appliance, layout, walk)
    path = paths.results_folder() / 'proof' / f'{layout}-{walk}.jsonl'
    path.parent.mkdir(parents=True, exist_ok=True)
    trials = kept(path, programs.values())
    with open(path, 'a', encoding='utf-8') as file:
        for condition, number in _missing(trials):
            shown = f'{condition.name}: trial {number + 1} of {condition.trials}'
            trial = _trial(appliance, programs, condition, row, shown)
            trial['cost'] = costs[condition.cost]
            trials.append(trial)
            file.write(json.dumps(trial) + '\n')
            file.flush()
    with step('plot'):
        plots = plot.files(path.stem, row, trials, CONDITIONS)
    for name, content in plots.items():
        path.with_name(name).write_bytes(content)
    print(report.summary(row, trials, CONDITIONS))
    print(f'\n{path.parent}/: {", ".join([path.name, *plots])}')
    return 0


def _missing(trials: list[dict]) -> list[tuple[Condition, int]]:
    """Return the missing trials, one of each condition before the next of any."""
    done = collections.Counter(t['condition'] for t in trials)
    return [(condition, number) for number in range(max(c.trials for c in CONDITIONS))
            for condition in CONDITIONS if done[condition.name] <= number < condition.trials]


def _programs(build: Path, appliance: guest.Appliance, layout: str,
              walk: str) -> tuple[dict[float, Path], dict[float, float]]:
    """Build kernels by their intended cost; return also the cost of each, by exact count."""
    bench = kernel.Bench(build, 'release')
    folder = build / 'release' / 'proof'
    programs: dict[float, Path] = {}
    costs = {}
    try:
        with step('kernels of known cost'):
            programs[0] = _build(bench, folder, 0)
            bare, passes = _instructions(appliance, programs[0], layout, walk)
            for cost in sorted({c.cost for c in CONDITIONS} - {0}):
                programs[cost] = _build(bench, folder, round(cost * bare / passes))
    finally:
        bench.restore(series.stack(BASE))
    for cost, program in programs.items():
        costs[cost] = _instructions(appliance, program, layout, walk)[0] / bare - 1
    return programs, costs


def _build(bench: kernel.Bench, folder: Path, nops: int) -> Path:
    if nops > ROOM:
        raise Failure(f'{nops} nops do not fit into the function of {PATCH}, which has {ROOM}')
    folder.mkdir(parents=True, exist_ok=True)
    patch = folder / f'waste-{nops}.patch'
    text = PATCH.read_text(encoding='utf-8')
    paths.write_atomically(patch, text.replace('@NOPS@', str(nops)).replace('@ROOM@', str(ROOM)))
    stack = series.with_patches(series.stack(BASE), patch.stem, patch)
    return bench.build(stack, folder / f'{nops}-nops' / 'linux', configure=True)


def _instructions(appliance: guest.Appliance, program: Path, layout: str,
                  walk: str) -> tuple[int, int]:
    """Count the instructions of a walk, and its calls of the wasting function."""
    one = replace(appliance, kernels={'waste': program})
    boot = counting.counts(counting.observe_one(one, ['/bin/walks', 'count', f'{layout}:{walk}']))
    found = boot[layout, walk]
    listed = process.output(['nm', program])
    waste = next(int(line.split()[0], 16) for line in listed.splitlines()
                 if line.endswith(' pagewalk_waste'))
    return found.instructions, found.at[waste]


def kept(path: Path, programs: Iterable[Path]) -> list[dict]:
    """Return the trials that earlier runs made with the very same kernels."""
    if not path.exists():
        return []
    current = {digest(program) for program in programs}
    trials = []
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        try:
            trials.append(json.loads(line))
        except ValueError as error:  # the disk was full, or somebody edited it
            raise Failure(f'{path}:{number}: this is no trial; delete the line, the others count') \
                from error
    return [t for t in trials if set(t['kernels']) <= current]


def digest(program: Path) -> str:
    """Return the digest of a kernel's program, which names it in trials."""
    return hashlib.sha256(program.read_bytes()).hexdigest()


def _trial(appliance: guest.Appliance, programs: dict[float, Path], condition: Condition,
           row: str, shown: str) -> dict:
    kernels = {'a': [programs[0]], 'b': [programs[condition.cost]]}
    started = time.monotonic()
    with _load(condition.load):
        session = Session(appliance, kernels, Plan(BUDGET, WITHIN, (row,)))
        health = compare.observe(session, shown)
    layout, walk = row.split(':')
    found = session.comparisons[layout, walk]
    return {'condition': condition.name, 'seconds': round(time.monotonic() - started, 1),
            'boots': session.boots, 'verdict': found.verdict,
            'ratio': found.ratio and asdict(found.ratio),
            'control': found.control and asdict(found.control),
            'others': health['others'], 'speed_range': health['speed_range'],
            'kernels': sorted({digest(kernels['a'][0]), digest(kernels['b'][0])})}


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
