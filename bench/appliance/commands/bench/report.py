# SPDX-License-Identifier: GPL-2.0
"""The comparison as a table for the terminal and mail, and as Markdown."""

from statistics import stdev

from ...render import table
from ...render.change import change, span
from . import event_report, headline

HEADERS = ('layout', 'walk', 'work', 'time', 'A ns', 'verdict', 'fails')
MORE = ('B ns', 'A insns', 'B insns', 'noise')  # columns of report.md
LEFT = (0, 1, 5, 6)  # columns of words; the others have numbers


LEGEND = """\
A: {a}
B: {b}
work: how many more instructions B retires in one walk; the count is exact.
time: how much longer one walk takes in B, a 95 % interval. What time has beyond
work is caches and branches, and for smaps and pagemap the guest's system calls.
A ns: how long one walk takes in A. The verdict is about time: of rows with
equal kernels, 1 in 100 is called faster or slower. sees: the run would have
called this change so in 95 of 100 cases. same code: all functions that the walk
executes are the same to the byte in both, apart from addresses. fails: the
kernels whose walk did not report the truth. Where only one fails, A and B did
different work, and the row compares that."""

ONE_PLACEMENT = """\
The functions of each kernel are in one order, as built: the place where the
linker happened to put them can make a walk some percent faster or slower.
Without PLACEMENTS=1 the verdict is about the patch instead."""


def terminal(result: dict) -> str:
    """Return the headline, the table, the faults and what was compared, fit for mail."""
    lines = table.aligned([list(HEADERS), *_cells(result)], LEFT)
    return '\n'.join([headline.text(result), '', *lines, '', *_host(result), *_uncounted(result),
                      *_faults(result), '', _legend(result), '', *event_report.terminal(result),
                      '', _placement(result), '', _about(result)])


def markdown(result: dict) -> str:
    """The same as report.md."""
    cells = [row + more for row, more in zip(_cells(result), _more(result))]
    rows = table.markdown([list(HEADERS + MORE), *cells], LEFT)
    a, b = result['kernels']
    stacks = '\n'.join(f"- `{name}`: {', '.join(kernel['series'])}"
                       for name, kernel in result['kernels'].items())
    faults = '\n'.join('- ' + line for line in _faults(result)) or 'None found.'
    host = '\n'.join('- ' + line for line in _host(result)) or 'Nothing to report.'
    uncounted = '\n'.join('- ' + line for line in _uncounted(result)) or 'Nothing.'
    return (f'# {b} against {a}\n\n{headline.text(result)}\n\n{_about(result)}\n\n{stacks}\n\n'
            f'{rows}\n\n```\n{_legend(result)}\n```\n\n{event_report.markdown(result)}\n\n'
            f'{_placement(result)}\n\n## The host\n\n{host}\n\n'
            f'## Instructions not counted\n\n{uncounted}\n\n## Failed checks\n\n{faults}\n')


def _legend(result: dict) -> str:
    a, b = result['kernels']
    return LEGEND.format(a=a, b=b)


def _cells(result: dict) -> list[list[str]]:
    a, b = result['kernels']
    unfit = ' (UNFIT HOST)' if result['host']['unfit'] else ''
    return [[row['layout'], row['walk'], _work(row, a, b), _time(row), _number(row[a]['ns']),
             _verdict(row, result['plan']['within'], unfit), _fails(row, a, b)]
            for row in result['rows']]


def _work(row: dict, a: str, b: str) -> str:
    ratio = headline.work(row, a, b)
    return '-' if ratio is None else change(ratio)


def _time(row: dict) -> str:
    return span(row['ratio']['low'], row['ratio']['high']) if row['ratio'] else '-'


def _number(value: float | None) -> str:
    return '-' if value is None else f'{value:,.0f}'


def _more(result: dict) -> list[list[str]]:
    """Return the columns that MORE names."""
    a, b = result['kernels']
    return [[_number(row[b]['ns']), _number(row[a]['instructions']),
             _number(row[b]['instructions']),
             f"{row['control']['noise']:.1%}" if row['control'] else '-']
            for row in result['rows']]


def _uncounted(result: dict) -> list[str]:
    """Return a line for each kernel, layout and reason why walks were not counted."""
    walks: dict[tuple[str, str, str], list[str]] = {}
    for row in result['rows']:
        for name in result['kernels']:
            if reason := row[name]['no_instructions']:
                walks.setdefault((name, row['layout'], reason), []).append(row['walk'])
    return [f'{name}: {layout}: {", ".join(of)} not counted: {reason}'
            for (name, layout, reason), of in walks.items()]


def _verdict(row: dict, within: float, unfit: str) -> str:
    verdict = row['verdict']
    if verdict == 'same':
        sees = '' if unfit else f" (sees {100 * row['ratio']['sees']:.2g} %)"
        verdict = f'same within {100 * within:.2g} %{sees}'
    elif verdict == 'undecided' and row['control'] and row['control']['differs']:
        verdict = 'undecided (control)'
    return verdict + unfit * (verdict != 'same code')


def _fails(row: dict, a: str, b: str) -> str:
    return ' '.join(short for short, name in (('A', a), ('B', b))
                    if row[name]['truth'] == 'fail')


def _host(result: dict) -> list[str]:
    controls = [f"{row['layout']} {row['walk']}" for row in result['rows']
                if row['control'] and row['control']['differs']]
    lines = ['UNFIT HOST: ' + line for line in result['host']['unfit']]
    if controls:
        lines.append('control: ' + ', '.join(controls) + ': the kernel differs from itself, '
                     'so the row has no verdict')
    return lines


def _placement(result: dict) -> str:
    placements = result['plan']['placements']
    if placements == 1:
        return ONE_PLACEMENT
    lines = []
    for row in result['rows']:
        spread = stdev(row['draws']) if len(row['draws']) > 1 else 0
        if row['ratio'] and row['verdict'] != 'same' and abs(row['ratio']['value'] - 1) < spread:
            lines.append(f"{row['layout']} {row['walk']}: {100 * spread:.1f} %")
    told = f'Each boot has the functions in another order; each kernel has {placements} orders'
    if not lines:
        return f'{told}.'
    return f'{told}.\n' + headline.wrapped(
        'These rows differ by less than the order alone makes them (standard deviation): '
        + '; '.join(lines))


def _faults(result: dict) -> list[str]:
    return [f"{c['kernel']}: {c['layout']}: {c['check']} fails: {c['detail']}"
            for c in result['checks'] if c['failed']]


def _about(result: dict) -> str:
    return headline.wrapped(
        f"Linux {result['source']}, {result['boots']} boots of each kernel in turns, "
        f"{result['seconds']:.0f} s, {result['host']['cpu']}, {result['started']}")
