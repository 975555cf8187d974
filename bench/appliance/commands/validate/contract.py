# SPDX-License-Identifier: GPL-2.0
"""The stage that boots: the contract's rules, the KUnit suite and the kernel's log.

What the patched kernel fails counts only if the base passes it.
"""

from dataclasses import replace
from typing import Iterator, Mapping, TypeVar

from ...boots import guest
from ...failure import TIME_LIMIT, Failure
from ...runs.outcome import FAIL, MENDED, NEW, PASS, UNDECIDED, Finding, Outcome
from ..contract.observe import FAIL as RULE_FAILS, Observation, observe_pair
from ..contract.rules import RULES
from .compared import compared, explained, of_end, of_splats
from .subject import Subject

Key = TypeVar('Key')  # of a finding


def check(subject: Subject) -> Iterator[Outcome]:
    """Boot both kernels at once; yield how the boots ended, the rules and the logs."""
    yield from compare(*observe_pair(guest.ensure(
        subject.build, [subject.base, subject.patched], subject.sandbox)))


def compare(base: Observation, patched: Observation) -> Iterator[Outcome]:
    """Yield what two boots show."""
    if base.died:
        raise Failure(f'the base itself does not come to its end, so there is nothing to compare '
                      f'with: {base.died}')
    yield _outcome('boot', patched, _ends(base), _ends(patched), 'comes to its end')
    passed = f'{_passed(patched)} of {len(RULES)} rules pass (base: {_passed(base)})'
    rules = _outcome('contract', patched, _failures(base),
                     _failures(patched) | _left_out(base, patched), passed)
    if patched.died and rules.status == PASS:
        rules = replace(rules, status=UNDECIDED, summary=f'the boot broke off: {passed}')
    yield rules
    yield _outcome('log', patched, of_splats(base.splats), of_splats(patched.splats), 'no new splat')


def _outcome(check_name: str, patched: Observation, before: Mapping[Key, Finding],
             after: Mapping[Key, Finding], summary: str) -> Outcome:
    """Return what is new, and what is not; a boot that broke off has mended nothing."""
    findings = tuple(one for one in compared(before, after)
                     if not patched.died or one.kind != MENDED)
    new = sum(one.kind == NEW for one in findings)
    return Outcome(check_name, FAIL if new else PASS, f'{new} new' if new else summary,
                   patched.kernel, findings)


def _ends(seen: Observation) -> dict[str, Finding]:
    """Return what is wrong with the boot as a whole."""
    found = of_end(explained(seen.died, seen.records, seen.status == TIME_LIMIT))
    if seen.dropped:
        found['dropped'] = Finding(f'the kernel printed too much: {seen.dropped:,} bytes of '
                                       'its log are missing, and what they had to say')
    for problem in seen.problems:
        found[problem] = Finding(problem)
    return found


def _failures(seen: Observation) -> dict[tuple[str, str], Finding]:
    """Return what the rules' cases say."""
    return {(rule, case['case']): Finding(f"{rule} {RULES[rule]}: {case['case']}: {case['detail']}")
            for rule, outcome in seen.rules.items() for case in outcome.failed}


def _left_out(base: Observation, patched: Observation) -> dict[tuple[str, str], Finding]:
    """Return the rules that pass, but of which less was checked than passes on the base.

    What fails there may be a case of its own that is none elsewhere, such as a line of the log.
    """
    found = {}
    for rule, outcome in patched.rules.items():
        before = base.rules[rule].passed
        if not patched.died and not outcome.failed and outcome.passed < before:
            found[rule, ''] = Finding(f'{rule} {RULES[rule]}: {outcome.passed} of the {before} cases '
                                      'that pass on the base were checked')
    return found


def _passed(seen: Observation) -> int:
    return sum(outcome.state != RULE_FAILS and outcome.passed > 0
               for outcome in seen.rules.values())
