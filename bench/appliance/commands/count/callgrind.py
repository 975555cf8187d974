# SPDX-License-Identifier: GPL-2.0
"""Counts in callgrind's format, for callgrind_annotate and KCachegrind.

https://valgrind.org/docs/manual/cl-format.html describes the format. An inlined function
stands for itself; calls are not recorded.
"""

from collections import Counter
from pathlib import Path

from ...logs.symbols import Place


def text(at: dict[int, int], places: dict[int, Place], sources: dict[str, Path],
         what: str) -> str:
    """Write a map of address to count; sources says where each file is, what is the 'command'."""
    by_line: dict[tuple[str, str], Counter] = {}
    for address, count in at.items():
        place = places[address]
        by_line.setdefault((place.file, place.function), Counter())[place.line] += count
    total = sum(at.values())
    lines = ['# callgrind format', 'version: 1', 'creator: umwalk count', f'cmd: {what}',
             'positions: line', 'event: Ir : instructions retired', 'events: Ir',
             f'summary: {total}']
    for (file, function), counts in sorted(by_line.items()):
        lines += ['', f'fl={sources.get(file, file)}', f'fn={function}']
        lines += [f'{line} {count}' for line, count in sorted(counts.items())]
    return '\n'.join([*lines, '', f'totals: {total}', ''])
