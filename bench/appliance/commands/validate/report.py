# SPDX-License-Identifier: GPL-2.0
"""What a validation leaves: the files of its folder, and what result.json has of it."""

import dataclasses
import json
from pathlib import Path
from typing import Sequence

from ...kernels import kbuild
from ...kernels.intake.posted import Series
from ...runs.outcome import Outcome
from . import report_b4, report_html, report_junit, report_mail, verdict


def found(series: Series, base: str, command: Sequence[str], outcomes: Sequence[Outcome]) -> dict:
    """Return what result.json has beside the envelope.

    base is the kernel that the series was applied to, command has the words, as a shell takes
    them, of what repeats the validation.
    """
    return {'base': base, 'base_commit': series.base_commit, 'notes': list(series.notes),
            'command': list(command), 'compiler': kbuild.compiler().partition('\n')[0],
            'patches': [patch.subject for patch in series.patches],
            'verdict': verdict.sentence(outcomes), 'exit_status': verdict.exit_status(outcomes),
            'outcomes': [dataclasses.asdict(one) for one in outcomes]}


def files(result: dict, outcomes: Sequence[Outcome], folder: Path) -> dict[str, str]:
    """Return the reports, to be stored in a run's folder; result has the envelope and found()."""
    return {'validate.txt': report_mail.text(result, outcomes),
            'report.html': report_html.page(result, outcomes),
            'junit.xml': report_junit.document(outcomes),
            'b4.json': json.dumps(report_b4.array(outcomes, folder), indent=1) + '\n'}
