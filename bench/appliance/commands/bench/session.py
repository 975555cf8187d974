# SPDX-License-Identifier: GPL-2.0
"""The paired runner: boot both kernels at once, again and again, until all is decided.

Three guests are alive at a time: the first kernel (a), the second (b), and a once more,
as the control. It is measured in the same turns, and what makes it differ from a is noise.
"""

import random
import resource
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Callable, Collection

from ...boots import guest
from ...boots.records import Record, Turns
from ...boots.walks import Row, arguments
from ...kernels.build import Built
from ...numbers import measure
from ...numbers.verdict import LEAST_DRAWS, LOOKS, Estimate, Looks, trimmed_mean

SAMPLES = 8  # of each walk in a boot: four rounds
OVERTIME = 2  # budgets that a slow host may take for the boots of the first look


@dataclass(frozen=True)
class Plan:
    """How long to measure, and what for."""
    budget: float  # seconds
    within: float  # a row is decided when its interval is within 1 +- this
    rows: tuple[Row, ...] = ()
    events: tuple[str, ...] = ()  # events of the host's CPU to count in all turns
    time_all: bool = False  # whether to time rows of the same code, too
    whole: bool = False  # whether all rows are measured until the budget is spent


PROFILES = {'quick': Plan(budget=55, within=0.01), 'full': Plan(budget=600, within=0.005)}


@dataclass
class Comparison:
    """What is known of a row: b compared with a, and a with itself."""
    looks: Looks = field(default_factory=Looks)
    control_looks: Looks = field(default_factory=Looks)
    ratio: Estimate | None = None
    control: Estimate | None = None
    verdict: str = 'undecided'
    decided: bool = False

    def look(self, logs: list[float], control: list[float], budget: float, plan: Plan,
             step: float = 0) -> None:
        """Take another look, unless the row is decided; step is that of the clock."""
        if self.decided:
            return
        ratio = self.looks.look(logs, budget, step)
        if ratio is None:
            return
        self.ratio = ratio
        self.control = self.control_looks.look(control, budget, step)
        self.verdict = ratio.verdict(plan.within)
        if self.control and self.control.differs:
            self.verdict = 'undecided'
        self.decided = self.verdict != 'undecided' and not plan.whole


class Session:
    """The boots of a pair of kernels, all their records, and the comparisons.

    kernels maps each of the two names to its programs, one for each placement of the
    kernel's functions. settled returns the rows that need no timing, more of them as the
    run goes on. The guests run on cpu, or on any if it is None.
    """

    BOOT_SECONDS = 60  # ends a boot that hangs

    def __init__(self, appliance: guest.Appliance, kernels: dict[str, list[Built]], plan: Plan,
                 settled: Callable[[], Collection[Row]] = tuple, cpu: int | None = None):
        self.appliance = appliance
        self.kernels = kernels
        self.plan = plan
        self.settled = settled
        self.under = None if cpu is None else ['taskset', '-c', str(cpu)]
        self.random = random.Random()
        self.records: list[Record] = []
        self.boots = 0
        self.comparisons: dict[Row, Comparison] = defaultdict(Comparison)

    @property
    def names(self) -> tuple[str, str, str]:
        """Return the names of a, b and the control."""
        a, b = self.kernels
        return a, b, f'{a}.again'

    def measure(self, progress: Callable[[str], None]) -> None:
        """Boot until every row is decided or the budget is spent."""
        started = time.monotonic()
        looks = list(LOOKS)
        while looks and self.undecided():
            began = time.monotonic()
            self._boot()
            now = time.monotonic()
            progress(self._progress())
            used = (now - started + (now - began)) / self.plan.budget  # and by another boot
            if 1 <= used < OVERTIME and self.boots < LEAST_DRAWS:
                continue
            due = [look for look in looks if look <= min(used, 1)]
            looks = [look for look in looks if look > used]
            if due:
                self._look(due[-1])

    def draws(self, b: str) -> dict[Row, list[float]]:
        """Return ln(b / a) of each boot or, with several placements, of each placement.

        One boot in ten is far off (verdict.py), and in many boots each placement has some.
        """
        a = self.names[0]
        found = {}
        for row, of_boots in self._log_ratios(a, b).items():
            placed: dict[int, list[float]] = defaultdict(list)
            for boot, value in of_boots.items():
                placed[boot if self.placements == 1 else boot % self.placements].append(value)
            found[row] = [trimmed_mean(values) for values in placed.values()]
        return found

    def _log_ratios(self, a: str, b: str) -> dict[Row, dict[int, float]]:
        """Return ln(b / a) of each row and boot."""
        return measure.log_ratios(self.records, a, b)

    @property
    def placements(self) -> int:
        """Return how many placements each kernel has."""
        return len(next(iter(self.kernels.values())))

    def _boot(self) -> None:
        a, b, again = self.names
        at = self.boots % self.placements
        programs = [(a, self.kernels[a][at]), (b, self.kernels[b][at]),
                    (again, self.kernels[a][at])]
        self.random.shuffle(programs)
        seed = self.random.getrandbits(32)
        before = _cpu_ns()
        appliance = replace(self.appliance, kernels=dict(programs))
        options = [f'--turns={seed}', f'--mem={appliance.memory_mib}',
                   f'--timeout={self.BOOT_SECONDS}']
        if self.plan.events:
            options.append(f'--events={",".join(self.plan.events)}')
        found = self._found(appliance, options)
        names = [name for name, _ in programs]
        self.records += [Turns(self.boots, seed, at, names, _cpu_ns() - before), *found]
        self.boots += 1

    def _found(self, appliance: guest.Appliance, options: list[str]) -> list[Record]:
        """Boot the kernels of the appliance, which take turns; return what they say."""
        argv = ['/bin/walks', 'time', f'--samples={SAMPLES}', *arguments(self.undecided())]
        return list(guest.records(appliance, *options, argv=argv, under=self.under,
                                  boot=self.boots))

    def undecided(self) -> list[Row]:
        """Return the rows that the next boot measures."""
        settled = self.settled()
        return [row for row in self.plan.rows
                if row not in settled and not self._decided(row)]

    def _decided(self, row: Row) -> bool:
        return row in self.comparisons and self.comparisons[row].decided

    def _look(self, budget: float) -> None:
        _, b, again = self.names
        control = self.draws(again)
        steps = measure.clock_steps(self.records)
        for row, logs in self.draws(b).items():
            self.comparisons[row].look(logs, control[row], budget, self.plan,
                                       steps.get(row, 0))

    def _progress(self) -> str:
        return (f'{self.boots} boots, {len(self.undecided())} of {len(self.plan.rows)} rows '
                'undecided')


def _cpu_ns() -> int:
    """Return the CPU time of all children that have ended, and of their children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((used.ru_utime + used.ru_stime) * 1e9)
