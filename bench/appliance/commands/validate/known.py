# SPDX-License-Identifier: GPL-2.0
"""Findings that are known, with a reason each: they accuse no series."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Sequence

from ...failure import Failure
from ...kernels.lists import pattern
from ...paths import short
from ...runs.outcome import FAIL, KNOWN, MENDED, NEW, PASS, UNDECIDED, WARN, Finding, Outcome

LINE = re.compile(r'(?P<check>[^:#]+): (?P<pattern>.+?)\s+# (?P<reason>.*\S)\s*')
TIME = 'time'  # the check whose findings depend on the host: no line of it is stale
FORM = 'CHECK: PATTERN # REASON'


@dataclass(frozen=True)
class Known:
    """A line of the file: a part of a finding's text, in which * stands for any text."""
    where: str
    check: str
    pattern: str
    reason: str

    def fits(self, check: str, text: str) -> bool:
        """Return whether a finding of a check is meant."""
        return check == self.check and pattern(self.pattern).search(text) is not None


def read(path: Path) -> tuple[Known, ...]:
    """Read the file; without it nothing is known."""
    if path.exists() and not path.is_file():
        raise Failure(f'{short(path)} is no plain file')
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f'{short(path)} is no list of known findings: {error}') from error
    return tuple(_line(f'{short(path)}:{number}', line.strip()) for number, line in enumerate(lines, 1)
                 if line.strip() and not line.lstrip().startswith('#'))


def _line(where: str, line: str) -> Known:
    found = LINE.fullmatch(line)
    if not found:
        raise Failure(f'{where}: this is no known finding, which has the form {FORM}: {line}')
    return Known(where, **found.groupdict())


def apply(known: Sequence[Known], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes without accusations that are known, and what lines fit no longer."""
    found = [_excused(one, known) for one in outcomes]
    return [*found, *_stale(known, found)]


def _excused(outcome: Outcome, known: Sequence[Known]) -> Outcome:
    """Excuse what is new, or undecided, but known; what fails without a finding is one itself."""
    if outcome.status not in (FAIL, WARN) and not (outcome.status == UNDECIDED and outcome.findings):
        return outcome
    before = outcome.findings or (Finding(outcome.summary),)
    after = tuple(_marked(outcome.check, one, known) for one in before)
    if after == before:
        return outcome
    if any(one.kind == NEW for one in after):
        return replace(outcome, findings=after)
    if any(one.kind == UNDECIDED for one in after):
        return replace(outcome, findings=after, status=UNDECIDED)
    return replace(outcome, findings=after, status=PASS, summary='nothing new but what is known')


def _marked(check: str, finding: Finding, known: Sequence[Known]) -> Finding:
    reason = next((one.reason for one in known if one.fits(check, finding.text)), '')
    if finding.kind not in (NEW, UNDECIDED) or not reason:
        return finding
    return replace(finding, kind=KNOWN, details=(f'known: {reason}', *finding.details))


def _stale(known: Sequence[Known], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Say which lines fit nothing; where something fails, a check may not have come so far."""
    if any(one.status == FAIL for one in outcomes):
        return []
    ran = {one.check for one in outcomes if one.status in (PASS, WARN)} - {TIME}
    there = [(one.check, finding.text) for one in outcomes for finding in one.findings
             if finding.kind != MENDED]
    found = tuple(Finding(f'{one.where}: no finding of {one.check} has "{one.pattern}": is it '
                          'mended?')
                  for one in known if one.check in ran and not any(one.fits(*of) for of in there))
    return [Outcome('known findings', WARN, f'{len(found)} stale', findings=found)] if found else []
