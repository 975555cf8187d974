# SPDX-License-Identifier: GPL-2.0
"""`umwalk scale`: measure what one VMA, page, hole, table or huge page adds to a walk."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from ...boots import counting, guest, layouts, walks
from ...boots.records import Boot, Count, Layout, Record, of_type
from ...failure import FAILED, Failure
from ...kernels.series import kernel as of_name
from ...numbers import fit, measure
from ...progress import step
from ...runs.run import Run
from . import plot, report

BOOT_SECONDS = 1200  # ends a boot that hangs
COUNT_SECONDS = 3000
LEAST_COPIES, MOST_COPIES = 8, 100  # of a layout; a line is fitted to four points or more
FLOOR = 'floor'  # not a walk, but a loop that reads words
BY_ENTRY = ('pte_entry', 'smaps_rollup')  # walks that come by every entry of a PTE table


@dataclass(frozen=True)
class Series:
    """Layouts that grow in one thing, up to most of it (workloads/measure/scale.c builds them).

    Counting makes an instruction take hundreds of times as long, and a count has no noise,
    so counts go up to counted only. steps are other points in each decade than the usual ones.
    """
    item: str
    most: int
    counted: int
    steps: tuple[int, ...] = ()


SERIES = {
    'vmas': Series('VMA', 60_000, 1000),
    'gaps': Series('VMA and gap', 60_000, 1000),
    'pages': Series('page', 1_000_000, 10_000),
    'holes': Series('hole', 100_000, 10_000),
    'tables': Series('table', 10_000, 30),
    'huge': Series('huge page', 200, 200),
}


@dataclass(frozen=True)
class Effort:
    """How much is measured: boots of each kernel, samples at each point, points in each decade.

    Also the largest point, and whether instructions are counted.
    """
    boots: int
    samples: int
    steps: tuple[int, ...]
    limit: int
    count: bool


FULL = Effort(boots=8, samples=5, steps=(1, 5), limit=1_000_000, count=True)
QUICK = Effort(boots=5, samples=3, steps=(1,), limit=10_000, count=False)


def points(most: int, steps: tuple[int, ...]) -> list[int]:
    """Return numbers from 1 to most, these steps in each decade, and none close to the last."""
    found = []
    decade = 1
    while decade < most:
        found += [decade * s for s in steps if decade * s * 1.5 <= most]
        decade *= 10
    return [*found, most]


def copies(build: Path, asked: list[str]) -> dict[str, Series]:
    """Return a series for each of the layouts, as far as a guest has room for copies."""
    if not asked:
        return {}
    program = guest.ensure_program(build)
    return {name: _copies(name, layouts.room(program, name))
            for name in walks.known(build, asked).layouts}


def _copies(name: str, most: int) -> Series:
    if most < LEAST_COPIES:
        raise Failure(f'a guest has room for {most} copies of the layout {name}, and scale needs '
                      f'{LEAST_COPIES}')
    return Series('copy', min(most, MOST_COPIES), LEAST_COPIES, steps=(1, 2, 5))


def run(build: Path, kernels: list[str], effort: Effort, chosen: dict[str, Series]) -> int:
    """Measure, fit, print the table; returns the exit status."""
    appliance = guest.ensure(build, [of_name(name) for name in kernels])
    this = Run('scale', appliance)
    records = boot(appliance, effort, chosen)
    if effort.count:
        records += _count(appliance, chosen)
    this.end()
    result = this.result(records, {'boots': effort.boots, 'fits': fits(records, chosen)})
    result['floors'] = floors(result['fits'])
    with step('plots'):
        plots = plot.files(result)
    folder = this.store(result, {'report.txt': report.text(result) + '\n', **plots}, records)
    print(report.text(result))
    print(f'\n{folder}/: report.txt, result.json, {", ".join(plots)}')
    return 0


def boot(appliance: guest.Appliance, effort: Effort, chosen: dict[str, Series]) -> list[Record]:
    """Boot all kernels in turns, and time the walks of all series."""
    total = effort.boots * len(appliance.kernels)
    asked = [_asked(name, points(min(series.most, effort.limit), series.steps or effort.steps))
             for name, series in chosen.items()]
    records: list[Record] = []
    done = 0
    with step(f'{total} boots of {", ".join(appliance.kernels)}') as shown:
        for record in guest.records(
                appliance, f'--boots={effort.boots}', f'--mem={appliance.memory_mib}',
                f'--timeout={BOOT_SECONDS}',
                argv=['/bin/walks', 'scale', f'--samples={effort.samples}', *asked]):
            records.append(record)
            done += isinstance(record, Boot)
            if isinstance(record, Layout):
                shown.update(f'{done} of {total}, {record.layout}')
    if done != total:
        raise Failure(f'{done} of {total} boots ended', FAILED)
    return records


def _asked(series: str, numbers: list[int]) -> str:
    """Return the argument for /bin/walks."""
    return f'{series}:{",".join(map(str, numbers))}'


def _count(appliance: guest.Appliance, chosen: dict[str, Series]) -> list[Record]:
    """Count in one boot of each kernel, side by side, since load changes no count."""
    argv = ['/bin/walks', 'scale', '--count',
            *(_asked(name, points(series.counted, series.steps or (
                (1, 3) if series.counted < 1000 else (1,))))
              for name, series in chosen.items())]
    with step(f'counting instructions on {", ".join(appliance.kernels)}'):
        counted = counting.side_by_side(
            lambda kernel: counting.observe_one(appliance.only(kernel), argv, COUNT_SECONDS),
            list(appliance.kernels))
        return [r for records in counted for r in records]


def fits(records: list[Record], chosen: dict[str, Series]) -> list[dict]:
    """Return the 'fits' of result.json: one for each series, walk, measure and kernel."""
    return [row for measured, by_layout in _measures(records).items()
            for row in _fits(records, measured, by_layout, chosen)]


def _measures(records: list[Record]) -> dict[str, dict]:
    """Map measure, (layout, walk) and kernel to a value for each boot."""
    counts: dict = {}
    for r in of_type(Count, records):
        of_walk = counts.setdefault((r.layout, r.walk), {})
        of_walk.setdefault(r.kernel, []).append(r.instructions)
    return {'ns': measure.ns_per_walk(records), 'instructions': counts}


def _fits(records: list[Record], measured: str, by_layout: dict,
          chosen: dict[str, Series]) -> list[dict]:
    truth = _truth(records)
    grouped: dict = {}
    for (layout, walk), by_kernel in by_layout.items():
        series, n = layout.split(':')
        for kernel, boots in by_kernel.items():
            grouped.setdefault((series, walk, kernel), {})[int(n)] = boots
    rows = []
    for (series, walk, kernel), at in grouped.items():
        n = sorted(at)
        boots = [list(row) for row in zip(*(at[i] for i in n))]
        found = fit.fit(n, boots)
        rows.append({'series': series, 'walk': walk, 'kernel': kernel, 'measure': measured,
                     'item': chosen[series].item,
                     'truth': truth.get((kernel, series, walk), 'unchecked'),
                     'n': n, 'boots': boots, **dataclasses.asdict(found)})
    return rows


def _truth(records: list[Record]) -> dict[tuple[str, str, str], str]:
    """(kernel, series, check) -> 'pass' or 'fail'."""
    return {(kernel, layout.split(':')[0], check): 'fail' if entry['failed'] else 'pass'
            for (kernel, layout, check), entry in measure.checks(records).items()}


def floors(rows: list[dict]) -> list[dict]:
    """Compare walks that come by every entry with the loop that reads as many words.

    Both are at the largest N: ns for each page or table, and walk / floor.
    """
    by_key = {(r['series'], r['walk'], r['kernel']): r for r in rows if r['measure'] == 'ns'}
    found = []
    for (series, walk, kernel), row in by_key.items():
        floor = by_key.get((series, FLOOR, kernel))
        if floor is None or walk not in BY_ENTRY:
            continue
        ours, floors_own = _of_last(row), _of_last(floor)
        found.append({'series': series, 'walk': walk, 'kernel': kernel, 'n': row['n'][-1],
                      'item': row['item'],
                      'ns': dataclasses.asdict(fit.interval(ours)),
                      'floor_ns': dataclasses.asdict(fit.interval(floors_own)),
                      'ratio': dataclasses.asdict(fit.ratio(floors_own, ours))})
    return found


def _of_last(row: dict) -> list[float]:
    """Return the cost for each thing at the largest N, in each boot."""
    return [boot[-1] / row['n'][-1] for boot in row['boots']]
