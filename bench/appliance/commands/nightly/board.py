# SPDX-License-Identifier: GPL-2.0
"""What moved, as the dashboard shows it."""

from typing import Sequence

from ...render.change import change
from ...render.dashboard import values
from ...runs.history import Entry
from .moved import ACCEPTED, NOT_OURS, Move

STATES = {ACCEPTED: values.ACCEPTED, NOT_OURS: values.NOT_OURS}  # what rings is open


def shown(moves: Sequence[Move], nights: Sequence[Entry]) -> list[values.Moved]:
    """Return what moved as values of the dashboard, whose nights are those of the history."""
    at = {night.id: index for index, night in enumerate(nights)}
    return [values.Moved(one.name, one.kind, _size(one), f'{one.state}: {one.why}', at[one.since.id],
                         at[one.since.id] - 1 if at[one.since.id] else None, one.series, _is_up(one),
                         STATES.get(one.state, values.OPEN), '' if one.rings else one.why)
            for one in moves]


def _size(move: Move) -> str:
    return change(move.ratio) if move.ratio else f'{move.before} to {move.after}'


def _is_up(move: Move) -> bool:
    """Return whether it is worse, as far as that is known."""
    return move.ratio > 1 if move.ratio else move.after == 'fail'
