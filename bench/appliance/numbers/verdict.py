# SPDX-License-Identifier: GPL-2.0
"""Sequential verdicts: look at the data several times, keep the error rate.

Who looks after every boot and stops at the first interval that leaves 1 out
finds a difference in the end, always. So there are few looks, at fixed
fractions of the budget, which do not depend on what was measured, and each
may spend a share of the error rate that is as large as the share of the
budget since the look before (Lan and DeMets 1983, the alpha spending function
that is linear in time, with the union bound in place of the joint
distribution: it is what makes the sum hold whatever the looks have in common).
An interval holds at the look at which sampling ended, whichever that was.

The interval at a look is Student's t of the logarithms of the boots' ratios,
without the highest and the lowest fifth of them (Tukey and McLaughlin 1963):
one boot in ten may find a loop in another state of the branch predictors than
all others, a fifth slower, and is not what a kernel typically does. A
bootstrap over boots comes out too narrow with the few boots of an early look;
one over boots and rounds counts what differs between rounds twice.

`same` is worth what it would have seen. Were the second kernel slower by d, all
logarithms would be d more and their spread the same, so a look sees d where
mean + d > reach. The mean of equal kernels is above -t * error in 95 of 100
runs, with t the quantile of Student's t for that, so d = reach + t * error is
seen in as many: that is `sees`, by the errors of the very look.
"""

import functools
import math
from dataclasses import dataclass
from typing import Sequence

import numpy
from scipy import stats

LOOKS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)  # of the budget
LEAST_DRAWS = 4
TRIMMED = 0.2  # of the draws, at each end

FALSE_ALARMS = 0.01  # how often `faster` or `slower` may be said of equal kernels
UNCOVERED = 0.05  # how often the interval may miss the truth
UNSEEN = 0.05  # how often a change of `sees` may be overlooked


@dataclass(frozen=True)
class Estimate:
    """b / a and its 95 % interval, and whether they differ by the stricter false-alarm rate.

    That they do if ln(b / a) is further than reach from 0. sees is the smallest
    change that this look would have called so, in 95 of 100 runs; 0.01: 1 %.
    """
    value: float
    low: float
    high: float
    reach: float
    sees: float
    differs: bool

    def noise(self) -> float:
        """The largest change that the interval has in it; 0.01: 1 %."""
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

    def look(self, logs: Sequence[float], budget: float) -> Estimate | None:
        """What the draws (ln b/a) come to with this fraction of the budget used.

        None: too few draws for any interval; the look is left out.
        """
        if len(logs) < LEAST_DRAWS or budget <= self.spent:
            return None
        share, self.spent = budget - self.spent, budget
        return estimate(logs, share)


def estimate(logs: Sequence[float], share: float = 1) -> Estimate:
    """From draws of ln(b / a), with a share of the error rates to spend."""
    ordered = numpy.sort(logs)
    cut = int(TRIMMED * len(ordered))
    kept = ordered[cut:len(ordered) - cut]
    mean = float(numpy.mean(kept))
    winsorized = numpy.clip(ordered, kept[0], kept[-1])
    error = (float(numpy.std(winsorized, ddof=1)) * math.sqrt(len(ordered))) / len(kept)

    def above(rate: float) -> float:
        return _quantile(1 - rate, len(kept) - 1) * error

    holds, reach = above(share * UNCOVERED / 2), above(share * FALSE_ALARMS / 2)
    return Estimate(math.exp(mean), math.exp(mean - holds), math.exp(mean + holds), reach,
                    math.expm1(reach + above(UNSEEN)), abs(mean) > reach)


@functools.cache
def _quantile(share: float, freedom: int) -> float:
    """Of Student's t; scipy takes long for one, and looks ask for the same few."""
    return float(stats.t.ppf(share, freedom))
