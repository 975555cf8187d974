# SPDX-License-Identifier: GPL-2.0
"""Check, measure, report: what walks of fio's process say, how long they take, what they cost."""

import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Sequence

from ...boots import guest
from ...boots.records import Host, Record, of_type
from ...failure import FAILED
from ...host import watch
from ...kernels import placement
from ...kernels.series import Kernel
from ...numbers import measure, percentile
from ...numbers.verdict import LEAST_DRAWS, Estimate, estimate
from ...runs.run import Run
from ..bench import compare
from ..bench.session import Plan
from . import jobs, report, truth
from .session import IO, FioSession, Runs, fio_runs, rows, walk_cycles

WITHIN = 0.05  # a row is the same if it differs by less


def run(build: Path, kernels: Sequence[Kernel], budget: int) -> int:
    """Check, time kernels that can be timed, print, store; returns the exit status."""
    jobs.fio()  # before all else, if it is missing
    appliance = guest.ensure(build, kernels)
    this = Run('bench-fio', appliance)
    began = time.monotonic()
    truths = truth.observe(appliance)
    found: dict = {'checks': _checks(truths), 'counts': {one.kernel: one.counts for one in truths},
             'problems': [problem for one in truths for problem in one.problems]}
    records = [record for one in truths for record in one.seen.records]
    health: dict = {}
    if kernels[0].configuration.countable and not any(one.seen.died for one in truths):
        left = max(budget / 2, budget - (time.monotonic() - began))
        timed, health = take_times(build, appliance, Plan(left, WITHIN, rows()))
        found |= found_in(timed)
        found['problems'] += [*dict.fromkeys(timed.splats), *never_timed(found['rows'], kernels)]
        records += timed.records
    this.end()
    result = this.result(records, found)
    result['host'] |= health | ({'unfit': watch.warnings(health)} if health else {})
    folder = this.store(result, {
        'report.txt': report.text(result) + '\n',
        **{f'jobs/{path.name}': path.read_bytes() for path in jobs.of(appliance).values()},
        **{f'{one.kernel}.console': one.seen.log for one in truths}}, records)
    print(report.text(result))
    print(f'\n{folder / "report.txt"}')
    return FAILED if found['problems'] else 0


def _checks(truths: list[truth.Truth]) -> list[dict]:
    return [{'kernel': check.kernel, 'job': check.layout, 'walk': check.check, 'ok': check.ok,
             'checked': check.checked, 'detail': check.detail}
            for one in truths for check in one.checks]


def take_times(build: Path, appliance: guest.Appliance, plan: Plan) -> tuple[FioSession, dict]:
    """Boot two kernels in turns; return what was measured, and how the host was."""
    kernels = placement.ensure(build, appliance.kernels, compare.PLACEMENTS)
    session = FioSession(appliance, kernels, plan)
    names = ' against '.join(reversed(list(kernels)))
    return session, compare.observe(session, f'{names}, {plan.budget:.0f} s at most')


def never_timed(found: list[dict], kernels: Sequence[Kernel]) -> list[str]:
    """Tell of which row no walk was timed, which would say nothing and look well."""
    return [f"{kernel.name}: no {row['walk']} of {row['job']} was timed"
            for row in found if row['walk'] != IO for kernel in kernels
            if not row[kernel.name]['walks']]


def found_in(session: FioSession) -> dict:
    """Return what was measured; docs/formats.md describes every field."""
    a, b, _ = session.names
    tsc_khz = next(record.tsc_khz for record in of_type(Host, session.records))
    cycles = walk_cycles(session.records)
    draws = session.draws(b)
    return {
        'plan': {key: asdict(session.plan)[key] for key in ('budget', 'within')} |
                {'placements': session.placements},
        'boots': session.boots,
        'rows': [{
            'job': row[0], 'walk': row[1],
            'verdict': session.comparisons[row].verdict,
            'ratio': _estimate(session.comparisons[row].ratio),
            'control': _estimate(session.comparisons[row].control),
            'draws': draws.get(row, []),
            **({} if row[1] == IO else
               {name: _walks(cycles[row][name], tsc_khz) for name in (a, b)})}
            for row in session.plan.rows],
        'fio': _fio(session.records, (a, b))}


def _walks(of_boots: dict[int, list[int]], tsc_khz: int) -> dict:
    """Return how long all walks of a row took on one kernel, in ns."""
    ns = [cycles / tsc_khz * 1e6 for boot in of_boots.values() for cycles in boot]
    return {'walks': len(ns), 'ns': _percentiles(percentile.of_samples(ns)),
            'worst_ns': max(ns, default=None)}


def _percentiles(found: dict[float, float]) -> dict[str, float]:
    return {f'{level:g}': value for level, value in found.items()}


def _fio(records: list[Record], names: tuple[str, str]) -> list[dict]:
    """Return what fio said of each job, alone and with walks, and what the walks cost it."""
    runs = fio_runs(records)
    return [{'job': job, **{name: {
        'alone': _runs(runs[job, name, False]), 'walked': _runs(runs[job, name, True]),
        'cost': _cost(runs[job, name, False], runs[job, name, True])} for name in names}}
        for job in jobs.FILES]


def _runs(found: Runs) -> dict:
    return {'iops': measure.middle(list(found.iops.values())) if found.iops else None,
            'ios': sum(found.latencies.values()),
            'ns': _percentiles(percentile.of_bins(found.latencies))}


def _cost(alone: Runs, walked: Runs) -> dict | None:
    """Estimate the time of an I/O with walks / that of one without, from the boots."""
    logs = [math.log(alone.iops[boot] / walked.iops[boot]) for boot in walked.iops]
    return _estimate(estimate(logs)) if len(logs) >= LEAST_DRAWS else None


def _estimate(found: Estimate | None) -> dict | None:
    return asdict(found) | {'noise': found.noise()} if found else None
