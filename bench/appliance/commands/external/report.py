# SPDX-License-Identifier: GPL-2.0
"""The table of tests that nobody here wrote, and where a kernel is not as expected."""

from typing import Mapping

from ...boots.records import Beside, of_type
from ...render import table
from .cases import FAIL, PASS, SKIP, Case
from .expected import failing, missed
from .seen import Seen

TITLE = 'agrees with tests that nobody here wrote'


def problems(seen: Seen) -> list[str]:
    """Return in what a kernel is not as expected, one line each."""
    found = [f'{seen.kernel}: {seen.died}'] if seen.died else []
    for test, plan in seen.plan.items():
        ran, skipped = len(seen.of(test, PASS, FAIL)), len(seen.of(test, SKIP))
        if (ran, skipped) != plan:
            found.append(f'{seen.kernel}, {test}: {ran} cases ran and {skipped} were skipped, '
                         f'expected {plan[0]} and {plan[1]}')
    known = {case for case in failing(seen.kernel) if case[0] in seen.plan}
    failed = {(case.test, case.name) for case in seen.cases if case.state == FAIL}
    found += [f'{seen.kernel} fails {test}: {name}, which is not expected'
              for test, name in sorted(failed - known)]
    found += [f'{seen.kernel} is expected to fail {test}: {name}, but does not'
              for test, name in sorted(missed(known, failed))]
    return found + [f'{seen.kernel}: its log has a splat that begins with: {one.splitlines()[0]}'
                    for one in seen.splats[:1]]


def outcomes(seen: list[Seen]) -> dict:
    """What result.json has of each test and kernel."""
    return {test: {one.kernel: {'run': len(one.of(test, PASS, FAIL)),
                                'skipped': _named(one.of(test, SKIP)),
                                'failed': _named(one.of(test, FAIL))} for one in seen}
            for test in seen[0].plan}


def _named(cases: list[Case]) -> dict[str, list[str]]:
    return {case.name: list(case.details) for case in cases}


def reads(seen: list[Seen]) -> dict:
    """Return how often readers read of each program of libhugetlbfs, by kernel."""
    found: dict[str, dict[str, int]] = {}
    for one in seen:
        for record in of_type(Beside, one.targets.records if one.targets else []):
            of = found.setdefault(record.stressor, {})
            of[one.kernel] = of.get(one.kernel, 0) + record.reads
    return found


def files(seen: list[Seen]) -> dict[str, str]:
    """Return what the kernels printed, and the programs of libhugetlbfs."""
    return {f'{one.kernel}.console': one.console for one in seen} | {
        f'{one.kernel}.libhugetlbfs': one.targets.said for one in seen if one.targets}


def text(seen: list[Seen], found: list[str], not_run: Mapping[str, str]) -> str:
    """Return the table, what was not run, first differences, why cases are skipped, the verdict."""
    return '\n\n'.join(part for part in (
        _table(seen), _reads(reads(seen)), _not_run(not_run), _failures(seen), _skipped(seen),
        _verdict(found, not_run)) if part)


def _reads(found: dict[str, dict[str, int]]) -> str:
    if not found:
        return ''
    test, of_test = min(found.items(), key=lambda item: min(item[1].values()))
    return (f'libhugetlbfs: {sum(sum(one.values()) for one in found.values()):,} reads beside '
            f'{len(found)} programs, at least {min(of_test.values()):,} of each ({test})')


def _not_run(not_run: Mapping[str, str]) -> str:
    return '\n'.join(f'not run: {test}: {why}' for test, why in not_run.items())


def _table(seen: list[Seen]) -> str:
    rows = [[TITLE, *(one.kernel for one in seen)]]
    rows += [[test, *(_cell(len(one.of(test, PASS)), len(one.of(test, PASS, FAIL)))
                      for one in seen)] for test in seen[0].plan]
    rows += [[state, *(str(sum(len(one.of(test, *states)) for test in one.plan)) for one in seen)]
             for state, states in (('run', (PASS, FAIL)), ('skipped', (SKIP,)), ('failed', (FAIL,)))]
    return '\n'.join(table.aligned(rows, left=range(len(rows[0]))))


def _cell(passed: int, ran: int) -> str:
    """A failure catches the eye."""
    return f'{passed} of {ran}' + (' FAIL' if passed < ran else '')


def _failures(seen: list[Seen]) -> str:
    return '\n'.join(f'{one.kernel}: {case.test}: {case.name}: {case.details[0]}'
                     for one in seen for case in one.cases if case.state == FAIL)


def _skipped(seen: list[Seen]) -> str:
    """Each reason once: all kernels have the same."""
    return '\n'.join(dict.fromkeys(f'skipped: {case.test}: {case.name}: {case.details[0]}'
                                   for one in seen for case in one.cases if case.state == SKIP))


def _verdict(found: list[str], not_run: Mapping[str, str]) -> str:
    if found:
        return 'This is not as expected:\n' + '\n'.join(found)
    return f'Everything{" that ran" if not_run else ""} is as expected.'
