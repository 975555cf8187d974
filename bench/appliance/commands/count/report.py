# SPDX-License-Identifier: GPL-2.0
"""What `umwalk count` prints: totals side by side, and the lines in which kernels differ."""

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass

from ...logs.symbols import Place
from ...render import table

SHOWN = 3  # functions of a difference on the terminal; report.md has all
FEW = 6  # up to so many differences are shown with lines
LEFT = (0, 1, 2)  # columns of words; the others have numbers

LEGEND = """\
These are the instructions that the kernel retires in one walk. per page: divided
by the pages of the range, including holes. per VMA: divided by the VMAs of the
layout. smaps reads the whole process, including its program and stack."""


@dataclass(frozen=True)
class Attributed:
    """The counts of a kernel's walks by address, the places of addresses, the source files."""
    at: dict[tuple[str, str], dict[int, int]]
    places: dict[int, Place]
    texts: dict[str, str]

    def lines(self, key: tuple[str, str]) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Map function, file and source text to instructions and line number.

        A line is known by its text, since its number changes from kernel to kernel.
        """
        found: dict = {}
        sources = {file: text.splitlines() for file, text in self.texts.items()}
        for address, count in self.at[key].items():
            place = self.places[address]
            text = sources.get(place.file, [])[place.line - 1:place.line]
            name = place.function, place.file, text[0].strip() if text else ''
            before, line = found.get(name, (0, place.line))
            found[name] = before + count, min(line, place.line)
        return found


def differences(attributed: dict[str, Attributed]) -> list[dict]:
    """Compare each kernel with the one before it, walk by walk, for result.json."""
    found = []
    for a, b in itertools.pairwise(attributed):
        for key in attributed[a].at:
            functions = functions_of(attributed[a].lines(key), attributed[b].lines(key))
            found.append({'layout': key[0], 'walk': key[1], 'from': a, 'to': b,
                          'instructions': sum(f['instructions'] for f in functions),
                          'functions': functions})
    return found


def functions_of(a: dict, b: dict) -> list[dict]:
    """Return the functions and lines that differ, the largest difference first."""
    totals: Counter = Counter()
    lines = defaultdict(list)
    for name in a.keys() | b.keys():
        change = b.get(name, (0, 0))[0] - a.get(name, (0, 0))[0]
        function, file, text = name
        totals[function] += change
        if change:
            lines[function].append({'instructions': change, 'file': file,
                                    'line': (b.get(name) or a[name])[1], 'text': text})
    return [{'function': function, 'instructions': totals[function],
             'lines': sorted(lines[function], key=_largest)}
            for function in sorted(lines, key=lambda f: (-abs(totals[f]), f))]


def _largest(line: dict) -> tuple:
    return -abs(line['instructions']), line['file'], line['line']


def terminal(result: dict) -> str:
    """Return the table, the differences in short, and whether all boots agree, fit for mail."""
    totals = '\n'.join(table.aligned(_rows(result), LEFT))
    few = len(result['differences']) <= FEW
    found = '\n'.join(_difference(d, SHOWN, SHOWN) if few else _in_short(d)
                      for d in result['differences'])
    return '\n\n'.join(part for part in (totals, LEGEND, found, _verdict(result)) if part)


def markdown(result: dict) -> str:
    """The same as report.md, with every function and line."""
    totals = table.markdown(_rows(result), LEFT)
    found = '\n'.join(_difference(d, None, None) for d in result['differences'])
    return (f'# Instructions of walks\n\nLinux {result["source"]}, {result["started"]}. '
            f'{_verdict(result)}\n\n{totals}\n\n{LEGEND}\n\n## Differences\n\n'
            f'A line is known by its text in its function.\n\n```\n{found}\n```\n')


def _rows(result: dict) -> list[list[str]]:
    """The headers, and three lines a walk: instructions, per page, per VMA."""
    rows = [['layout', 'walk', '', *result['kernels']]]
    for row in result['rows']:
        of_kernels = [row[name] for name in result['kernels']]
        rows += [[row['layout'], row['walk'], 'instructions',
                  *(f"{k['instructions']:,}" for k in of_kernels)],
                 ['', '', 'per page', *(f"{k['per_page']:,.3f}" for k in of_kernels)],
                 ['', '', 'per VMA', *(f"{k['per_vma']:,.1f}" for k in of_kernels)]]
    return rows


def _difference(d: dict, functions: int | None, lines: int | None) -> str:
    """A pair of kernels on one walk: the functions that differ most, and their lines."""
    found = [_title(d)]
    for f in d['functions'][:functions]:
        found.append(f"  {f['instructions']:+12,}  {f['function']}")
        for line in f['lines'][:lines]:
            found.append(f"  {'':12}    {line['instructions']:+,}  "
                         f"{line['file']}:{line['line']}  {line['text']}".rstrip())
    return '\n'.join(found)


def _in_short(d: dict) -> str:
    """The same on one line, without source lines."""
    functions = ', '.join(f"{f['function']} {f['instructions']:+,}" for f in d['functions'][:SHOWN])
    more = ', ...' if len(d['functions']) > SHOWN else ''
    return f"{_title(d)}: {functions}{more}" if functions else _title(d)


def _title(d: dict) -> str:
    change = f"{d['instructions']:+,}" if d['functions'] else 'the same'
    return f"{d['layout']}, {d['walk']}, {d['from']} to {d['to']}: {change}"


def _verdict(result: dict) -> str:
    outside = [f"{row['layout']}, {row['walk']}: {row[name]['elsewhere']:,} instructions of {name} "
               'are outside the kernel' for row in result['rows'] for name in result['kernels']
               if row[name]['elsewhere']]
    boots = result['boots']
    agree = result['unequal'] or [
        'There was one boot of each kernel.' if boots == 1 else
        f'All {boots} boots of each kernel agree at every instruction.']
    return '\n'.join([*outside, *agree])
