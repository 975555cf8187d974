# SPDX-License-Identifier: GPL-2.0
"""The stage that boots debug kernels: KASAN, lockdep, DEBUG_VM, and allocations that fail."""

from dataclasses import replace
from typing import Iterator

from ...kernels.configuration import DEBUG
from ...runs.outcome import Outcome
from . import contract, failing
from .subject import Subject


def check(subject: Subject) -> Iterator[Outcome]:
    """Yield what the contract shows, and what failing allocations do."""
    debug = subject.configured(DEBUG)
    for outcome in _outcomes(debug):
        yield replace(outcome, check=f'debug {outcome.check}')


def _outcomes(debug: Subject) -> Iterator[Outcome]:
    yield from contract.check(debug)
    yield failing.check(debug)
