# SPDX-License-Identifier: GPL-2.0
"""The canary: once a week a known cost is put in, and must ring in each way that a change can.

The first kernel of the night is built twice: with a function that executes so many nops in each
walk, and with the same that executes none. So both differ in nothing else. How many nops take
how long is another question on each CPU; a third kernel, which executes as many as there is room
for, tells it.
"""

import datetime
from dataclasses import replace
from pathlib import Path

from ...boots.walks import Row
from ...failure import Failure
from ...render.change import change, span
from ...runs.history import History
from ...runs.night import Night, Point, Series, State
from ..proof import waste
from . import moved
from .confirm import with_nights
from .observe import Subject, series

NAME = 'canary'
COST = 0.005  # of the time of a walk
ROW: Row = ('dense', 'pte_entry')  # among those that vary least from night to night
WEEK = datetime.timedelta(days=7)
EARLIER = datetime.timedelta(hours=12)  # may a night begin than the one a week before
STEP = 'change point'
NIGHTS = 3  # with it: the fewest that are a segment
MAY_BEGIN = NIGHTS + 2  # of the last nights; what came before may blur where it begins
ENOUGH = 30  # nights before: docs/nightly.md has how often a step after so many is found


def due(opened: History, now: datetime.datetime) -> bool:
    """Return whether no night of the last week had a canary."""
    since = now - WEEK + EARLIER
    return not any(state.suite == NAME for night in opened.nights()
                   if datetime.datetime.fromisoformat(night.started) > since
                   for state in opened.states(night.id))


def states(subject: Subject, opened: History, night: Night) -> tuple[State, ...]:
    """Put it in; a state for each way to ring, which fails if nothing rang."""
    kernel, built = next(iter(subject.kernels.items()))
    try:
        silent = waste.ensure(subject.build, built.kernel, 'silent', 0)
    except Failure as failure:  # the tree has another walker
        return (State(kernel, NAME, 'patch', 'skip', detail=str(failure)),)
    plan = replace(subject.plan, rows=(ROW,), whole=False)
    alone = replace(subject, plan=plan)
    loud = waste.ensure(subject.build, built.kernel, 'loud', waste.ROOM)
    row, = alone.against(silent, loud)['rows']
    nops = _nops(row)
    if nops is None:
        return (State(kernel, NAME, moved.TIME, 'fail',
                      detail=f'{waste.ROOM:,} nops: {row["verdict"]}'),)
    singing = waste.ensure(subject.build, built.kernel, NAME, nops)
    row, = alone.against(silent, singing)['rows']
    _, calls = waste.instructions(subject.appliance, silent, ROW)
    return (_instructions(kernel, row, nops * calls), _time(kernel, row),
            *_step(subject.build, opened, night, kernel, row))


def _nops(loud: dict) -> int | None:
    """Return how many take the time that is to be put in, if the loud kernel's row tells it."""
    if loud['verdict'] != 'slower':
        return None
    nops = round(COST * waste.ROOM / (loud['ratio']['value'] - 1))
    return nops if nops <= waste.ROOM else None


def _instructions(kernel: str, row: dict, put_in: int) -> State:
    more = row[NAME]['instructions'] - row['silent']['instructions']
    return State(kernel, NAME, moved.COUNT, _rang(more == put_in > 0),
                 detail=f'{more:+,} instructions, {put_in:,} were put in')


def _time(kernel: str, row: dict) -> State:
    ratio = row['ratio']
    detail = f'{span(ratio["low"], ratio["high"])}: {row["verdict"]}' if ratio else row['verdict']
    return State(kernel, NAME, moved.TIME, _rang(row['verdict'] == 'slower'), detail=detail)


def _step(build: Path, opened: History, night: Night, kernel: str, row: dict) -> tuple[State, ...]:
    """Say whether it would be a change point if tonight and the next nights had it."""
    of_row = series(kernel, row)
    point = night.points.get(of_row, Point())
    if not (row['ratio'] and point.value):
        return ()
    factor = row['ratio']['value']
    told = replace(point, value=point.value * factor)
    nights = [replace(night, name=f'{night.name}-{number}', points={of_row: told},
                      started=_later(night.started, number)) for number in range(NIGHTS)]
    with with_nights(build, opened, nights) as tried:
        before = moved.measured(tried, of_row) - NIGHTS
        rang = _moved(tried, of_row)
    if before < ENOUGH:
        return ()
    return (State(kernel, NAME, STEP, _rang(rang),
                  detail=f'{change(factor)} for {NIGHTS} nights after {before}'),)


def _moved(history: History, of_row: Series) -> bool:
    known = history.series()
    last = {entry.name for entry in history.nights()[-MAY_BEGIN:]}
    return any(move.kind == moved.TIME and move.since.name in last and move.series is not None
               and known[move.series] == of_row for move in moved.moved(history))


def _later(started: str, seconds: int) -> str:
    return (datetime.datetime.fromisoformat(started)
            + datetime.timedelta(seconds=seconds)).isoformat()


def _rang(rang: bool) -> str:
    return 'pass' if rang else 'fail'
