# SPDX-License-Identifier: GPL-2.0
"""The table of what was measured, before and after the series."""

from typing import Sequence

from ...render import table
from ...render.change import change, span
from ...render.visible import one_line
from ...runs.outcome import Measured

HEADERS = ['', 'base', 'patched', 'change', 'insns']
SAME_CODE = 'same code'  # a verdict of `umwalk bench`
NAME, VERDICT = 21, 19  # the most that is shown, for mail has 72 columns


def cells(row: Measured) -> list[str]:
    """Return what the table says of a row."""
    return [row.row, _time(row.before), _time(row.after), _change(row),
            '-' if row.work is None else change(row.work)]


def table_of(rows: Sequence[Measured]) -> list[str]:
    """Return the lines of the table, with a space in front; none without rows.

    Rows of the same code, which were not measured, are counted.
    """
    shown = [row for row in rows if row.verdict != SAME_CODE]
    lines = table.aligned([HEADERS, *map(_short, shown)], left=(0, 3)) if shown else []
    if same := len(rows) - len(shown):
        lines.append(f'{same} row{"s" * (same > 1)} of the same code')
    return [f' {line}' for line in lines]


def _short(row: Measured) -> list[str]:
    name, before, after, changed, work = map(one_line, cells(row))
    return [name[:NAME], before, after, changed[:VERDICT], work]


def _change(row: Measured) -> str:
    """Return by how much the time changed if that is sure, or else the verdict."""
    if row.verdict in ('faster', 'slower') and row.low is not None and row.high is not None:
        return span(row.low, row.high)
    return row.verdict


def _time(nanoseconds: float | None) -> str:
    """Return a time with three digits."""
    if nanoseconds is None:
        return '-'
    for unit, size in (('ns', 1), ('us', 1e3), ('ms', 1e6)):
        if nanoseconds < 999.5 * size:
            return f'{nanoseconds / size:.3g} {unit}'
    return f'{nanoseconds / 1e9:.3g} s'
