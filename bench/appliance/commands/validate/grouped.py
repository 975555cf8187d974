# SPDX-License-Identifier: GPL-2.0
"""Outcomes by check, as all reports show them: one line a check, whatever it has looked at."""

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import Iterator, Sequence

from ...runs.outcome import (FAIL, FLAKY, KNOWN, MENDED, NEW, NOT_RUN, ON_BASE, PASS, SKIP,
                             UNDECIDED, WARN, Finding, Measured, Outcome)

WORST_FIRST = (FAIL, UNDECIDED, WARN, PASS, SKIP)
KINDS = (NEW, UNDECIDED, FLAKY, NOT_RUN, ON_BASE, MENDED, KNOWN)  # what accuses first


@dataclass(frozen=True)
class Group:
    """The outcomes of a check."""
    check: str
    outcomes: tuple[Outcome, ...]

    @property
    def status(self) -> str:
        """Return the worst; of several, those that were skipped do not count."""
        return min((one.status for one in self.outcomes), key=WORST_FIRST.index)

    @property
    def accuses(self) -> bool:
        """Return whether the series cannot pass because of it."""
        return self.status in (FAIL, UNDECIDED)

    @property
    def seconds(self) -> float:
        """Return how long the check took."""
        return sum(one.seconds for one in self.outcomes)

    @property
    def summary(self) -> str:
        """Return what there is to say in a line."""
        if len(self.outcomes) == 1:
            return self.outcomes[0].summary
        counts = Counter(one.status for one in self.outcomes)
        return ', '.join(f'{counts[status]} {status}' for status in WORST_FIRST if counts[status])

    @property
    def findings(self) -> list[tuple[str, Finding]]:
        """Return all findings, each with what it was found on; what accuses stands first."""
        found = [pair for one in self.outcomes for pair in self._of(one)]
        return sorted(found, key=lambda pair: KINDS.index(pair[1].kind))

    def _of(self, outcome: Outcome) -> Iterator[tuple[str, Finding]]:
        """Yield its findings; what does not pass, but has none, is one itself."""
        on = outcome.on if len(self.outcomes) > 1 else ''
        if not outcome.findings and outcome.status in (FAIL, UNDECIDED, WARN):
            yield on, Finding(outcome.summary, UNDECIDED if outcome.status == UNDECIDED else NEW)
        for finding in outcome.findings:
            yield on, finding


def groups(outcomes: Sequence[Outcome]) -> list[Group]:
    """Return a group for each check, in the order in which they ran."""
    return [Group(check, tuple(one for one in outcomes if one.check == check))
            for check in dict.fromkeys(one.check for one in outcomes)]


def accusing_first(outcomes: Sequence[Outcome]) -> list[Group]:
    """Return the same, the worst first."""
    return sorted(groups(outcomes), key=lambda group: WORST_FIRST.index(group.status))


def again(command: Sequence[str], outcomes: Sequence[Outcome]) -> list[list[str]]:
    """Return the words of a command for each stage that did not pass, which runs that stage alone."""
    if any(word.startswith('--only') for word in command):
        return []
    stages = [one.stage for one in outcomes if one.status in (FAIL, UNDECIDED) and one.stage]
    at = command.index('validate') + 1
    return [[*command[:at], f'--only={shlex.quote(stage)}', *command[at:]]
            for stage in dict.fromkeys(stages)]


def changed(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the functions that the series changes."""
    return [function for one in outcomes for function in one.changed]


def not_run(outcomes: Sequence[Outcome]) -> list[str]:
    """Return what was skipped and why, a line for each reason, and then which code did not run."""
    skipped = [f'{one.check}: {one.summary}' for one in outcomes if one.status == SKIP]
    code = [f'{one.check}: {finding.text}' for one in outcomes for finding in one.findings
            if finding.kind == NOT_RUN]
    return list(dict.fromkeys(skipped + code))


def measured(outcomes: Sequence[Outcome]) -> list[Measured]:
    """Return the rows that were measured on both kernels."""
    return [row for one in outcomes for row in one.measured]
