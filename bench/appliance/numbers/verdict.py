# SPDX-License-Identifier: GPL-2.0
"""Sequential verdicts: look at the data several times, and keep the error rate.

If one looked after every boot and stopped at the first interval that leaves 1 out, one
would always find a difference in the end. So there are few looks, at fixed fractions of
the budget that do not depend on what was measured. Each look may spend a share of the
error rate that is as large as the share of the budget since the look before. This is the
alpha spending function of Lan and DeMets (1983) that is linear in time, with the union
bound in place of the joint distribution, so that the sum holds whatever the looks have in
common. An interval holds at the look at which sampling ended, whichever it was.

The interval at a look is Student's t of the logarithms of the boots' ratios,
without the highest and the lowest fifth of them (Tukey and McLaughlin 1963). One boot in
ten may find a loop in another state of the branch predictors than all others, a fifth
slower, and that is not what a kernel typically does. A bootstrap over boots comes out too
narrow with the few boots of an early look. A bootstrap over boots and rounds counts twice
what differs between rounds.

The clock has a step. Where it is coarse, all boots may give the same number of steps; then
they have no spread, and are still wrong by a step. No number of boots makes this smaller, so
it is added to all that the spread gives.

`same` is worth what the look would have seen. If the second kernel were slower by d, all
logarithms would be d more, and their spread would be the same. So a look sees d if
mean + d > reach. The mean of equal kernels is above -t * error in 95 of 100 runs, where t
is that quantile of Student's t. So d = reach + t * error is seen in as many runs: this is
`sees`, by the errors of the very look.
"""

import functools
import math
from dataclasses import dataclass
from typing import Sequence

import numpy
import scipy  # its parts when they are used: they take a second to load

LOOKS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)  # of the budget
LEAST_DRAWS = 4
TRIMMED = 0.2  # of the draws, at each end

FALSE_ALARMS = 0.01  # how often `faster` or `slower` may be said of equal kernels
UNCOVERED = 0.05  # how often the interval may miss the truth
UNSEEN = 0.05  # how often a change of `sees` may be overlooked


@dataclass(frozen=True)
class Estimate:
    """b / a, its 95 % interval, and whether they differ by the stricter false-alarm rate.

    They differ if ln(b / a) is further than reach from 0. sees is the smallest change that
    this look would have called so in 95 of 100 runs; 0.01: 1 %.
    """
    value: float
    low: float
    high: float
    reach: float
    sees: float
    differs: bool

    def noise(self) -> float:
        """Return the largest change in the interval; 0.01: 1 %."""
        return max(abs(self.low - 1), abs(self.high - 1))

    def verdict(self, within: float) -> str:
        """'faster', 'slower', 'same' (within the fraction given) or 'undecided'."""
        if self.differs:
            return 'slower' if self.value > 1 else 'faster'
        return 'same' if self.noise() <= within else 'undecided'


class Looks:
    """The error rate that the looks of one comparison have spent."""

    def __init__(self) -> None:
        self.spent = 0.0

    def look(self, logs: Sequence[float], budget: float, step: float = 0) -> Estimate | None:
        """Estimate from the draws (ln b/a) with this fraction of the budget used; step as below.

        Too few draws for any interval give None, and the look is left out.
        """
        if len(logs) < LEAST_DRAWS or budget <= self.spent:
            return None
        share, self.spent = budget - self.spent, budget
        return estimate(logs, share, step)


def estimate(logs: Sequence[float], share: float = 1, step: float = 0) -> Estimate:
    """Estimate from draws of ln(b / a), with a share of the error rates to spend.

    step is that of the clock, as a fraction of the times: 0.001 is 0.1 %.
    """
    ordered = numpy.sort(logs)
    kept = _inner(ordered)
    mean = float(numpy.mean(kept))
    winsorized = numpy.clip(ordered, kept[0], kept[-1])
    error = (float(numpy.std(winsorized, ddof=1)) * math.sqrt(len(ordered))) / len(kept)

    def above(rate: float) -> float:
        return _quantile(1 - rate, len(kept) - 1) * error

    holds, reach = (above(share * rate / 2) + step for rate in (UNCOVERED, FALSE_ALARMS))
    return Estimate(math.exp(mean), math.exp(mean - holds), math.exp(mean + holds), reach,
                    math.expm1(reach + above(UNSEEN)), abs(mean) > reach)


def trimmed_mean(values: Sequence[float]) -> float:
    """Return the mean without the highest and the lowest fifth."""
    return float(numpy.mean(_inner(numpy.sort(values))))


def _inner(ordered: numpy.ndarray) -> numpy.ndarray:
    cut = int(TRIMMED * len(ordered))
    return ordered[cut:len(ordered) - cut]


@functools.cache
def _quantile(share: float, freedom: int) -> float:
    """Return a quantile of Student's t; cached, since scipy is slow and looks repeat a few."""
    return float(scipy.stats.t.ppf(share, freedom))
