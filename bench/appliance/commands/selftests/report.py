# SPDX-License-Identifier: GPL-2.0
"""What selftests have shown: counts, what is expected to fail or be skipped, and what is not."""

import collections
from dataclasses import dataclass, field
from typing import Iterable, Mapping, Sequence

from ...render import table
from .observe import FAIL, SKIP, Fault, Seen
from .tests import Expected, Selftest


@dataclass
class Judged:
    """All boots of a run; of each fault whether it is expected, and what is a finding."""
    seen: Mapping[tuple[str, Selftest], Seen]
    expected: dict[tuple[str, Selftest, Fault], Expected]
    findings: list[str] = field(default_factory=list)

    @property
    def kernels(self) -> list[str]:
        """Return the names of the kernels."""
        return list(dict.fromkeys(kernel for kernel, _ in self.seen))

    @property
    def tests(self) -> list[Selftest]:
        """Return the tests."""
        return list(dict.fromkeys(test for _, test in self.seen))


@dataclass(frozen=True)
class Counts:
    """Cases; those that passed or failed have run."""
    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        return ', '.join(filter(None, (
            f'{self.passed} pass' if self.passed else '', f'{self.failed} FAIL' if self.failed else '',
            f'{self.skipped} skip' if self.skipped else '')))


def counts(seen: Iterable[Seen]) -> Counts:
    """Count the cases of boots."""
    boots = list(seen)
    results = [fault.result for one in boots for fault in one.faults]
    return Counts(sum(one.passed for one in boots), results.count(FAIL), results.count(SKIP))


def judge(seen: Mapping[tuple[str, Selftest], Seen], known: Sequence[Expected]) -> Judged:
    """Hold what each kernel has shown against what is expected of all of them."""
    judged = Judged(seen, {})
    for (kernel, test), one in seen.items():
        of_test = [some for some in known if some.test == test.name]
        for fault, cases in collections.Counter(one.faults).items():
            fits = next((some for some in of_test if some.fits(fault.result, fault.text)), None)
            if fits:
                judged.expected[kernel, test, fault] = fits
            else:
                judged.findings.append(f'{kernel}: {test.name}: {cases} {fault.result}: {fault.text}')
        fitting = [judged.expected.get((kernel, test, fault)) for fault in one.faults]
        judged.findings += [f'{kernel}: {test.name}: is expected to {some.result}: {some.pattern}'
                            for some in of_test if some not in fitting]
    return judged


def result(judged: Judged) -> dict:
    """Return what result.json has of them."""
    return {
        'tests': {test.name: {kernel: _outcome(judged, kernel, test) for kernel in judged.kernels}
                  for test in judged.tests},
        'counts': {kernel: vars(counts(_of(judged, kernel))) for kernel in judged.kernels},
        'findings': judged.findings}


def _of(judged: Judged, kernel: str) -> list[Seen]:
    return [one for (name, _), one in judged.seen.items() if name == kernel]


def _outcome(judged: Judged, kernel: str, test: Selftest) -> dict:
    one = judged.seen[kernel, test]
    return {'state': one.state, **vars(counts([one])), 'faults': [
        {'result': fault.result, 'text': fault.text,
         'expected': _why(judged.expected.get((kernel, test, fault)))}
        for fault in one.faults]}


def _why(expected: Expected | None) -> str | None:
    return f'{expected.cause}: {expected.reason}' if expected else None


def text(judged: Judged) -> str:
    """Return the counts, why something is expected not to pass, and what is a finding."""
    parts = ['\n'.join(_matrix(judged)), '\n'.join(_reasons(judged)),
             '\n'.join(one.died for one in judged.seen.values() if one.died),
             '\n'.join(['This is not as expected:', *judged.findings]) if judged.findings
             else 'Everything is as expected.']
    return '\n\n'.join(filter(None, parts)) + '\n'


def _matrix(judged: Judged) -> list[str]:
    rows = [['', *judged.kernels]]
    rows += [[f'{test.folder}/{test.name}',
              *(str(counts([judged.seen[kernel, test]])) for kernel in judged.kernels)]
             for test in judged.tests]
    rows.append(['all', *(str(counts(_of(judged, kernel))) for kernel in judged.kernels)])
    return table.aligned(rows, left=range(len(rows[0])))


def _reasons(judged: Judged) -> list[str]:
    """Return a line for each expectation that cases of the first kernel fit, with their number."""
    kernel = judged.kernels[0]
    fitting = collections.Counter(
        judged.expected[kernel, test, fault] for test in judged.tests
        for fault in judged.seen[kernel, test].faults if (kernel, test, fault) in judged.expected)
    return [f'{one.test}: {cases} {one.result}, by {one.cause}: {one.reason}'
            for one, cases in fitting.items()]


def ktap(judged: Judged) -> dict[str, str]:
    """Return a file for each kernel, in which what a test says stands below its result."""
    return {f'{kernel}.ktap': _ktap(judged, kernel) for kernel in judged.kernels}


def _ktap(judged: Judged, kernel: str) -> str:
    lines = ['KTAP version 1', f'1..{len(judged.tests)}']
    for number, test in enumerate(judged.tests, 1):
        one = judged.seen[kernel, test]
        lines += [f'# Subtest: {test.name}', *(f'    {line}' for line in one.said.splitlines())]
        ok, skip = 'not ok' if one.state == FAIL else 'ok', ' # SKIP' if one.state == SKIP else ''
        lines.append(f'{ok} {number} {test.name}{skip}')
    return '\n'.join(lines) + '\n'
