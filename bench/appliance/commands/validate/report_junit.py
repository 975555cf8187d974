# SPDX-License-Identifier: GPL-2.0
"""A validation as JUnit XML: a suite for each check, a case for each patch or kernel."""

from typing import Sequence

from ...render import junit
from ...runs.outcome import FAIL, SKIP, UNDECIDED, Outcome
from . import grouped

NAME = 'umwalk validate'
BOOT = 'boot'  # what fails if a guest dies: a check, or what a check looks at
# What did not decide did not fail either, and JUnit has no other word for it.
STATES = {FAIL: junit.FAILURE, SKIP: junit.SKIPPED, UNDECIDED: junit.SKIPPED}


def document(outcomes: Sequence[Outcome]) -> str:
    """Return the file."""
    return junit.document(NAME, {group.check: [_case(one) for one in group.outcomes]
                                 for group in grouped.groups(outcomes)})


def _case(outcome: Outcome) -> junit.Case:
    state = STATES.get(outcome.status, '')
    if state == junit.FAILURE and BOOT in (outcome.check, outcome.on):
        state = junit.ERROR
    undecided = 'undecided: ' if outcome.status == UNDECIDED else ''
    return junit.Case(outcome.on or outcome.check, outcome.seconds, state,
                      undecided + outcome.summary, _text(outcome))


def _text(outcome: Outcome) -> str:
    return '\n'.join(line for finding in outcome.findings
                     for line in (f'{finding.kind}: {finding.text}', *finding.details))
