# SPDX-License-Identifier: GPL-2.0
"""The tables of bench-fio, for the terminal, mail and report.txt."""

from typing import Iterable

from ...numbers.percentile import LEVELS
from ...render import table
from ...render.change import span
from .session import IO

PERCENTILES = [f'{level:g}' for level in LEVELS]

WALKS = """\
us: how long one walk of fio's process took while fio ran: the percentiles that
so many walks carry, and the worst of all. B / A: how much longer the median walk
takes in B, a 95 % interval. Of rows with equal kernels, 1 in 100 is called
faster or slower. sees: such a change would have been found in 95 of 100 runs.
WRONG: a walk reported what cannot be."""

COSTS = """\
us: the latency of an I/O as fio measures it: the percentiles that so many I/Os
carry. cost: how much longer an I/O takes with walks than without. B / A: how
much longer it takes in B than in A, with walks in both."""


def text(result: dict) -> str:
    """Return all that a run has found."""
    parts = [_walks(result), _costs(result)] if 'rows' in result else []
    return '\n\n'.join([*parts, _truth(result), *_host(result), _about(result)])


def _walks(result: dict) -> str:
    levels = _levels(row[name]['ns'] for row in result['rows'] if row['walk'] != IO
                     for name in result['kernels'])
    rows = [['job', 'walk', 'kernel', 'walks', *_heads(levels), 'worst us', 'B / A', 'verdict', '']]
    for row in result['rows']:
        if row['walk'] != IO:
            rows += _of_walk(result, row, levels)
    return '\n'.join([*table.aligned(rows, (0, 1, 2, len(rows[0]) - 2, len(rows[0]) - 1)), '',
                      _names(result), WALKS])


def _of_walk(result: dict, row: dict, levels: list[str]) -> list[list[str]]:
    a, b = result['kernels']
    wrong = {check['kernel'] for check in result['checks'] if not check['ok']
             and (check['job'], check['walk']) == (row['job'], row['walk'])}
    return [[*labels, name, f"{row[name]['walks']:,}", *_us(row[name]['ns'], levels),
             _number(row[name]['worst_ns']), *judged, 'WRONG' * (name in wrong)]
            for labels, name, judged in (((row['job'], row['walk']), a, ('', '')),
                                         (('', ''), b, _judged(result, row)))]


def _costs(result: dict) -> str:
    a, b = result['kernels']
    levels = _levels(one[name][how]['ns'] for one in result['fio'] for name in (a, b)
                     for how in ('alone', 'walked'))
    rows = [['job', 'kernel', 'walks', 'I/O/s', 'I/Os', *_heads(levels), 'cost', 'B / A',
             'verdict']]
    for one in result['fio']:
        judged = next(_judged(result, row) for row in result['rows']
                      if (row['job'], row['walk']) == (one['job'], IO))
        for name in (a, b):
            rows += [[one['job'] * (name == a), name, 'no', *_of_runs(one[name]['alone'], levels),
                      '', '', ''],
                     ['', '', 'yes', *_of_runs(one[name]['walked'], levels),
                      _span(one[name]['cost']), *(judged if name == b else ('', ''))]]
    return '\n'.join([*table.aligned(rows, (0, 1, 2, len(rows[0]) - 1)), '', COSTS])


def _of_runs(runs: dict, levels: list[str]) -> list[str]:
    iops = '-' if runs['iops'] is None else f"{runs['iops']:,.0f}"
    return [iops, f"{runs['ios']:,}", *_us(runs['ns'], levels)]


def _levels(found: Iterable[dict[str, float]]) -> list[str]:
    """Return the percentiles that any of the samples carry."""
    carried = {level for one in found for level in one}
    return [level for level in PERCENTILES if level in carried]


def _heads(levels: list[str]) -> list[str]:
    return [f'{level} % us' if level == levels[0] else f'{level} %' for level in levels]


def _us(ns: dict[str, float], levels: list[str]) -> list[str]:
    return [_number(ns.get(level)) for level in levels]


def _number(ns: float | None) -> str:
    """Write nanoseconds as microseconds."""
    if ns is None:
        return '-'
    return f'{ns / 1000:,.0f}' if ns >= 10_000 else f'{ns / 1000:.2f}'


def _span(found: dict | None) -> str:
    return span(found['low'], found['high']) if found else '-'


def _judged(result: dict, row: dict) -> tuple[str, str]:
    verdict = row['verdict']
    if verdict == 'same':
        verdict = (f"same within {100 * result['plan']['within']:g} % "
                   f"(sees {100 * row['ratio']['sees']:.2g} %)")
    elif verdict == 'undecided' and row['control'] and row['control']['differs']:
        verdict = 'undecided (control)'
    return _span(row['ratio']), verdict


def _names(result: dict) -> str:
    a, b = result['kernels']
    return f'A: {a}\nB: {b}'


def _truth(result: dict) -> str:
    """Say how much was checked, and what is wrong."""
    lines = [f"{name}: {counts['passed'] + counts['failed']} of {counts['expected']} checks were "
             f"made, {counts['failed']} failed"
             for name, counts in result['counts'].items()]
    if result['problems']:
        lines += ['', 'This is not as expected:', *result['problems']]
    return '\n'.join(lines)


def _host(result: dict) -> list[str]:
    unfit = result['host'].get('unfit')
    return ['\n'.join('UNFIT HOST: ' + line for line in unfit)] if unfit else []


def _about(result: dict) -> str:
    boots = f", {result['boots']} boots of each kernel in turns" if 'boots' in result else ''
    return (f"Linux {result['source']}, {result['configuration']}{boots}, "
            f"{result['seconds']:.0f} s, {result['host']['cpu']}, {result['started']}")
