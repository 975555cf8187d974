# SPDX-License-Identifier: GPL-2.0
"""The comparison as a table: for the terminal and mail, and as Markdown."""

from statistics import stdev

from . import event_report, table

HEADERS = ('layout', 'walk', '{a} ns', '{b} ns', 'insns', 'ratio', '95 % interval', 'noise',
           'verdict', 'truth')
COUNTS = ('{a} insns', '{b} insns')  # more columns, of report.md
LEFT = (0, 1, 8, 9)  # columns of words; numbers are set right


LEGEND = """\
ratio: {b} / {a}, times; insns: likewise, instructions of one walk,
exact. What ratio has beyond insns is caches, branches, placement; of smaps and
pagemap, also the guest's system calls, which are in the time alone.
noise: what {a} differs from itself by in the same turns, at most; a smaller
change cannot be seen here. Verdicts: of equal kernels 1 row in 100 is called
faster or slower. truth: on {a} / on {b}. Where it is broken on either side
the two kernels did not do the same work, and the ratio compares what they did
instead."""

ONE_PLACEMENT = """\
One placement of the functions of each kernel: where the linker happens to put
them alone can make a walk some percent faster or slower. PLACEMENTS=8 has the
verdict for the patch instead."""


def terminal(result: dict) -> str:
    """The table, the faults found, and what was compared; fits into mail."""
    lines = table.aligned([_headers(result, HEADERS), *_cells(result)], LEFT)
    return '\n'.join([*lines, '', *_host(result), *_uncounted(result), *_faults(result), '',
                      _legend(result), '', *event_report.terminal(result), '',
                      _placement(result), '', _about(result)])


def markdown(result: dict) -> str:
    """The same as report.md."""
    cells = [row + counts for row, counts in zip(_cells(result), _counts(result))]
    rows = table.markdown([_headers(result, HEADERS + COUNTS), *cells], LEFT)
    a, b = result['kernels']
    stacks = '\n'.join(f"- `{name}`: {', '.join(kernel['series'])}"
                       for name, kernel in result['kernels'].items())
    faults = '\n'.join('- ' + line for line in _faults(result)) or 'None found.'
    host = '\n'.join('- ' + line for line in _host(result)) or 'Nothing to report.'
    uncounted = '\n'.join('- ' + line for line in _uncounted(result)) or 'Nothing.'
    return (f'# {b} against {a}\n\n{_about(result)}\n\n{stacks}\n\n{rows}\n\n'
            f'{_legend(result)}\n\n{event_report.markdown(result)}\n\n{_placement(result)}\n\n'
            f'## The host\n\n{host}\n\n## Instructions not counted\n\n{uncounted}\n\n'
            f'## Broken truth\n\n{faults}\n')


def _legend(result: dict) -> str:
    a, b = result['kernels']
    return LEGEND.format(a=a, b=b)


def _headers(result: dict, headers: tuple[str, ...]) -> list[str]:
    a, b = result['kernels']
    return [h.format(a=a, b=b) for h in headers]


def _cells(result: dict) -> list[list[str]]:
    a, b = result['kernels']
    unfit = ' (UNFIT HOST)' if result['host']['unfit'] else ''
    return [[row['layout'], row['walk'], f"{row[a]['ns']:,.0f}", f"{row[b]['ns']:,.0f}",
             _insns(row[a], row[b]), *_comparison(row, result['plan']['within'], unfit),
             f"{row[a]['truth']} / {row[b]['truth']}"] for row in result['rows']]


def _insns(a: dict, b: dict) -> str:
    """Instructions of one kernel / those of the other."""
    if a['instructions'] is None or b['instructions'] is None:
        return '-'
    return f"{b['instructions'] / a['instructions']:.3f}"


def _counts(result: dict) -> list[list[str]]:
    """The columns COUNTS."""
    return [['-' if row[name]['instructions'] is None else f"{row[name]['instructions']:,}"
             for name in result['kernels']] for row in result['rows']]


def _uncounted(result: dict) -> list[str]:
    return [f"{name}: {row['layout']}: {row['walk']} not counted: {row[name]['no_instructions']}"
            for row in result['rows'] for name in result['kernels']
            if row[name]['no_instructions']]


def _comparison(row: dict, within: float, unfit: str) -> list[str]:
    ratio, control = row['ratio'], row['control']
    if ratio is None:
        return ['-', '-', '-', 'undecided' + unfit]
    verdict = row['verdict']
    if verdict == 'same':
        verdict = f'same within {100 * within:.2g} %'
    elif control['differs']:
        verdict = 'undecided (control)'
    return [f"{ratio['value']:.3f}", f"{ratio['low']:.3f} .. {ratio['high']:.3f}",
            f"{control['noise']:.1%}", verdict + unfit]


def _host(result: dict) -> list[str]:
    controls = [f"{row['layout']} {row['walk']}" for row in result['rows']
                if row['control'] and row['control']['differs']]
    lines = ['UNFIT HOST: ' + line for line in result['host']['unfit']]
    if controls:
        lines.append('control: ' + ', '.join(controls) + ': the kernel differs from itself, '
                     'so there is no verdict')
    return lines


def _placement(result: dict) -> str:
    if result['plan']['placements'] == 1:
        return ONE_PLACEMENT
    lines = []
    for row in result['rows']:
        spread = stdev(row['draws']) if len(row['draws']) > 1 else 0
        if row['ratio'] and abs(row['ratio']['value'] - 1) < spread:
            lines.append(f"{row['layout']} {row['walk']}: {spread:.1%}")
    if not lines:
        return f"{result['plan']['placements']} placements; no row is within what placement does."
    return ('Rows that differ by less than the placement of functions alone makes them\n'
            f"(standard deviation over {result['plan']['placements']} placements): "
            + '; '.join(lines))


def _faults(result: dict) -> list[str]:
    return [f"{c['kernel']}: {c['layout']}: {c['check']} broken: {c['detail']}"
            for c in result['checks'] if c['broken']]


def _about(result: dict) -> str:
    return (f"Linux {result['source']}, {result['boots']} boots of each kernel in turns, "
            f"{result['seconds']:.0f} s, {result['host']['cpu']}, {result['started']}")
