# SPDX-License-Identifier: GPL-2.0
"""Change points: the nights from which on a series has another level.

This is E-divisive (Matteson and James 2014), with what MongoDB's users (Daly and others,
arXiv 2003.00584) and Hunter (Fleming and others, arXiv 2301.03034) have made of it. A
candidate is where the energy distance between what is left and what is right of it is
largest. Each half is split again, as long as Student's t of the two segments beside a
candidate is weakly significant. Then the weakest candidate is dropped, again and again,
until each is strictly significant beside the segments that are left. Nothing is random, so
the same series always has the same change points.

A long series is gone over in windows. So what a night adds cannot move a change point that
lies far behind.

A segment has three values or more: one spike is none. The t-test pools the variances, or
three values would never be enough. Where all values of a segment are equal it has no variance
to pool, as with a kernel whose walk is the same code as the reference's. Then the other
segment's variance alone says what is far. Two such segments differ if their values do.
"""

import math
from dataclasses import dataclass
from typing import Sequence

import numpy
import scipy

SEGMENT = 3  # values, at least
WINDOW = 90  # values that are looked at together
WEAK = 0.01  # the p at which a segment is split, to be judged again later
STRICT = 3e-6  # the p of a change point; docs/nightly.md has how often that is wrong


@dataclass(frozen=True)
class Change:
    """From values[at] on the mean is after, and was before; p is that of the t-test."""
    at: int
    before: float
    after: float
    p: float


def changes(values: Sequence[float], strict: float = STRICT) -> list[Change]:
    """Return the change points of a series, the first one first."""
    x = numpy.asarray(values, float)
    found: list[int] = []
    start = 0
    while start < len(x):
        inside = _kept(x[start:], strict)
        found += [start + at for at in inside if start + at not in found]
        # The next window begins with the last segment, or with half of this window.
        start += max(WINDOW // 2, *inside, 0)
    return _described(x, _merged(x, found, strict))


def _kept(x: numpy.ndarray, strict: float) -> list[int]:
    """Return the change points in the first window; the next one judges what is near its end."""
    kept = _merged(x[:WINDOW], _split(x, 0, min(len(x), WINDOW)), strict)
    return kept if len(x) <= WINDOW else [at for at in kept if at < WINDOW * 2 // 3]


def _split(x: numpy.ndarray, first: int, end: int) -> list[int]:
    """Return the candidates between first and end, ascending."""
    if end - first < 2 * SEGMENT:
        return []
    at = first + _furthest(x[first:end])
    if p_of(x[first:at], x[at:end]) > WEAK:
        return []
    return [*_split(x, first, at), at, *_split(x, at, end)]


def _furthest(x: numpy.ndarray) -> int:
    """Return where the energy distance of both sides, weighted by their sizes, is largest."""
    n = len(x)
    distances = numpy.abs(x[:, None] - x[None, :])
    sums = distances.cumsum(axis=0).cumsum(axis=1)
    left = numpy.arange(SEGMENT, n - SEGMENT + 1)
    right = n - left
    inside_left = sums[left - 1, left - 1]
    between = sums[left - 1, n - 1] - inside_left
    inside_right = sums[n - 1, n - 1] - inside_left - 2 * between
    energy = 2 * between / (left * right) - inside_left / (left * (left - 1)) \
        - inside_right / (right * (right - 1))
    return int(left[numpy.argmax(energy * left * right / n)])


def _merged(x: numpy.ndarray, candidates: list[int], strict: float) -> list[int]:
    """Drop the weakest candidate until all are significant beside their neighbours."""
    left = sorted(candidates)
    while left:
        p, weakest = max((change.p, change.at) for change in _described(x, left))
        if p <= strict:
            break
        left.remove(weakest)
    return left


def _described(x: numpy.ndarray, found: list[int]) -> list[Change]:
    edges = [0, *found, len(x)]
    return [Change(at, float(x[first:at].mean()), float(x[at:end].mean()),
                   p_of(x[first:at], x[at:end]))
            for first, at, end in zip(edges, edges[1:], edges[2:])]


def p_of(a: numpy.ndarray, b: numpy.ndarray) -> float:
    """Return the probability that means of one level are as far apart by chance."""
    distance = abs(float(a.mean() - b.mean()))
    varying = [part for part in (a, b) if numpy.ptp(part)]
    if not varying:
        return 0.0 if a[0] != b[0] else 1.0
    freedom = sum(len(part) - 1 for part in varying)
    variance = sum(float(part.var()) * len(part) for part in varying) / freedom
    error = math.sqrt(variance * sum(1 / len(part) for part in varying))
    return float(2 * scipy.special.stdtr(freedom, -distance / error))
