# SPDX-License-Identifier: GPL-2.0
"""`umwalk contract`: which rules of the page-walk contract each kernel keeps."""

import datetime
import json
import time
from pathlib import Path
from typing import Sequence

from ...boots import guest
from ...failure import FAILED
from ...kernels.series import Kernel
from ...runs import results
from . import observe, report
from .rules import expected

FORMAT = 2  # of result.json; raised when a field changes its meaning


def run(build: Path, kernels: Sequence[Kernel]) -> int:
    """Check, print the matrix, store; returns the exit status."""
    started = datetime.datetime.now(datetime.timezone.utc)
    appliance = guest.ensure(build, kernels)
    configuration = kernels[0].configuration.name
    clock = time.monotonic()
    seen = observe.observe(appliance)
    seconds = round(time.monotonic() - clock, 1)
    problems = [problem for one in seen for problem in report.differences(one, expected(one.kernel))]
    result = {
        'format': FORMAT, 'kind': 'contract', 'started': started.isoformat(timespec='seconds'),
        'seconds': seconds, 'source': results.source(appliance),
        'configuration': configuration, 'host': results.host(seen[0].records),
        'kernels': results.kernels(appliance), 'rules': report.outcomes(seen), 'problems': problems,
    }
    folder = results.store(started, _files(result, seen))
    print(report.text(seen, problems))
    print(f'\n{len(seen)} kernel{"s" if len(seen) > 1 else ""}, {configuration}, {seconds} s: {folder}')
    return FAILED if problems else 0


def _files(result: dict, seen: list[observe.Observation]) -> dict[str, str]:
    files = {'result.json': json.dumps(result, indent=1) + '\n',
             'records.jsonl': ''.join(results.json_lines(one.records) for one in seen)}
    for one in seen:
        files[f'{one.kernel}.ktap'] = one.ktap
        files[f'{one.kernel}.console'] = one.console
    return files
