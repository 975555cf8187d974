# SPDX-License-Identifier: GPL-2.0
"""Show where two texts differ."""

import itertools

WIDTH = 160  # of a line that is shown
BEFORE = 40  # characters of it before the first difference


def first_line(one: str, other: str) -> tuple[str, str] | None:
    """Return what each has in the first line that differs, if there is any."""
    for first, second in itertools.zip_longest(one.splitlines(), other.splitlines()):
        if first != second:
            at = _first_difference(first or '', second or '')
            return _cut(first, at), _cut(second, at)
    return None


def _first_difference(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b),
                min(len(one), len(other)))


def _cut(line: str | None, at: int) -> str:
    """Return what is around a place of a line."""
    if line is None:
        return '(nothing)'
    start = max(0, at - BEFORE) if len(line) > WIDTH else 0
    end = start + WIDTH
    return ('...' if start else '') + line[start:end] + ('...' if len(line) > end else '')
