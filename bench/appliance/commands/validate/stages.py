# SPDX-License-Identifier: GPL-2.0
"""The stages of a validation, in their order."""

import time
from dataclasses import replace
from typing import Callable, Iterator, Sequence

from ...progress import step
from ...runs.outcome import FAIL, Outcome
from . import differential, style
from .subject import Subject

# A stage yields the outcome of each of its checks as soon as it is known.
Stage = tuple[str, Callable[[Subject], Iterator[Outcome]]]

STAGES: Sequence[Stage] = (
    ('style', style.check),
    ('differential', differential.check),
)


def run(subject: Subject, keep_going: bool, stages: Sequence[Stage] = STAGES) -> list[Outcome]:
    """Go through the stages, to the end of the first that fails, or of all; return what each found."""
    found: list[Outcome] = []
    for name, check in stages:
        with step(name):
            found += _timed(check(subject))
        if not keep_going and any(one.status == FAIL for one in found):
            break
    return found


def _timed(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    began = time.monotonic()
    for one in outcomes:
        now = time.monotonic()
        yield replace(one, seconds=round(now - began, 1))
        began = now
