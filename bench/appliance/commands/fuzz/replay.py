# SPDX-License-Identifier: GPL-2.0
"""Have a kernel make the reads of cases, and tell what they found; it may die of any of them."""

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...boots import guest, hang
from ...boots.records import Found, Tried, Trying
from ...failure import KERNEL_DIED, TIME_LIMIT, Failure
from ...paths import scratch
from ..contract.observe import Overseer
from .cases import Case, text

SECONDS = 1200  # ends a boot that hangs; hang.py does it earlier
AFTER_SPLAT = 5  # seconds of CPU time
DIED = {KERNEL_DIED: 'panic', TIME_LIMIT: 'hang'}


@dataclass
class Replayed:
    """What cases have found on a kernel."""
    found: list[Found] = field(default_factory=list)
    asks: int = 0
    skipped: int = 0


def replay(build: Path, appliance: guest.Appliance, cases: list[Case]) -> Replayed:
    """Replay all cases; one that the kernel dies of is left out of the next boot."""
    seen = Replayed()
    left = cases
    while left:
        done, died = _boot(build, appliance, left, seen)
        if died:
            seen.found.append(died)
        left = left[done:]
    return seen


def _boot(build: Path, appliance: guest.Appliance, cases: list[Case],
          seen: Replayed) -> tuple[int, Found | None]:
    """Return how many cases are done, and how the last of them ended the boot."""
    name, = appliance.kernels
    begun = done = 0
    with scratch(build) as folder, tempfile.TemporaryFile() as console:
        file = folder / 'cases'
        file.write_text(text(cases), encoding='ascii')
        oversee = Overseer(console, hang.Watch(hang.MOST_SECONDS), AFTER_SPLAT)
        try:
            for record in guest.records(
                    appliance, '--host', f'--mem={appliance.memory_mib}', f'--timeout={SECONDS}',
                    argv=[str(build / 'guest' / 'walks'), 'replay', str(file)],
                    consoles=[console], hopeless=oversee):
                begun += isinstance(record, Trying)
                if isinstance(record, Found):
                    seen.found.append(record)
                elif isinstance(record, Tried):
                    done += 1
                    seen.asks += record.asks
                    seen.skipped += record.skipped
        except Failure as failure:
            if not begun:
                raise
            why = oversee.hang.explain(str(failure))
            return begun, Found(name, 0, cases[begun - 1].name, 0,
                                DIED.get(failure.status, 'died'), '', why)
    return done, None


def shows(build: Path, appliance: guest.Appliance, cases: list[Case], like: Found) -> list[bool]:
    """Tell of each case whether it finds a fault of the same kind."""
    numbered = [replace(case, name=str(number)) for number, case in enumerate(cases)]
    found = {one.case for one in replay(build, appliance, numbered).found
             if (one.rule, one.how) == (like.rule, like.how)}
    return [case.name in found for case in numbered]
