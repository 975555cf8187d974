# SPDX-License-Identifier: GPL-2.0
"""A validation as a page of HTML."""

from pathlib import Path
from typing import Sequence

from ...render import html
from ...runs.outcome import Outcome
from . import grouped, measures, verdict

TEMPLATE = Path(__file__).with_name('report.html')


def page(result: dict, outcomes: Sequence[Outcome]) -> str:
    """Return the page; result has the envelope and what report.found() adds to it."""
    return html.page(
        TEMPLATE, result=result, verdict=verdict.sentence(outcomes),
        changed=grouped.changed(outcomes), groups=grouped.groups(outcomes),
        accusing_first=grouped.accusing_first(outcomes), not_run=grouped.not_run(outcomes),
        headers=measures.HEADERS, rows=[measures.cells(row) for row in grouped.measured(outcomes)])
