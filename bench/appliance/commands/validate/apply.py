# SPDX-License-Identifier: GPL-2.0
"""The first stage: whether the series applies to the base, and is not there already."""

from pathlib import Path
from typing import Iterator

from ...failure import Failure
from ...kernels.intake.posted import Series
from ...kernels.intake.standing import already_applied
from ...kernels.series import Kernel
from ...runs.outcome import FAIL, PASS, WARN, Finding, Outcome

CHECK = 'apply'
# What `git format-patch --cover-letter` leaves to the author.
LEFT_OUT = '*** SUBJECT HERE ***', '*** BLURB HERE ***'


def check(build: Path, base: Kernel, series: Series) -> Outcome:
    """Apply all patches, one on the other."""
    count = len(series.patches)
    try:
        there = already_applied(build, base, series.patches)
    except Failure as failure:
        return Outcome(CHECK, FAIL, f'does not apply to {base.name}', '', (Finding(str(failure)),))
    if there:
        return Outcome(CHECK, FAIL, f'already applied: {len(there)} of {count}', '',
                       tuple(Finding(f'{base.name} has it: "{one.subject}"') for one in there))
    return Outcome(CHECK, PASS, f'{count} patch{"es" if count > 1 else ""} on {base.name}')


def of_cover(series: Series) -> Iterator[Outcome]:
    """Judge the cover letter, if there is one."""
    if series.cover:
        found = [words for words in LEFT_OUT if words in series.cover]
        yield Outcome('cover letter', WARN if found else PASS,
                      f'it still says {" and ".join(found)}' if found else 'it is written')
