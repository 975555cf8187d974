# SPDX-License-Identifier: GPL-2.0
"""`umwalk contract`: which rules of the page-walk contract each kernel keeps."""

from pathlib import Path
from typing import Sequence

from ...boots import guest
from ...failure import FAILED
from ...kernels.series import Kernel
from ...runs.run import Run
from . import observe, report
from .rules import expected


def run(build: Path, kernels: Sequence[Kernel]) -> int:
    """Check, print the matrix, store; returns the exit status."""
    appliance = guest.ensure(build, kernels)
    this = Run('contract', appliance)
    seen = observe.observe(appliance)
    this.end()
    problems = [problem for one in seen for problem in report.differences(one, expected(one.kernel))]
    records = [record for one in seen for record in one.records]
    result = this.result(records, {'rules': report.outcomes(seen), 'problems': problems})
    folder = this.store(result, _files(seen), records)
    print(report.text(seen, problems))
    print(f'\n{len(seen)} kernel{"s" if len(seen) > 1 else ""}, {kernels[0].configuration.name}, '
          f'{result["seconds"]} s: {folder}')
    return FAILED if problems else 0


def _files(seen: list[observe.Observation]) -> dict[str, str]:
    files = {}
    for one in seen:
        files[f'{one.kernel}.ktap'] = one.ktap
        files[f'{one.kernel}.console'] = one.console
    return files
