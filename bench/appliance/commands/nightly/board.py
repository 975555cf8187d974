# SPDX-License-Identifier: GPL-2.0
"""What moved, as the dashboard shows it."""

from pathlib import Path
from typing import Sequence

from ...render.change import change
from ...render.dashboard import values
from ...runs.history import Entry, History
from . import canary, lines
from .moved import ACCEPTED, COUNT, NOT_OURS, RINGS, Move

STATES = {ACCEPTED: values.ACCEPTED, NOT_OURS: values.NOT_OURS}  # what rings is open


def shown(moves: Sequence[Move], history: History, results: Path) -> list[values.Moved]:
    """Return what moved as values of the dashboard, whose nights are those of the history."""
    nights = history.nights()
    at = {night.id: index for index, night in enumerate(nights)}
    return [*_canaries(history, nights), *(
        values.Moved(one.name, one.kind, _size(one), f'{one.state}: {one.why}', at[one.since.id],
                     at[one.since.id] - 1 if at[one.since.id] else None, one.series, _is_up(one),
                     STATES.get(one.state, values.OPEN), '' if one.rings else one.why,
                     _functions(one, history, nights, results))
        for one in moves)]


def _canaries(history: History, nights: Sequence[Entry]) -> list[values.Moved]:
    """Return how a known change has rung; one that has not is a test that fails."""
    return [values.Moved(f'{state.kernel} {canary.NAME}', state.name, change(1 + canary.COST),
                         state.detail, index, state=values.CANARY)
            for index, night in list(enumerate(nights))[-RINGS:]
            for state in history.states(night.id)
            if state.suite == canary.NAME and state.state == 'pass']


def _functions(move: Move, history: History, nights: Sequence[Entry],
               results: Path) -> tuple[values.Function, ...]:
    if move.kind != COUNT or move.series is None:
        return ()
    found = lines.moved(results, nights, move.since, history.series()[move.series],
                        (move.before, move.after))
    return tuple(values.Function(one['function'], one['instructions'],
                                 tuple(values.Line(**line) for line in one['lines']))
                 for one in found)


def _size(move: Move) -> str:
    return change(move.ratio) if move.ratio else f'{move.before} to {move.after}'


def _is_up(move: Move) -> bool:
    """Return whether it is worse, as far as that is known."""
    return move.ratio > 1 if move.ratio else move.after == 'fail'
