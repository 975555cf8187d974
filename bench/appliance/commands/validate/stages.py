# SPDX-License-Identifier: GPL-2.0
"""The stages of a validation, in their order."""

import time
from dataclasses import dataclass, replace
from typing import Callable, Iterator, Sequence

from ...failure import Failure
from ...progress import step
from ...runs.outcome import FAIL, PASS, SKIP, UNDECIDED, Outcome
from . import (build, changes, contract, coverage, debug, differential, leaks, machines, measured,
               random_reads, style, upstream)
from .subject import Subject


@dataclass(frozen=True)
class Stage:
    """Some checks, each outcome of which is yielded as soon as it is known.

    One that boots has nothing to find if the series changes no function. One that probes
    cannot run without the probe. One that does not build needs no kernel of the series.
    """
    name: str
    check: Callable[[Subject], Iterator[Outcome]]
    boots: bool = False
    probes: bool = False
    builds: bool = True


STAGES = (Stage('style', style.check, builds=False),
          Stage('build', build.check),
          Stage('functions', changes.check),
          Stage('leaks', leaks.check, boots=True),
          Stage('contract', contract.check, boots=True),
          Stage('differential', differential.check, boots=True),
          Stage('random reads', random_reads.check, boots=True),
          Stage('machines', machines.check),
          Stage('selftests', upstream.check, boots=True),
          # It names what is not compiled even if no function of this kernel changes.
          Stage(coverage.CHECK, coverage.check),
          Stage('measured', measured.check, boots=True, probes=True))
# It has code that the release kernel has not, so it boots in any case.
DEBUG = Stage('debug', debug.check)
NAMES = [stage.name for stage in (*STAGES, DEBUG)]


def asked(only: str, with_debug: bool) -> tuple[list[Stage], list[Outcome]]:
    """Return the stages that are asked for, one or all, and what is to be said of the others."""
    if only:
        return ([stage for stage in (*STAGES, DEBUG) if stage.name == only],
                [Outcome('other stages', SKIP, f'not asked for: ONLY={only}')])
    if with_debug:
        return [*STAGES, DEBUG], []
    return [*STAGES], [Outcome(DEBUG.name, SKIP, 'not asked for: DEBUG=1 boots kernels with KASAN, '
                               'lockdep and DEBUG_VM')]


def run(subject: Subject, keep_going: bool, stages: Sequence[Stage] = STAGES) -> Iterator[Outcome]:
    """Go through the stages, to the end of the first that does not pass, or of all that can run."""
    failed = ''
    for number, stage in enumerate(stages, 1):
        if failed and not keep_going:
            yield Outcome(stage.name, SKIP, f'not reached, since {failed} did not pass')
            continue
        with step(f'{stage.name} ({number} of {len(stages)})'):
            for outcome in _timed(stage, subject):
                if outcome.status in (FAIL, UNDECIDED):
                    failed = failed or outcome.check
                yield outcome


def _timed(stage: Stage, subject: Subject) -> Iterator[Outcome]:
    began = time.monotonic()
    for outcome in _outcomes(stage, subject):
        now = time.monotonic()
        yield replace(outcome, seconds=round(now - began, 1), stage=stage.name)
        began = now


def _outcomes(stage: Stage, subject: Subject) -> Iterator[Outcome]:
    """Run a stage, unless the programs are the same; that it cannot run is an outcome, too."""
    try:
        if stage.boots and not changes.of(subject):
            yield Outcome(stage.name, PASS, changes.NONE)
        elif stage.probes and subject.no_probe:
            yield Outcome(stage.name, SKIP, 'the probe does not build')
        else:
            yield from stage.check(subject)
    except Failure as failure:
        yield Outcome(stage.name, UNDECIDED, f'it could not run: {failure}')
