# SPDX-License-Identifier: GPL-2.0
"""Turn samples into costs: what each function takes of one walk, and with which error.

A boot is one draw, as for times: what differs between two boots of one kernel does not
average out within either. So an error is the larger of two: the error of counting so few
samples (Poisson), and the error that follows from the spread of the boots.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy
import scipy

from ...host.perf import Event

Stack = tuple[str, ...]  # outermost function first
CONFIDENCE = 0.99


@dataclass
class Boot:
    """The walks of one boot, and the samples of the kernel during them."""
    walks: int
    ns: int  # wall-clock time
    stacks: Counter[Stack] = field(default_factory=Counter)
    elsewhere: int = 0  # samples in the processes of the guest's user space
    counts: Counter[str] = field(default_factory=Counter)  # samples of further events


@dataclass(frozen=True)
class Cost:
    """What something costs of a walk, in the event's unit, plus or minus error."""
    value: float
    error: float
    samples: int


@dataclass
class Profile:
    """One kernel, one walk, over boots."""
    kernel: str
    period: int
    boots: list[Boot]

    @property
    def walks(self) -> int:
        """Count the walks of all boots."""
        return sum(boot.walks for boot in self.boots)

    @property
    def samples(self) -> int:
        """Count the samples of the kernel's own process in all boots."""
        return sum(self.stacks().values())

    def stacks(self) -> Counter[Stack]:
        """Count the samples of each call chain in all boots."""
        return sum((boot.stacks for boot in self.boots), Counter())

    def wall_ns(self) -> float:
        """Return the wall-clock time of a walk, with all that the host did meanwhile."""
        return sum(boot.ns for boot in self.boots) / self.walks

    def total(self) -> Cost:
        """Return the cost of all that the kernel does in a walk."""
        return self._cost([boot.stacks.total() for boot in self.boots], self.period, 1)

    def counted(self, event: Event) -> Cost:
        """Return the cost of a further event, by its samples."""
        return self._cost([boot.counts[event.name] for boot in self.boots], event.period, 1)

    def functions(self, rows: int) -> dict[str, Cost]:
        """Return the cost of each function by itself; the errors hold for so many rows at once."""
        by_boot = [leaves(boot.stacks) for boot in self.boots]
        return {name: self._cost([boot[name] for boot in by_boot], self.period, rows)
                for name in set().union(*by_boot)}

    def none(self, rows: int) -> Cost:
        """Return the cost of a function that was never sampled, which may have been missed."""
        return self._cost([0] * len(self.boots), self.period, rows)

    def _cost(self, seen: list[int], period: int, rows: int) -> Cost:
        tail = 1 - (1 - CONFIDENCE) / 2 / rows
        total = sum(seen)
        error = scipy.stats.norm.ppf(tail) * math.sqrt(max(total, 1)) / self.walks
        if len(seen) > 1:
            rates = numpy.divide(seen, [boot.walks for boot in self.boots])
            spread = rates.std(ddof=1) / math.sqrt(len(seen))
            error = max(error, scipy.stats.t.ppf(tail, len(seen) - 1) * spread)
        return Cost(total / self.walks * period, float(error) * period, total)


@dataclass(frozen=True)
class Difference:
    """How much more a function costs in the second profile than in the first."""
    name: str
    first: Cost
    second: Cost

    @property
    def value(self) -> float:
        """Return second minus first."""
        return self.second.value - self.first.value

    @property
    def error(self) -> float:
        """Return the error of the difference."""
        return math.hypot(self.first.error, self.second.error)

    @property
    def seen(self) -> bool:
        """Whether it is more than chance makes."""
        return abs(self.value) > self.error


SMALL = 0.005  # of the walk: functions below are not compared one by one


def differences(first: Profile, second: Profile) -> list[Difference]:
    """Return the functions that matter in either profile, the largest difference first."""
    names = {name for profile in (first, second)
             for name, seen in leaves(profile.stacks()).items()
             if seen >= SMALL * profile.samples}
    a, b = first.functions(len(names)), second.functions(len(names))
    rows = [Difference(name, a.get(name) or first.none(len(names)),
                       b.get(name) or second.none(len(names))) for name in names]
    return sorted(rows, key=lambda row: (-abs(row.value), row.name))


def leaves(stacks: Counter[Stack]) -> Counter[str]:
    """Count the samples of each function itself, without what it calls."""
    found: Counter[str] = Counter()
    for stack, seen in stacks.items():
        found[stack[-1]] += seen
    return found


def resolved(stacks: Counter[Stack]) -> float:
    """Return the share of samples whose function has a name."""
    return 1 - leaves(stacks)['[unknown]'] / max(stacks.total(), 1)


def folded(stacks: Counter[Stack]) -> str:
    """Write a line for each call chain, as flamegraph.pl and speedscope read it."""
    return ''.join(f"{';'.join(stack)} {seen}\n" for stack, seen in sorted(stacks.items()))
