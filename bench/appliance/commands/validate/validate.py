# SPDX-License-Identifier: GPL-2.0
"""`umwalk validate`: what a reviewer would find in a series."""

import json
import shlex
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from ...boots import guest
from ...kernels.intake.posted import Series, joined
from ...kernels.intake.reading import read, read_commits
from ...kernels.intake.standing import of_base_commit
from ...kernels.series import Kernel
from ...kernels.version import Version
from ...paths import expanded, scratch, temporary_files_in
from ...runs.outcome import PASS, Outcome
from ...runs.run import Run, boot_for_host
from ...sandbox import choose
from . import apply, known, probe, report, report_b4, report_terminal, stages, verdict
from .subject import Subject


@dataclass(frozen=True)
class Given:
    """Where the series is: files, folders or -, the lowest first; or commits of a repository."""
    series: Sequence[str] = ()
    repository: Path | None = None
    commits: str = ''


@dataclass(frozen=True)
class Plan:
    """Whether to go on after a stage that fails, to boot debug kernels, too, and more layouts.

    only is the one stage that is asked for; empty: all are.
    """
    keep_going: bool
    debug: bool
    layouts: tuple[str, ...] = ()
    only: str = ''


def run(build: Path, given: Given, base: Kernel, plan: Plan, for_b4: bool) -> int:
    """Validate, print and store the reports; returns the exit status."""
    excused = known_of(given, base)
    sandbox = choose(build)
    with scratch(build) as folder, temporary_files_in(folder):
        series = _read(given, folder)
        appliance = guest.ensure(build, [base])
        _tell(series, base.version)
        this = Run('validate', appliance)
        subject = Subject(build, base, tuple(posted.patch for posted in series.patches), sandbox,
                          layouts=plan.layouts)
        outcomes = known.apply(excused, list(_outcomes(series, subject, plan)))
        this.end()
        result = this.result(boot_for_host(appliance),
                             report.found(series, base.name, _command(), outcomes))
        stored = this.store(result, report.files(result, outcomes, this.folder))
    print(json.dumps(report_b4.array(outcomes, stored)) if for_b4
          else report_terminal.text(result, outcomes, stored))
    return verdict.exit_status(outcomes)


def known_of(given: Given, base: Kernel) -> list[known.Known]:
    """Read what is known of each series on this version, and of those that are folders."""
    folders = [base.version.folder, *map(expanded, given.series)]
    return [one for folder in folders for one in known.read(folder / 'known-findings')]


def _read(given: Given, folder: Path) -> Series:
    if given.repository:
        return read_commits(given.repository, given.commits, folder)
    return joined([read(one, Path(tempfile.mkdtemp())) for one in given.series])


def _tell(series: Series, version: Version) -> None:
    """Say what was chosen of the input, and whether it is for the tree."""
    base = [of_base_commit(series.base_commit, version)] if series.base_commit else []
    for note in [*series.notes, *base]:
        print(f'note: {note}', file=sys.stderr)


def _outcomes(series: Series, subject: Subject, plan: Plan) -> Iterator[Outcome]:
    """Go through all stages, if the series applies."""
    chosen, others = stages.asked(plan.only, plan.debug)
    if any(stage.builds for stage in chosen):
        subject = probe.fitted(subject)
    applied = apply.check(subject.build, subject.base, series)
    yield applied
    if applied.status == PASS:
        yield from apply.of_cover(series)
        yield from probe.outcomes(subject)
        yield from stages.run(subject, plan.keep_going, chosen)
        yield from others


def _command() -> Sequence[str]:
    """Return the words, as a shell takes them, of what repeats the validation."""
    return ['bench/umwalk', *map(shlex.quote, sys.argv[1:])]
