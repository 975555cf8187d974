# SPDX-License-Identifier: GPL-2.0
"""What one check of a series has found: the value that every report of a validation is made of."""

from dataclasses import dataclass

# The status of a check. To warn is to pass; what could not decide is neither.
PASS, WARN, FAIL, SKIP, UNDECIDED = 'pass', 'warn', 'fail', 'skip', 'undecided'

# What a finding is, compared with the kernel without the series.
NEW, ON_BASE, MENDED, FLAKY = 'new', 'already so on base', 'mended by the series', 'flaky'


@dataclass(frozen=True)
class Finding:
    """One thing that a check has to say, in a line; details are further lines, as they were printed."""
    text: str
    kind: str = NEW
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The result of one check.

    check is the tool or the test, as 'checkpatch'; on is what it looked at, a patch or a
    kernel, '' for all of the series. summary is one line.
    """
    check: str
    status: str
    summary: str
    on: str = ''
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
