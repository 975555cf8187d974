# SPDX-License-Identifier: GPL-2.0
"""The verdict of a validation, and its exit status."""

from typing import Sequence

from ...failure import FAILED, UNDECIDED as CANNOT_TELL
from ...render.visible import one_line
from ...runs.outcome import FAIL, UNDECIDED, WARN, Outcome

PASSED = 0  # exit status, beside these and SETUP for what could not run


def exit_status(outcomes: Sequence[Outcome]) -> int:
    """Return what umwalk ends with; where nothing was checked, nothing is decided."""
    found = {one.status for one in outcomes}
    if FAIL in found:
        return FAILED
    return CANNOT_TELL if UNDECIDED in found or not found else PASSED


def sentence(outcomes: Sequence[Outcome]) -> str:
    """Return the verdict in a line."""
    status = exit_status(outcomes)
    if status == FAILED:
        return f'FAIL: {_checks(outcomes, FAIL)}'
    if status == CANNOT_TELL:
        return f'UNDECIDED: {_checks(outcomes, UNDECIDED) or "nothing was checked"}'
    return f'PASS: no new failures{f", but warnings: {warned(outcomes)}" if warned(outcomes) else ""}'


def warned(outcomes: Sequence[Outcome]) -> str:
    """Return the checks that warn."""
    return _checks(outcomes, WARN)


def _checks(outcomes: Sequence[Outcome], status: str) -> str:
    return one_line(', '.join(dict.fromkeys(one.check for one in outcomes if one.status == status)))
