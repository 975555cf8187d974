# SPDX-License-Identifier: GPL-2.0
"""alerts.md: what moved, for people; by how much and how sure are two things."""

import datetime
from typing import Sequence

from ...render.change import change
from ...render.dashboard.first import SILENCE
from ...render.table import markdown
from ...render.visible import one_line
from ...runs.history import Entry
from .moved import COUNT, TIME, Move

HEADERS = ['what', 'of', 'since', 'before', 'after', 'change', 'state', 'why']
FORMS = {TIME: '.4f', COUNT: ','}


def sentence(moves: Sequence[Move]) -> str:
    """Say in a line whether somebody should look."""
    ringing = [one for one in moves if one.rings]
    if not ringing:
        return 'Nothing to do: nothing moved that is not accepted or explained.'
    return f'Please read: {len(ringing)} thing{"s" if len(ringing) > 1 else ""} moved.'


def text(moves: Sequence[Move], nights: Sequence[Entry], silent: str = '') -> str:
    """Return the file, what rings first."""
    rows = [_row(one) for one in sorted(moves, key=lambda one: not one.rings)]
    table = f'\n{markdown([HEADERS, *rows], left=range(len(HEADERS)))}\n' if rows else ''
    last = f'The last night is {nights[-1].name}.' if nights else 'There is no night yet.'
    return f'# What moved\n\n{sentence(moves)} {last}{silent}\n{table}'


def silence(nights: Sequence[Entry], now: datetime.datetime) -> str:
    """Say that nights are missing before this one; '' if none is."""
    if not nights:
        return ''
    ago = now - datetime.datetime.fromisoformat(nights[-1].started)
    if ago.total_seconds() < SILENCE:
        return ''
    days = ago / datetime.timedelta(days=1)
    return f' Nights are missing: the one before began {days:.1f} days earlier.'


def _row(move: Move) -> list[str]:
    cells = (move.kind, move.name, move.since.name, _value(move, move.before),
             _value(move, move.after), change(move.ratio) if move.ratio else '', move.state, move.why)
    return [one_line(cell).replace('|', r'\|') for cell in cells]


def _value(move: Move, value: float | str) -> str:
    return value if isinstance(value, str) else format(value, FORMS[move.kind])
