# SPDX-License-Identifier: GPL-2.0
"""The results of scale as text, for the terminal and for mail."""

import math
from typing import Callable

from ...render import table

LEGEND = """\
A cost is what one thing more adds to a walk: the slope of a straight line
through all points, with the 95 % interval over boots. All relative errors weigh
alike. A ~ marks the slope of the closest line if the points are on no straight
line. Instructions are exact; they are of one boot, and up to a smaller N.

  flat, straight   the points are within so many per cent, 95 % sure
  bends up, down   the cost grows faster or slower than a straight line, as that
                   power of N
  A, B from N      each costs A up to N, and B from there on
  not straight     a point is so many per cent off, and no power or bend fits
  undecided        a line may be that far off; more boots would tell

  vmas             the same 240 MiB, cut into N VMAs
  gaps             N VMAs of 2 MiB with gaps of 2 MiB between, nothing present
  pages            one VMA of N present pages, which map the zero page
  holes            one VMA with N holes of 2 MiB
  tables           one VMA with N PTE tables, one page present in each
  huge             one hugetlb VMA of N present huge pages

  pmd_entry,       the probe's walk with that callback and hugetlb_entry
    pte_entry
  pmd_hole         the probe's walk with pmd_entry, pte_hole and hugetlb_entry
  smaps_rollup     a read of /proc/PID/smaps_rollup

The floor is a plain loop in the guest's user space. It reads an 8-byte word for
each entry of the PTE tables (512 for a table), from as much memory as they are."""


def text(result: dict) -> str:
    """Return the tables, what they mean, and what was measured."""
    kernels = list(result['kernels'])
    parts = []
    for measured in ('ns', 'instructions'):
        rows = [r for r in result['fits'] if r['measure'] == measured]
        if not rows:
            continue
        parts += [_by_kernel(f'{measured} for each', rows, kernels, cost),
                  _by_kernel('straight?', rows, kernels, shape)]
    parts += [_floors(result, kernels), _faults(result), LEGEND, _about(result)]
    return '\n\n'.join(part for part in parts if part)


def _by_kernel(title: str, rows: list[dict], kernels: list[str],
               cell: Callable[[dict], str]) -> str:
    """Return a table with a line for each series and walk, and a column for each kernel."""
    by_key = {(r['series'], r['walk'], r['kernel']): r for r in rows}
    lines = [['series', 'walk', title, *kernels]]
    for series, walk in dict.fromkeys((r['series'], r['walk']) for r in rows):
        cells = [by_key[series, walk, kernel] for kernel in kernels]
        lines.append([series, walk, cells[0]['item'], *map(cell, cells)])
    return '\n'.join(table.aligned(lines, (0, 1, 2)))


def cost(row: dict) -> str:
    """Format the slope, marked if it is not that of a straight line."""
    return ('~' if row['verdict'] == 'not straight' else '') + with_reach(row['each'])


def with_reach(interval: dict) -> str:
    """Format as '1.23 ±0.04', with two digits of the half width of the interval."""
    if interval['low'] is None:
        return _short(interval['value'], 4)
    reach = (interval['high'] - interval['low']) / 2
    digits = min(max(1 - math.floor(math.log10(reach)), 0), 4) if reach > 0 else 2
    return f"{interval['value']:,.{digits}f} ±{reach:,.{digits}f}"


def shape(row: dict) -> str:
    """Whether the points are on a straight line, in a few words."""
    if row['verdict'] != 'not straight':
        return f"{row['verdict']}, {math.ceil(100 * row['deviation_high'])} %"
    curve = row['curve']
    if curve['kind'] == 'power':
        exponent = f"{curve['exponent']['value']:.2f}"
        if exponent == '1.00':
            return f"not straight, {math.ceil(100 * row['deviation'])} %"
        return f"bends {'up' if float(exponent) > 1 else 'down'}, N^{exponent}"
    return (f"{_short(curve['below']['value'])}, {_short(curve['above']['value'])} "
            f"from {curve['at']:,.0f}")


def _short(value: float, digits: int = 3) -> str:
    """Format with so many significant digits and no exponent."""
    return f'{float(f"{value:.{digits}g}"):,.10g}'


def _floors(result: dict, kernels: list[str]) -> str:
    """Return the table of walks beside the floor, at the largest N."""
    if not result['floors']:
        return ''
    rows = [f | {'item': f"{f['item']}, N = {f['n']:,}"} for f in result['floors']]
    return _by_kernel('ns: times the floor', rows, kernels, _times)


def _times(floor: dict) -> str:
    return f"{_short(floor['ns']['value'])}: {with_reach(floor['ratio'])}"


def _faults(result: dict) -> str:
    return '\n'.join(f"{r['kernel']}: {r['series']}: {r['walk']} fails: it did different work, "
                     'for what it reported is not the truth'
                     for r in result['fits'] if r['truth'] == 'fail')


def _about(result: dict) -> str:
    return (f"Linux {result['source']}, {result['boots']} boots of each kernel in turns, "
            f"{result['seconds']:.0f} s, {result['host']['cpu']}, {result['started']}")
