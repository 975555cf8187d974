# SPDX-License-Identifier: GPL-2.0
"""Have a kernel make the reads of cases, and tell what they found; it may die of any of them."""

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Iterator

from ...boots import guest, hang
from ...boots.records import Answered, Found, Tried, Trying
from ...failure import KERNEL_DIED, TIME_LIMIT, Failure
from ...logs import splat
from ...paths import scratch
from ..contract.observe import Overseer
from .cases import Case, text

BATCH = 100  # cases that one boot takes in a few seconds
SECONDS = 1200  # ends a boot that hangs; hang.py does it earlier
AFTER_SPLAT = 5  # seconds of CPU time
DIED = {KERNEL_DIED: 'panic', TIME_LIMIT: 'hang'}
LOG = 'log'  # the rule of a case of which the kernel complains
ENDS = {*DIED.values(), 'died', LOG}  # what is found of a case as a whole
MOST_ENDS = 5  # of boots, in a batch: a kernel that hangs each time would take hours


@dataclass
class Replayed:
    """What cases have found on a kernel: those that were tried, and those that came to their end."""
    found: list[Found] = field(default_factory=list)
    answers: dict[tuple[str, int], str] = field(default_factory=dict)  # by case and ask
    tried: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    asks: int = 0
    skipped: int = 0

    @property
    def cases(self) -> int:
        """How many were tried."""
        return len(self.tried)

    def add(self, other: 'Replayed') -> None:
        """Add what further cases have found."""
        self.found += other.found
        self.answers |= other.answers
        self.tried |= other.tried
        self.done |= other.done
        self.asks += other.asks
        self.skipped += other.skipped


@dataclass
class Boot(Replayed):
    """What one boot has found."""
    died: Found | None = None  # how its last case ended it
    splat: str = ''  # the kernel's first complaint, with its stack
    name: str = ''  # of the kernel


def replay(build: Path, appliance: guest.Appliance, cases: list[Case],
           last: str = '', answers: bool = False) -> Replayed:
    """Replay cases; one that ends a boot, or gets a complaint, is found by that.

    After MOST_ENDS of those, or the first that is found by the last rule, the rest is left out.
    What the kernel gives is kept if the answers are wanted.
    """
    seen = Replayed()
    ends = 0
    for boot, end in _boots(build, appliance, cases, answers):
        seen.add(boot)
        if end:
            seen.found.append(end)
            ends += 1
            if ends == MOST_ENDS or end.rule == last:
                break
    return seen


def _boots(build: Path, appliance: guest.Appliance, cases: list[Case],
           answers: bool) -> Iterator[tuple[Boot, Found | None]]:
    """Boot until all cases were tried; yield each boot, and which case ended it, and how."""
    while cases:
        boot = _boot(build, appliance, cases, answers)
        end = boot.died
        if boot.splat and not end:
            end = Found(boot.name, 0, _culprit(build, appliance, cases[:boot.cases]).name, 0, LOG,
                        '', boot.splat)
        yield boot, end
        cases = cases[boot.cases:]


def _culprit(build: Path, appliance: guest.Appliance, cases: list[Case]) -> Case:
    """Return the case of which the kernel complains, by halves: its log has no cases."""
    while len(cases) > 1:
        half = cases[:len(cases) // 2]
        cases = half if _boot(build, appliance, half).splat else cases[len(half):]
    return cases[0]


def _boot(build: Path, appliance: guest.Appliance, cases: list[Case],
          answers: bool = False) -> Boot:
    (name, built), = appliance.kernels.items()
    seen = Boot(name=name)
    with scratch(build) as folder, tempfile.TemporaryFile() as console:
        file = folder / 'cases'
        file.write_text(text(cases), encoding='ascii')
        oversee = Overseer(console, hang.Watch(hang.MOST_SECONDS), AFTER_SPLAT)
        try:
            for record in guest.records(
                    appliance, '--host', f'--mem={appliance.memory_mib}', f'--timeout={SECONDS}',
                    argv=[str(build / 'guest' / 'walks'), 'replay', str(file),
                          *['answers'] * answers],
                    consoles=[console], hopeless=oversee):
                if isinstance(record, Found):
                    seen.found.append(record)
                elif isinstance(record, Trying):
                    seen.tried.add(record.case)
                elif isinstance(record, Answered):
                    seen.answers[record.case, record.ask] = record.said
                elif isinstance(record, Tried):
                    seen.done.add(record.case)
                    seen.asks += record.asks
                    seen.skipped += record.skipped
        except Failure as failure:
            if not seen.cases:
                raise
            if not oversee.splat_over:
                seen.died = Found(name, 0, cases[seen.cases - 1].name, 0,
                                  DIED.get(failure.status, 'died'), '',
                                  oversee.hang.explain(str(failure)))
        console.seek(0)
        complaints = splat.splats(console.read().decode(errors='replace'), built.debug)
        seen.splat = complaints[0] if complaints else ''
    return seen


def shows(build: Path, appliance: guest.Appliance, cases: list[Case], like: Found) -> list[bool]:
    """Tell of each case whether it finds a fault of the same kind.

    If that ends a boot, none behind the first that does is tried.
    """
    numbered = [replace(case, name=str(number)) for number, case in enumerate(cases)]
    found = {one.case for one in replay(build, appliance, numbered, like.rule).found
             if (one.rule, one.how) == (like.rule, like.how)}
    return [case.name in found for case in numbered]
