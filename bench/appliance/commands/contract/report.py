# SPDX-License-Identifier: GPL-2.0
"""What the contract's checks have found: the matrix, and where a kernel is not as expected."""

from ...render import table
from .observe import FAIL, PASS, SKIP, UNCHECKED, Observation
from .rules import OF_A_LAYOUT, RULES, expected

SHOWN = 3  # splats of a kernel
INSTEAD = {PASS: 'passes it', SKIP: 'it was skipped', UNCHECKED: 'nothing checked it'}


def differences(seen: Observation, known: set[str]) -> list[str]:
    """Return in what a kernel is not as expected, one line each."""
    found = []
    if seen.died:
        found.append(f'{seen.kernel}: {seen.died}')
    if seen.dropped:
        found.append(f'{seen.kernel}: the kernel printed too much: {seen.dropped:,} bytes of its log '
                     'are missing, and whatever tests and splats they had')
    found += [f'{seen.kernel}: {problem}' for problem in seen.problems]
    for rule in OF_A_LAYOUT if seen.layout else RULES:
        state = seen.rules[rule].state
        if state == UNCHECKED and not seen.died:
            found.append(f'{seen.kernel}: nothing checked {rule}')
        elif state == FAIL and rule not in known:
            found.append(f'{seen.kernel} fails {rule}, which is not expected')
        elif state != FAIL and rule in known and not seen.layout:
            found.append(f'{seen.kernel} is expected to fail {rule}, but {INSTEAD[state]}')
    if seen.splats:
        splats = f'{len(seen.splats)} splats, the first of which' if seen.splats[1:] else 'a splat that'
        found.append(f'{seen.kernel}: its log has {splats} begins with: '
                     f'{seen.splats[0].splitlines()[0]}')
    return found


def outcomes(seen: list[Observation]) -> dict:
    """What result.json has of each rule and kernel."""
    return {rule: {'title': title, 'kernels': {one.kernel: _outcome(one, rule) for one in seen}}
            for rule, title in RULES.items()}


def _outcome(seen: Observation, rule: str) -> dict:
    outcome = seen.rules[rule]
    return {'state': outcome.state, 'expected': rule in expected(seen.kernel),
            'passed': outcome.passed, 'failed': outcome.failed, 'skipped': outcome.skipped}


def text(seen: list[Observation], problems: list[str] | None) -> str:
    """Return the matrix, the smallest case of each failure, and what is not as expected.

    problems is None if a later matrix has them.
    """
    return '\n\n'.join(part for part in (_matrix(seen), _smallest(seen), _splats(seen),
                                         _verdict(problems)) if part)


def _matrix(seen: list[Observation]) -> str:
    rows = [['rule', '', *(one.kernel for one in seen)]]
    rows += [[rule, title, *(_cell(one.rules[rule].state) for one in seen)]
             for rule, title in RULES.items() if not seen[0].layout or rule in OF_A_LAYOUT]
    return '\n'.join(table.aligned(rows, left=range(len(rows[0]))))


def _cell(state: str) -> str:
    """A failure catches the eye."""
    return state.upper() if state == FAIL else state


def _smallest(seen: list[Observation]) -> str:
    lines = []
    for rule in RULES:
        for one in seen:
            if one.rules[rule].failed:
                first = one.rules[rule].failed[0]
                lines.append(f"{rule} {one.kernel}: {first['case']}: {first['detail']}")
    return '\n'.join(lines)


def _splats(seen: list[Observation]) -> str:
    return '\n\n'.join(f'{one.kernel}:\n{shown}' for one in seen for shown in _first(one.splats))


def _first(splats: list[str]) -> list[str]:
    """Return those that are shown, and a line about the others."""
    more = len(splats) - SHOWN
    return splats[:SHOWN] + ([f'{more} more, see KERNEL.console in the folder of the run']
                             if more > 0 else [])


def _verdict(problems: list[str] | None) -> str:
    if problems is None:
        return ''
    if not problems:
        return 'Everything is as expected.'
    return 'This is not as expected:\n' + '\n'.join(problems)
