# SPDX-License-Identifier: GPL-2.0
"""What one check of a series has found: the value that every report of a validation is made of."""

from dataclasses import dataclass

# The status of a check. To warn is to pass; what could not decide is neither. A check that the
# verdict needs, but that could not run, is undecided; one that it can do without is skipped.
PASS, WARN, FAIL, SKIP, UNDECIDED = 'pass', 'warn', 'fail', 'skip', 'undecided'

# What a finding is, compared with the kernel without the series, or with the file known-findings.
NEW, ON_BASE, MENDED, FLAKY = 'new', 'already so on base', 'mended by the series', 'flaky'
KNOWN = 'known'
NOT_RUN = 'not run'  # code that was not tested, which accuses nobody


@dataclass(frozen=True)
class Finding:
    """One thing that a check has to say, in a line; details are further lines, as they were printed."""
    text: str
    kind: str = NEW
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """A row, LAYOUT:WALK, on the kernel without the series and on that with it.

    before and after are nanoseconds of one walk, low and high the 95 % interval of after / before,
    work is instructions after / before. None: not measured; verdict is that of `umwalk bench`, or
    why there is none.
    """
    row: str
    verdict: str
    before: float | None = None
    after: float | None = None
    low: float | None = None
    high: float | None = None
    work: float | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of one check.

    check is the tool or the test, as 'checkpatch'; on is what it looked at, a patch or a
    kernel, '' for all of the series. summary is one line. changed are the functions that the
    series changes, of the check that finds them out. stage is that of a validation which ran it.
    """
    check: str
    status: str
    summary: str
    on: str = ''
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    changed: tuple[str, ...] = ()
    measured: tuple[Measured, ...] = ()
    stage: str = ''
