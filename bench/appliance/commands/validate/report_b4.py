# SPDX-License-Identifier: GPL-2.0
"""A validation for `b4 review`: what its check commands print (docs/validate.md)."""

from pathlib import Path
from typing import Sequence

from ...render.visible import visible
from ...runs.outcome import Outcome
from . import report_terminal, verdict

# b4 takes any other word for a failure.
STATUS = {verdict.PASSED: 'pass', verdict.CANNOT_TELL: 'warn'}


def array(outcomes: Sequence[Outcome], folder: Path) -> list[dict[str, str]]:
    """Return one result: b4 shows a column for each tool, and keeps one result of it a message."""
    details = '\n\n'.join(part for part in (report_terminal.changed(outcomes),
                                            report_terminal.checks(outcomes),
                                            report_terminal.findings(outcomes)) if part)
    status = STATUS.get(verdict.exit_status(outcomes), 'fail')
    if status == 'pass' and verdict.warned(outcomes):
        status = 'warn'
    return [{'tool': 'umwalk', 'status': status, 'summary': verdict.sentence(outcomes),
             'url': (folder / 'report.html').as_uri(), 'details': visible(details)}]
