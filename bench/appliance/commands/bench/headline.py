# SPDX-License-Identifier: GPL-2.0
"""The sentences above the table: which work changed, by counts, and which time."""

import math
import textwrap

from ...render.change import change, span

NAMED = 3  # rows that a sentence names
WIDTH = 80


def text(result: dict) -> str:
    """Return the sentences, and a line for each undecided row whose work differs most."""
    lines = [_work(result), _time(result), *_undecided(result)]
    return '\n'.join(map(wrapped, lines))


def wrapped(line: str) -> str:
    """Write a long line as several, fit for mail."""
    return textwrap.fill(line, WIDTH, subsequent_indent='  ', break_long_words=False)


def work(row: dict, a: str, b: str) -> float | None:
    """Return instructions of the second kernel / instructions of the first."""
    ours, theirs = row[a]['instructions'], row[b]['instructions']
    return None if ours is None or theirs is None else theirs / ours


def _name(row: dict) -> str:
    return f"{row['walk']} over {row['layout']}"


def _largest(rows: list[tuple[float, dict]]) -> str:
    """Name the rows with the largest changes."""
    ordered = sorted(rows, key=lambda pair: -abs(math.log(pair[0])))
    return ', '.join(f'{_name(row)} {change(ratio)}' for ratio, row in ordered[:NAMED])


def _counted(rows: list[tuple[float, dict]], word: str) -> list[str]:
    return [f'{word} in {len(rows)} ({_largest(rows)})'] if rows else []


def _work(result: dict) -> str:
    a, b = result['kernels']
    ratios = [(ratio, row) for row in result['rows'] if (ratio := work(row, a, b)) is not None]
    equal = sum(ratio == 1 for ratio, _ in ratios)
    unknown = len(result['rows']) - len(ratios)
    parts = [*_counted([pair for pair in ratios if pair[0] > 1], 'more'),
             *_counted([pair for pair in ratios if pair[0] < 1], 'less'),
             *([f'the same in {equal}'] if equal else []),
             *([f'not counted in {unknown}'] if unknown else [])]
    return f"Instructions: {'; '.join(parts)}."


def _time(result: dict) -> str:
    rows = result['rows']

    def moved(word: str) -> list[str]:
        of = [(row['ratio']['value'], row) for row in rows if row['verdict'] == word]
        return [f'{len(of)} {word} ({_largest(of)})'] if of else []

    parts = [*moved('slower'), *moved('faster')]
    for word in ('same', 'same code', 'undecided'):
        count = sum(row['verdict'] == word for row in rows)
        parts += [f'{count} {word}'] if count else []
    unfit = ' (UNFIT HOST, see below the table)' if result['host']['unfit'] else ''
    return f"Time{unfit}: {'; '.join(parts)}."


def _undecided(result: dict) -> list[str]:
    a, b = result['kernels']
    rows = [(ratio, row) for row in result['rows'] if row['verdict'] == 'undecided'
            and (ratio := work(row, a, b)) is not None and ratio != 1]
    rows.sort(key=lambda pair: -abs(math.log(pair[0])))
    lines = [f'{_name(row)}: {change(ratio)} instructions; time undecided{_span(row)}'
             for ratio, row in rows]
    more = len(lines) - NAMED
    return lines[:NAMED] + ([f'... and {more} more undecided row{"s" if more > 1 else ""}.']
                             if more > 0 else [])


def _span(row: dict) -> str:
    ratio = row['ratio']
    return f" ({span(ratio['low'], ratio['high'])})" if ratio else ''
