# SPDX-License-Identifier: GPL-2.0
"""Percentiles, and which of them so many samples carry.

Samples carry a percentile if they give it a 95 % interval whose ends are samples, whatever
the distribution (order statistics). All of n samples are below the percentile p in p^n of all
cases. So it takes 6 samples for the median, 36 for 90 %, 368 for 99 % and 3,688 for 99.9 %.
Percentiles here are 50 % or more: there are then samples enough below. Fewer would never do;
samples that have something in common, as those of one boot do, are worth less than so many.
"""

from collections import Counter
from typing import Iterable, Mapping

LEVELS = (50.0, 90.0, 99.0, 99.9, 99.99)
BEYOND = 0.025  # how often no sample may be above


def carried(samples: int) -> list[float]:
    """Return the levels that so many samples carry."""
    return [level for level in LEVELS if (level / 100) ** samples <= BEYOND]


def of_samples(samples: Iterable[float]) -> dict[float, float]:
    """Return the percentiles that the samples carry."""
    return of_bins(Counter(samples))


def of_bins(bins: Mapping[float, int]) -> dict[float, float]:
    """Return the percentiles that the samples carry, each value with how many there are of it."""
    total = sum(bins.values())
    return {level: _at(bins, level / 100 * total) for level in carried(total)}


def _at(bins: Mapping[float, int], rank: float) -> float:
    """Return the value below which, itself included, there are rank samples."""
    seen = 0
    for value in sorted(bins):
        seen += bins[value]
        if seen >= rank:
            return value
    raise AssertionError('a rank is at most the number of samples')
