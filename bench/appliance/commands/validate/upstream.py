# SPDX-License-Identifier: GPL-2.0
"""The stage of the kernel tree's own selftests, on both kernels.

A test accuses the series only if it passes on the base each time and fails with the series
each time. What the base has shown in an earlier validation is the first of its times.
"""

from dataclasses import replace
from itertools import product
from typing import Iterator, Mapping, Sequence

from ..selftests.observe import Programs, Seen, ensure_programs, observe
from ..selftests.report import Counts, counts
from ..selftests.tests import Selftest, always
from ...boots import guest
from ...boots.counting import side_by_side
from ...boots.records import Boot, of_type
from ...failure import Failure
from ...runs.outcome import FAIL, FLAKY, MENDED, NEW, ON_BASE, PASS, Finding, Outcome
from .compared import explained, of_end
from .remembered import Remembered
from .subject import Subject

TIMES = 3  # on each kernel, before a test may accuse
States = list[dict[str, Counts]]  # of each time, by test


def check(subject: Subject) -> Iterator[Outcome]:
    """Run all tests on both kernels, and again those whose results differ."""
    appliance = guest.ensure(subject.build, [subject.base, subject.patched], subject.sandbox)
    tests: Sequence[Selftest] = always()
    programs = ensure_programs(subject.build, subject.base, tests)
    before = Remembered(appliance.kernels[subject.base.name], programs)
    known = before.counts()
    states: dict[str, States] = {subject.base.name: [known], subject.patched.name: []}
    died: list[str] = []
    pairs = [pair for pair in product(appliance.kernels, tests)
             if pair[0] != subject.base.name or pair[1].name not in known]
    for number in range(TIMES):
        seen = _once(appliance, programs, pairs, subject.base.name)
        for name, of_kernel in states.items():
            of_kernel.append({test.name: counts([one]) for (kernel, test), one in seen.items()
                              if kernel == name})
        died += [_died(one) for one in seen.values() if one.died][:1]
        if not number:
            before.keep(states[subject.base.name][-1])
        tests = [test for test in tests if _differs(test.name, *states.values())]
        if not tests:
            break
        pairs = list(product(appliance.kernels, tests))
    base, patched = states.values()
    yield judge(base, patched, subject.patched.name, died)


def judge(base: States, patched: States, on: str, died: Sequence[str] = ()) -> Outcome:
    """Compare what all runs on both kernels have shown; died: how guests of the series ended."""
    tests = always()
    findings = [finding for test in tests
                if (finding := _finding(test.name, _of(test.name, base), _of(test.name, patched)))]
    if died:
        kind = NEW if len(died) == len(patched) else FLAKY
        findings = [replace(one, kind=kind) for one in of_end(died[0]).values()] + findings
    new = sum(one.kind == NEW for one in findings)
    passed = sum(all(map(_passes, _of(test.name, patched))) for test in tests)
    summary = f'{passed} of {len(tests)} pass; {new or "no"} new failures'
    return Outcome('selftests', FAIL if new else PASS, summary, on, tuple(findings))


def _once(appliance: guest.Appliance, programs: Programs, pairs: list[tuple[str, Selftest]],
          base: str) -> Mapping[tuple[str, Selftest], Seen]:
    """Run tests once on kernels; the base has to come to its end in each."""
    seen = dict(zip(pairs, side_by_side(
        lambda pair: observe(appliance.only(pair[0]), programs, pair[1]), pairs)))
    for (name, test), one in seen.items():
        if name == base and one.died:
            raise Failure(f'the selftest {test.name} does not come to its end on the base: {one.died}')
    return seen


def _died(seen: Seen) -> str:
    hangs = any(boot.outcome == 'timeout' for boot in of_type(Boot, seen.records))
    return explained(seen.died, seen.records, hangs)


def _differs(test: str, base: States, patched: States) -> bool:
    return _of(test, base) != _of(test, patched)


def _of(test: str, states: States) -> list[Counts]:
    """Return each different result of a test."""
    return list(dict.fromkeys(one[test] for one in states if test in one))


def _passes(one: Counts) -> bool:
    return one.passed > 0 and not one.failed


def _finding(test: str, base: list[Counts], patched: list[Counts]) -> Finding | None:
    if len(base) > 1 or len(patched) > 1:
        return Finding(f'{test}: {_either(base)} on the base, {_either(patched)} here', FLAKY)
    before, after = base[0], patched[0]
    if before == after:
        return None if _passes(after) else Finding(f'{test}: {after}', ON_BASE)
    worse = after.failed > before.failed or after.passed < before.passed
    return Finding(f'{test}: {before} on the base, {after} here', NEW if worse else MENDED)


def _either(results: list[Counts]) -> str:
    return ' or '.join(map(str, results))
