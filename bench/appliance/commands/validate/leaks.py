# SPDX-License-Identifier: GPL-2.0
"""The stage that looks for leaks: what readers lose, of memory and of locks.

In the guest each reader reads the same address space in rounds that are all alike. A kernel
leaks if less memory is free after every single round. What it allocates once, or keeps for
a while, is not lost in every round.
"""

import itertools
from collections import defaultdict
from typing import Iterator, Sequence

from ...boots import guest
from ...boots.records import Round, of_type
from ...runs.outcome import FAIL, NEW, PASS, UNDECIDED, Finding, Outcome
from .both import Seen, judged, seen_on_both
from .compared import compared
from .subject import Subject

CHECK = 'leaks'


def check(subject: Subject) -> Iterator[Outcome]:
    """Boot both kernels; yield how the boots went, and what readers lose."""
    appliance = guest.ensure(subject.build, [subject.base, subject.patched], subject.sandbox)
    base, patched = appliance.kernels.values()
    yield from compare(*seen_on_both(appliance, base, patched, CHECK))


def compare(base: Seen, patched: Seen) -> Iterator[Outcome]:
    """Judge the boots, and then all readers."""
    yield judged('boot', base, patched)
    rounds = _rounds(patched)
    findings = compared(_lost(_rounds(base)), _lost(rounds))
    new = sum(one.kind == NEW for one in findings)
    status = FAIL if new else UNDECIDED if patched.died else PASS
    yield Outcome(CHECK, status, f'{new} new in rounds of {len(rounds)} readers'
                  + ', then the boot broke off' * bool(patched.died), patched.kernel, findings)


def _rounds(seen: Seen) -> dict[str, list[Round]]:
    """Return the rounds of each reader."""
    found: dict[str, list[Round]] = defaultdict(list)
    for one in of_type(Round, seen.records):
        found[one.reader].append(one)
    return found


def _lost(rounds: dict[str, list[Round]]) -> dict[tuple[str, str], Finding]:
    """Return what each reader loses."""
    found = {}
    for reader, of_reader in rounds.items():
        if any(one.locked for one in of_reader):
            found[reader, 'lock'] = Finding(f'{reader}: after a read, the lock of the address '
                                            'space that was read (mmap_lock) is still held')
        free = [one.free for one in of_reader]
        lost = [before - after for before, after in itertools.pairwise(free)]
        if lost and min(lost) > 0:
            found[reader, 'memory'] = Finding(
                f'{reader}: each of {len(lost)} equal rounds of reads loses {_span(lost)}',
                details=(f'pages that are free: {", ".join(map(str, free))}',))
    return found


def _span(lost: Sequence[int]) -> str:
    """Return how many pages are lost."""
    least, most = min(lost), max(lost)
    return f'{least}{f" to {most}" if most > least else ""} page{"s" if most > 1 else ""} of memory'
