# SPDX-License-Identifier: GPL-2.0
"""`umwalk validate`: what a reviewer would find in a series."""

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from ...failure import FAILED, SETUP
from ...kernels.intake.posted import Series
from ...kernels.intake.reading import read, read_commits
from ...kernels.series import Kernel
from ...paths import scratch
from ...runs.outcome import ERROR, FAIL, PASS, Outcome
from . import apply, stages
from .subject import Subject


@dataclass(frozen=True)
class Given:
    """Where the series is: a file, a folder or -; or commits of a repository."""
    series: str = ''
    repository: Path | None = None
    commits: str = ''


def run(build: Path, given: Given, base: Kernel, keep_going: bool) -> int:
    """Validate; returns the exit status."""
    with scratch(build) as folder:
        series = _read(given, folder)
        for note in series.notes:
            print(f'note: {note}')
        subject = Subject(build, base, tuple(posted.patch for posted in series.patches))
        outcomes = []
        for outcome in _outcomes(series, subject, keep_going):
            print(f'{outcome.status:5} {outcome.check}: {outcome.on} {outcome.summary}')
            outcomes.append(outcome)
    return _status(outcomes)


def _outcomes(series: Series, subject: Subject, keep_going: bool) -> Iterator[Outcome]:
    """Go through all stages, if the series applies."""
    applied = apply.check(subject.build, subject.base, series)
    yield applied
    if applied.status == PASS:
        yield from stages.run(subject, keep_going)


def _read(given: Given, folder: Path) -> Series:
    if given.repository:
        return read_commits(given.repository, given.commits, folder)
    return read(given.series, folder)


def _status(outcomes: list[Outcome]) -> int:
    states = {outcome.status for outcome in outcomes}
    return FAILED if FAIL in states else SETUP if ERROR in states else 0
