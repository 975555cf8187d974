# SPDX-License-Identifier: GPL-2.0
"""Random reads in which two kernels differ, whether the truth is known there or not.

Each way to differ can be made as small as possible.
"""

import time
from collections import defaultdict
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Collection, Iterator

from ...boots import guest
from ...render import differing
from . import shrink
from .cases import Case
from .replay import ENDS, Replayed, replay

# What the names of the functions have that a read calls.
CALLED = {'walk': 'walk_', 'pagemap': 'pagemap', 'scan': 'pagemap_scan', 'mincore': 'mincore'}
FAVOUR = 5
MENDED = 'mended'  # the first kernel breaks a rule that the second keeps
NEW = 'NEW'  # the second breaks it, or no rule decides

WHOLE = -1  # the number of a read that stands for the whole case


def favoured(changed: Collection[str]) -> dict[str, int]:
    """Return how often a read comes that calls what differs between the kernels."""
    return {what: FAVOUR for what, part in CALLED.items() if any(part in name for name in changed)}


@dataclass(frozen=True)
class Way:
    """A way to differ: in which read, or 'pool' or 'boot', and the rule that one kernel breaks.

    by is the kernel's place, 0 or 1. Without a rule, what the kernels give is not the same.
    """
    what: str
    rule: str = ''
    by: int | None = None

    @property
    def kind(self) -> str:
        """Tell whether the second kernel is the better one."""
        return MENDED if self.by == 0 else NEW


@dataclass
class Difference:
    """A way in which the kernels differ, how often, and its smallest case."""
    way: Way
    case: Case
    ask: int
    seconds: float  # after which it was seen first
    said: tuple[str, str] = ('', '')  # what each kernel gave, where that differs first
    times: int = 0
    again: bool = True  # it was seen again, when its smallest case was looked for


Seen = tuple[Replayed, Replayed]


@dataclass
class Pair:
    """Two kernels, and what was seen of them in the cases that both have done."""
    build: Path
    sides: list[guest.Appliance]
    pool: Executor
    tried: int = 0
    cases: int = 0
    compared: int = 0
    seconds: float = 0
    found: dict[Way, Difference] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Of the kernels."""
        return [name for side in self.sides for name in side.kernels]

    def look(self, cases: list[Case]) -> None:
        """Have both kernels make the reads of cases, and note where they differ."""
        began = time.monotonic()
        seen = self._replay(cases)
        self.seconds += time.monotonic() - began
        self.tried += len(cases)
        self.cases += len(seen[0].done & seen[1].done)
        self.compared += len(seen[0].answers.keys() & seen[1].answers.keys())
        for case, ask, way in differing_reads(cases, seen):
            if way not in self.found:
                self.found[way] = Difference(way, case, ask, self.seconds, _said(seen, case, ask))
            self.found[way].times += 1

    def make_small(self, difference: Difference) -> None:
        """Make its case as small as it gets, and keep what each kernel gives then."""
        def still(cases: list[Case]) -> list[bool]:
            numbered = [replace(case, name=str(number)) for number, case in enumerate(cases)]
            seen = self._replay(numbered, difference.way)
            shown = {case.name for case, _, way in differing_reads(numbered, seen)
                     if way == difference.way}
            return [one.name in shown for one in numbered]

        case = difference.case
        alone = replace(case, asks=case.asks[difference.ask:difference.ask + 1])
        difference.case = shrink.shrink(alone if alone.asks and still([alone])[0] else case, still)
        seen = self._replay([difference.case])
        for case, difference.ask, way in differing_reads([difference.case], seen):
            if way == difference.way:
                difference.said = _said(seen, case, difference.ask)
                return
        difference.again = False

    def _replay(self, cases: list[Case], like: Way | None = None) -> Seen:
        """Make the reads; what ends a boot as the other way does is the last."""
        end = like.rule if like and like.what == 'boot' else ''
        first, second = self.pool.map(
            lambda side: replay(self.build, side, cases, end, answers=True), self.sides)
        return first, second


def differing_reads(cases: list[Case], seen: Seen) -> Iterator[tuple[Case, int, Way]]:
    """Yield each way in which the kernels differ: in which case, in which read, and how.

    A kernel that dies breaks no rule later, so only what both came to is compared.
    """
    broken = [_broken(side) for side in seen]
    for case in cases:
        for ask, what in enumerate([*(ask.what for ask in case.asks), 'pool']):
            key = case.name, ask
            both = all(key in side.answers for side in seen)
            if both or what == 'pool' and all(case.name in side.done for side in seen):
                ways = list(_ways(what, *(of_side[key] for of_side in broken)))
                if both and not ways and seen[0].answers[key] != seen[1].answers[key]:
                    ways = [Way(what)]
                yield from ((case, ask, way) for way in ways)
        if all(case.name in side.tried for side in seen):
            yield from ((case, WHOLE, way) for way in _ways(
                'boot', *(of_side[case.name, WHOLE] for of_side in broken)))


def _ways(what: str, first: set[str], second: set[str]) -> Iterator[Way]:
    yield from (Way(what, rule, int(rule in second)) for rule in sorted(first ^ second))


def _broken(side: Replayed) -> defaultdict[tuple[str, int], set[str]]:
    """Return the rules that are broken, by case and read."""
    found: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for one in side.found:
        found[one.case, WHOLE if one.rule in ENDS else one.ask].add(one.rule)
    return found


def _said(seen: Seen, case: Case, ask: int) -> tuple[str, str]:
    """Return what each kernel gave where that differs first, or else what is wrong with it."""
    answers = (side.answers.get((case.name, ask), '') for side in seen)
    first, second = ('; '.join(one.detail for one in side.found if one.case == case.name)
                     for side in seen)
    if ask == WHOLE:
        return first, second
    return differing.first_line(*answers) or differing.first_line(first, second) or ('', '')
