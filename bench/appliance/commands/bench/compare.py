# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench`: compare two kernels, which take turns: time and truth of every walk."""

import concurrent.futures
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Callable, Collection

from ...boots import guest
from ...boots.records import Check, Host, Layout, Record, of_type
from ...boots.walks import Row
from ...host import events, watch
from ...kernels import placement, series
from ...kernels.build import Built
from ...numbers import measure
from ...numbers.verdict import Estimate
from ...progress import step
from ...runs.run import Run
from . import insns, report
from .beside import Beside
from .session import Plan, Session

PLACEMENTS = 16  # of each kernel's functions, unless told otherwise
TRUTH_SECONDS = 300  # ends a boot of checks that hangs


@dataclass(frozen=True)
class Compared:
    """What result.json has of a comparison, how the host was, and the records."""
    found: dict
    health: dict
    records: list[Record]


def run(build: Path, names: tuple[str, str], plan: Plan, placements: int) -> int:
    """Compare and print the table; returns the exit status."""
    appliance = guest.ensure(build, [series.kernel(name) for name in names])
    this = Run('bench', appliance)
    seen = compare(build, appliance, plan, placements)
    this.end()
    result = this.result(seen.records, seen.found)
    result['host'] |= seen.health | {'unfit': watch.warnings(seen.health)}
    folder = this.store(result, {'report.md': report.markdown(result)}, seen.records)
    print(report.terminal(result))
    print(f'\n{folder / "report.md"}')
    return 0


def compare(build: Path, appliance: guest.Appliance, plan: Plan, placements: int) -> Compared:
    """Compare both kernels of an appliance.

    It counts those events of the plan, or else of the PMU, that the host can count.
    """
    kernels = placement.ensure(build, appliance.kernels, placements)
    countable, no_events = events.countable(appliance.umrun, plan.events or events.PMU)
    plan = replace(plan, events=countable)
    session, health, counting = _all_at_once(appliance, kernels, plan)
    found: dict = {**_found(session), 'no_events': no_events}
    _put_counts(found['rows'], counting, plan)
    return Compared(found, health, session.records)


def _all_at_once(appliance: guest.Appliance, kernels: dict[str, list[Built]],
                 plan: Plan) -> tuple[Session, dict, insns.Counting]:
    """Take times; check the truth and count beside them, as far as there are CPUs for it."""
    began = time.monotonic()
    shown = f'{" against ".join(reversed(kernels))}, {plan.budget} s at most'
    with Beside() as beside:
        checks = [beside.start(_truth, appliance.only(name), plan.rows, beside.stop)
                  for name in kernels]
        with insns.Counting(appliance, plan.rows, beside) as counting:
            if not beside.others:
                concurrent.futures.wait(checks)
                counting.ahead(plan.budget)
            left = max(plan.budget / 2, plan.budget - (time.monotonic() - began))
            settled: Callable[[], Collection[Row]] = counting.same_code
            if plan.time_all:
                settled = tuple
            session = Session(appliance, kernels, replace(plan, budget=left), settled,
                              beside.measured)
            health = observe(session, shown, lambda: [r for c in checks for r in c.result()])
            counting.finish()
    return session, health, counting


def _truth(appliance: guest.Appliance, rows: tuple[Row, ...],
           stop: threading.Event) -> list[Record]:
    """Check the truth of all layouts in a boot of one kernel; return its records."""
    layouts = dict.fromkeys(layout for layout, _ in rows)
    records = guest.records(appliance, f'--mem={appliance.memory_mib}',
                            f'--timeout={TRUTH_SECONDS}', argv=['/bin/walks', 'check', *layouts],
                            hopeless=lambda _: stop.is_set())
    return [record for record in records if isinstance(record, (Host, Layout, Check))]


def observe(session: Session, shown: str, truth: Callable[[], list[Record]] = list) -> dict:
    """Measure until all rows are decided; return how the host was. shown tells the user.

    truth has the records of checks that were made meanwhile. Two machines have two ratios,
    and no interval holds both: if the run moved between machines, nothing is decided.
    """
    before = watch.usage()
    with step(shown) as progress:
        session.measure(progress.update)
    after = watch.usage()
    session.records += truth()
    health = watch.health(session.records, before, after)
    if watch.moved(health):
        session.comparisons.clear()
    return health


def _found(session: Session) -> dict:
    """Return what was measured; docs/formats.md describes every field."""
    layouts = {r.layout: {k: getattr(r, k) for k in ('pages', 'present', 'vmas', 'huge', 'tables')}
               for r in of_type(Layout, session.records)}
    return {'plan': asdict(session.plan) | {'placements': session.placements},
            'boots': session.boots, 'layouts': layouts, 'rows': _rows(session),
            'checks': _checks(session)}


def _rows(session: Session) -> list[dict]:
    a, b, _ = session.names
    truth = measure.checks(session.records)
    pages = measure.pages_of_walks(session.records)
    times = measure.ns_per_walk(session.records)
    draws = session.draws(b)
    counted = events.per_walk(session.records)
    rows = []
    for layout, walk in session.plan.rows:
        at = layout, walk
        comparison = session.comparisons[at]
        row: dict = {
            'layout': layout, 'walk': walk, 'pages': pages.get(at), 'verdict': comparison.verdict,
            'ratio': _estimate(comparison.ratio), 'control': _estimate(comparison.control),
            'draws': draws.get(at, [])}
        for name in (a, b):
            row[name] = {**_times(times.get(at, {}).get(name, []), row['pages']),
                         'truth': measure.truth(truth, name, layout, walk),
                         'events': counted.get(at, {}).get(name, {})}
        rows.append(row)
    return rows


def _times(ns_of_boots: list[float], pages: int | None) -> dict:
    """Return the times of a walk in one kernel; a row of the same code may have none."""
    ns = measure.middle(ns_of_boots) if ns_of_boots else None
    return {'ns': ns, 'ns_per_page': ns and pages and ns / pages, 'ns_of_boots': ns_of_boots}


def _put_counts(rows: list[dict], counting: insns.Counting, plan: Plan) -> None:
    """Put the counts into the rows; a row of the same code needs no time for its verdict."""
    insns.put_into(rows, counting.found())
    same = counting.same_code()
    for row in rows:
        row['same_code'] = (row['layout'], row['walk']) in same
        if row['same_code'] and not plan.time_all:
            row['verdict'] = 'same code'


def _estimate(found: Estimate | None) -> dict | None:
    return asdict(found) | {'noise': found.noise()} if found else None


def _checks(session: Session) -> list[dict]:
    return [{'kernel': kernel, 'layout': layout, 'check': check, **entry}
            for (kernel, layout, check), entry in measure.checks(session.records).items()
            if kernel in session.kernels]
