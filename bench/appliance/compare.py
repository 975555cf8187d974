# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench`: compare two kernels, which take turns: time and truth of every walk."""

import datetime
import json
import time
from dataclasses import asdict, replace
from pathlib import Path

from . import events, guest, insns, measure, placement, report, results, sources, watch
from .paired import Plan, Session
from .progress import step
from .verdict import Estimate

FORMAT = 3  # of result.json; raised when a field changes its meaning


def run(build: Path, names: tuple[str, str], plan: Plan, placements: int) -> int:
    """Compare and print the table; returns the exit status.

    Of the plan's events, or if it has none of the PMU's, those are counted that can be.
    """
    started = datetime.datetime.now(datetime.timezone.utc)
    appliance = guest.ensure(build, list(names))
    kernels = placement.ensure(build, appliance, placements)
    countable, no_events = events.countable(appliance.umrun, plan.events or events.PMU)
    plan = replace(plan, events=countable)
    clock = time.monotonic()
    counted = insns.ensure(appliance, plan.rows)
    plan = without_counting(plan, time.monotonic() - clock)
    clock = time.monotonic()
    session, health = measure_pair(appliance, kernels, plan,
                                   f'{" against ".join(reversed(names))}, {plan.budget} s at most')
    result = _result(build, appliance, session, health)
    insns.put_into(result['rows'], counted)
    result['started'] = started.isoformat(timespec='seconds')
    result['no_events'] = no_events
    result['seconds'] = round(time.monotonic() - clock, 1)
    folder = results.store(started, {
        'result.json': json.dumps(result, indent=1) + '\n',
        'report.md': report.markdown(result),
        'records.jsonl': results.json_lines(session.records)})
    print(report.terminal(result))
    print(f'\n{folder / "report.md"}')
    return 0


def without_counting(plan: Plan, seconds: float) -> Plan:
    """Counting is part of the budget, but leaves half of it to the times."""
    return replace(plan, budget=max(plan.budget - round(seconds), plan.budget / 2))


def measure_pair(appliance: guest.Appliance, kernels: dict[str, list[Path]], plan: Plan,
                 shown: str) -> tuple[Session, dict]:
    """Measure until all is decided; also how the host was. shown: what the user is told.

    Of two machines there is no one ratio, and so no interval that could hold it: then
    nothing is decided.
    """
    session = Session(appliance, kernels, plan)
    before = watch.usage()
    with step(shown) as progress:
        session.measure(progress.update)
    health = watch.health(session.records, before, watch.usage())
    if watch.moved(health):
        session.comparisons.clear()
    return session, health


def _result(build: Path, appliance: guest.Appliance, session: Session, health: dict) -> dict:
    """What result.json holds; docs/formats.md describes every field."""
    layouts = {r['layout']: {k: r[k] for k in ('pages', 'present', 'vmas', 'huge', 'tables')}
               for r in session.records if r['type'] == 'layout'}
    source = sources.prepare(build)
    return {
        'format': FORMAT,
        'host': results.host(session.records) | health | {'unfit': watch.warnings(health)},
        'source': source.release,
        'kernels': results.kernels(appliance),
        'plan': asdict(session.plan) | {'placements': session.placements},
        'boots': session.boots,
        'layouts': layouts,
        'rows': _rows(session),
        'checks': _checks(session),
    }


def _rows(session: Session) -> list[dict]:
    a, b, _ = session.names
    truth = measure.checks(session.records)
    pages = measure.pages_of_walks(session.records)
    draws = session.draws(b)
    counted = events.per_walk(session.records)
    rows = []
    for (layout, walk), by_kernel in measure.ns_per_walk(session.records).items():
        comparison = session.comparisons[layout, walk]
        row = {'layout': layout, 'walk': walk, 'pages': pages[layout, walk],
               'verdict': comparison.verdict, 'ratio': _estimate(comparison.ratio),
               'control': _estimate(comparison.control),
               'draws': draws[layout, walk]}
        for name in (a, b):
            ns = measure.middle(by_kernel[name])
            row[name] = {'ns': ns, 'ns_per_page': ns / pages[layout, walk],
                         'ns_of_boots': by_kernel[name],
                         'truth': measure.truth(truth, name, layout, walk),
                         'events': counted.get((layout, walk), {}).get(name, {})}
        rows.append(row)
    return rows


def _estimate(found: Estimate | None) -> dict | None:
    return found and asdict(found) | {'noise': found.noise()}


def _checks(session: Session) -> list[dict]:
    return [{'kernel': kernel, 'layout': layout, 'check': check, **entry}
            for (kernel, layout, check), entry in measure.checks(session.records).items()
            if kernel in session.kernels]
