# SPDX-License-Identifier: GPL-2.0
"""The table of tests that nobody here wrote, and where a kernel is not as expected."""

from ...render import table
from .cases import FAIL, PASS, SKIP, Case
from .expected import PLAN, failing
from .seen import Seen

TITLE = 'agrees with tests that nobody here wrote'


def problems(seen: Seen) -> list[str]:
    """Return in what a kernel is not as expected, one line each."""
    found = [f'{seen.kernel}: {seen.died}'] if seen.died else []
    for test, plan in PLAN.items():
        ran, skipped = len(seen.of(test, PASS, FAIL)), len(seen.of(test, SKIP))
        if (ran, skipped) != plan:
            found.append(f'{seen.kernel}, {test}: {ran} cases ran and {skipped} were skipped, '
                         f'expected {plan[0]} and {plan[1]}')
    known = failing(seen.kernel)
    failed = {(case.test, case.name) for case in seen.cases if case.state == FAIL}
    found += [f'{seen.kernel} fails {test}: {name}, which is not expected'
              for test, name in sorted(failed - known)]
    found += [f'{seen.kernel} is expected to fail {test}: {name}, but does not'
              for test, name in sorted(known - failed)]
    return found + [f'{seen.kernel}: its log has a splat that begins with: {one.splitlines()[0]}'
                    for one in seen.splats[:1]]


def outcomes(seen: list[Seen]) -> dict:
    """What result.json has of each test and kernel."""
    return {test: {one.kernel: {'run': len(one.of(test, PASS, FAIL)),
                                'skipped': _named(one.of(test, SKIP)),
                                'failed': _named(one.of(test, FAIL))} for one in seen}
            for test in PLAN}


def _named(cases: list[Case]) -> dict[str, list[str]]:
    return {case.name: list(case.details) for case in cases}


def text(seen: list[Seen], found: list[str]) -> str:
    """Return the table, the first difference of each failure, why cases are skipped, the verdict."""
    return '\n\n'.join(part for part in (_table(seen), _failures(seen), _skipped(seen),
                                         _verdict(found)) if part)


def _table(seen: list[Seen]) -> str:
    rows = [[TITLE, *(one.kernel for one in seen)]]
    rows += [[test, *(_cell(len(one.of(test, PASS)), len(one.of(test, PASS, FAIL)))
                      for one in seen)] for test in PLAN]
    rows += [[state, *(str(sum(len(one.of(test, *states)) for test in PLAN)) for one in seen)]
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


def _verdict(found: list[str]) -> str:
    if not found:
        return 'Everything is as expected.'
    return 'This is not as expected:\n' + '\n'.join(found)
