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


def run(build: Path, kernels: Sequence[Kernel], layouts: Sequence[str] = ()) -> int:
    """Check, print the matrix, store; returns the exit status.

    With layouts, check of each what can be checked of any layout.
    """
    appliance = guest.ensure(build, kernels)
    this = Run('contract', appliance)
    matrices = {layout: observe.observe(appliance, layout) for layout in layouts or ('',)}
    this.end()
    seen = [one for of_layout in matrices.values() for one in of_layout]
    problems = [problem for one in seen for problem in report.differences(one, expected(one.kernel))]
    records = [record for one in seen for record in one.records]
    found: dict = {layout: report.outcomes(of_layout) for layout, of_layout in matrices.items()}
    result = this.result(records, {'rules': found.pop('', {}), 'layouts': found,
                                   'problems': problems})
    folder = this.store(result, _files(seen), records)
    for layout, of_layout in matrices.items():
        print(*([f'layout {layout}:\n'] if layout else []),
              f'{report.text(of_layout, problems if of_layout[-1] is seen[-1] else None)}\n',
              sep='')
    print(f'{len(kernels)} kernel{"s" if len(kernels) > 1 else ""}, {kernels[0].configuration.name}, '
          f'{result["seconds"]} s: {folder}')
    return FAILED if problems else 0


def _files(seen: list[observe.Observation]) -> dict[str, str]:
    files = {}
    for one in seen:
        files[f'{one.title}.ktap'] = one.ktap
        files[f'{one.title}.console'] = one.console
    return files
