# SPDX-License-Identifier: GPL-2.0
"""The comparison as a table: for the terminal and mail, and as Markdown."""

HEADERS = ('layout', 'walk', '{a} ns', '{b} ns', 'ns/page', 'ratio', '95 % interval', 'truth')
LEFT = (0, 1, 7)  # columns of words; numbers are set right


LEGEND = """\
ratio: {b} / {a}; ns/page: {b}, by pages of the range that is walked, holes
included; truth: on {a} / on {b}. Where it is broken on either side the two
kernels did not do the same work, and the ratio compares what they did instead."""


def terminal(result: dict) -> str:
    """The table, the faults found, and what was compared; fits into mail."""
    rows = [_headers(result), *_cells(result)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADERS))]
    lines = ['  '.join(cell.ljust(width) if i in LEFT else cell.rjust(width)
                       for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
             for row in rows]
    return '\n'.join([*lines, '', *_faults(result), '', _legend(result), '', _about(result)])


def markdown(result: dict) -> str:
    """The same as report.md."""
    headers = _headers(result)
    rule = [':--' if i in LEFT else '--:' for i in range(len(headers))]
    table = '\n'.join('| ' + ' | '.join(row) + ' |' for row in (headers, rule, *_cells(result)))
    a, b = result['kernels']
    stacks = '\n'.join(f"- `{name}`: {', '.join(kernel['series'])}"
                       for name, kernel in result['kernels'].items())
    faults = '\n'.join('- ' + line for line in _faults(result)) or 'None found.'
    return (f'# {b} against {a}\n\n{_about(result)}\n\n{stacks}\n\n{table}\n\n'
            f'{_legend(result)}\n\nA time is the median over boots of the median of each boot; the '
            'interval is of paired boots (Student\'s t of the logarithms).\n\n'
            f'## Broken truth\n\n{faults}\n')


def _legend(result: dict) -> str:
    a, b = result['kernels']
    return LEGEND.format(a=a, b=b)


def _headers(result: dict) -> list[str]:
    a, b = result['kernels']
    return [h.format(a=a, b=b) for h in HEADERS]


def _cells(result: dict) -> list[list[str]]:
    a, b = result['kernels']
    return [[row['layout'], row['walk'], f"{row[a]['ns']:,.0f}", f"{row[b]['ns']:,.0f}",
             f"{row[b]['ns_per_page']:.3g}", f"{row['ratio']['value']:.3f}",
             _interval(row['ratio']),
             f"{row[a]['truth']} / {row[b]['truth']}"] for row in result['rows']]


def _interval(ratio: dict) -> str:
    return '-' if ratio['low'] is None else f"{ratio['low']:.3f} .. {ratio['high']:.3f}"


def _faults(result: dict) -> list[str]:
    return [f"{c['kernel']}: {c['layout']}: {c['check']} broken: {c['detail']}"
            for c in result['checks'] if c['broken']]


def _about(result: dict) -> str:
    first = next(iter(result['kernels']))
    boots = len(result['rows'][0][first]['ns_of_boots'])
    return (f"Linux {result['source']}, {boots} boots of each kernel in turns, "
            f"{result['host']['cpu']}, {result['started']}")
