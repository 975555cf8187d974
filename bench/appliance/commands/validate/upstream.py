# SPDX-License-Identifier: GPL-2.0
"""The stage of the kernel tree's own selftests, on both kernels.

A test accuses the series only if it passes on the base each time and fails with the series
each time.
"""

from dataclasses import replace
from pathlib import Path
from typing import Iterator, Sequence

from .. import selftests
from ...boots import guest
from ...boots.counting import side_by_side
from ...failure import TIME_LIMIT, Failure
from ...runs.outcome import FAIL, FLAKY, MENDED, NEW, ON_BASE, PASS, Finding, Outcome
from .compared import explained, of_end
from .subject import Subject

TIMES = 3  # on each kernel, before a test may accuse
States = list[dict[str, str]]  # of each time, by test


def check(subject: Subject) -> Iterator[Outcome]:
    """Run all tests on both kernels, and again those whose results differ."""
    appliance = guest.ensure(subject.build, [subject.base, subject.patched], subject.sandbox)
    programs = selftests.ensure_programs(subject.build, subject.base)
    names = [subject.base.name, subject.patched.name]
    seen: dict[str, States] = {name: [] for name in names}
    died: list[str] = []
    tests: Sequence[str] = selftests.TESTS
    for _ in range(TIMES):
        for name, once in zip(names, _once(appliance, names, programs, tests)):
            seen[name].append({test: once.states.get(test, 'fail') for test in tests})
            died += [explained(once.died, once.records, once.status == TIME_LIMIT)] * bool(once.died)
        tests = [test for test in tests if _differs(test, *seen.values())]
        if not tests:
            break
    yield judge(seen[names[0]], seen[names[1]], names[1], died)


def judge(base: States, patched: States, on: str, died: Sequence[str] = ()) -> Outcome:
    """Compare what all runs on both kernels have shown; died: how guests of the series ended."""
    findings = [finding for test in selftests.TESTS
                if (finding := _finding(test, _of(test, base), _of(test, patched)))]
    if died:
        kind = NEW if len(died) == len(patched) else FLAKY
        findings = [replace(one, kind=kind) for one in of_end(died[0]).values()] + findings
    new = sum(one.kind == NEW for one in findings)
    passed = sum('fail' not in _of(test, patched) and 'skip' not in _of(test, patched)
                 for test in selftests.TESTS)
    summary = f'{passed} of {len(selftests.TESTS)} pass; ' + (f'{new} new failures' if new else
                                                             'no new failures')
    return Outcome('selftests', FAIL if new else PASS, summary, on, tuple(findings))


def _once(appliance: guest.Appliance, names: Sequence[str], programs: Path,
          tests: Sequence[str]) -> Iterator[selftests.Seen]:
    """Run tests once on each kernel; where the guest dies, tests have no result from there on."""
    for name, seen in zip(names, side_by_side(
            lambda name: selftests.observe(appliance.only(name), programs, tests), list(names))):
        if name == names[0] and not seen.is_whole:
            raise Failure(f'the selftests do not come to their end on the base: {seen.died}')
        yield seen


def _differs(test: str, base: States, patched: States) -> bool:
    return _of(test, base) != _of(test, patched)


def _of(test: str, states: States) -> list[str]:
    """Return each different result of a test."""
    return sorted({one[test] for one in states if test in one})


def _finding(test: str, base: list[str], patched: list[str]) -> Finding | None:
    if base == patched == ['pass']:
        return None
    if len(base) > 1 or len(patched) > 1:
        return Finding(f'{test}: {" or ".join(base)} on the base, {" or ".join(patched)} here', FLAKY)
    if base == patched:
        return Finding(f'{test}: {patched[0]}', ON_BASE)
    kind = MENDED if patched == ['pass'] else NEW
    return Finding(f'{test}: {base[0]} on the base, {patched[0]} here', kind)
