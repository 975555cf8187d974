# SPDX-License-Identifier: GPL-2.0
"""The table of events that the host's CPU counted in each walk, or why there is none."""

from ...render import table
from . import headline

COLUMNS = ['a', 'b', 'b / a']  # of each event
LEGEND = """\
These are the events that the host's CPU counted in one walk of {a} (a) and
{b} (b), as medians over the boots. They are those of the process that is the
guest's kernel, in the host's user space."""
NEVER = ('No event was counted through a whole turn: something else uses the PMU, or the PMU '
         'belongs to another kind of core.')


def terminal(result: dict) -> list[str]:
    """The lines of the table, and of what could not be counted."""
    events = _events(result)
    groups = [table.aligned([COLUMNS, *_cells(result, event)], ()) for event in events]
    names = [['layout', 'walk'], *([row['layout'], row['walk']] for row in result['rows'])]
    rows = [['', '', *events], *([*name, *cells] for name, *cells in zip(names, *groups))]
    lines = table.aligned(rows, range(len(rows[0]))) if events else []
    return [*lines, *_notes(result)]


def markdown(result: dict) -> str:
    """The same in Markdown."""
    events = _events(result)
    rows = [['layout', 'walk'], *([row['layout'], row['walk']] for row in result['rows'])]
    for event in events:
        headers = [f'{event} {COLUMNS[0]}', *COLUMNS[1:]]
        rows = [row + cells for row, cells in zip(rows, [headers, *_cells(result, event)])]
    lines = [table.markdown(rows, (0, 1))] if events else []
    return '\n'.join([*lines, *_notes(result)])


def _events(result: dict) -> list[str]:
    """Return the events that were counted in any row."""
    return [event for event in result['plan']['events']
            if any(event in row[name]['events'] for row in result['rows']
                   for name in result['kernels'])]


def _cells(result: dict, event: str) -> list[list[str]]:
    """Return the cells a, b and b / a of each row."""
    cells = []
    for row in result['rows']:
        a, b = (row[name]['events'].get(event) for name in result['kernels'])
        ratio = f'{b / a:.3f}' if a and b and min(a, b) > 0 else '-'
        cells.append([_short(a), _short(b), ratio])
    return cells


def _short(count: float | None) -> str:
    """Format a count with four digits; it is not more precise than that."""
    if count is None:
        return '-'
    rounded = float(f'{count:.4g}')
    for unit, suffix in ((1e9, 'G'), (1e6, 'M'), (1e3, 'k')):
        if abs(rounded) >= unit:
            return f'{rounded / unit:#.4g}{suffix}'
    return f'{rounded:.4g}'


def _notes(result: dict) -> list[str]:
    a, b = result['kernels']
    notes = []
    if _events(result):
        notes += ['', *LEGEND.format(a=a, b=b).split('\n')]
    elif result['plan']['events']:
        notes.append(NEVER)
    return notes + [headline.wrapped(f'Not counted: {line}.') for line in result['no_events']]
