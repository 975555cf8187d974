# SPDX-License-Identifier: GPL-2.0
"""The subcommand: a boot for each stressor, a table, and what is stored."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Sequence

from ...boots import guest
from ...failure import FAILED
from ...kernels.series import Kernel, kernel
from ...paths import build_folder
from ...progress import step
from ...render.table import aligned
from ...runs.run import Run
from ..options import add_config, add_kernel, positive
from . import stress_ng, vmas
from .row import Row
from .seen import Seen

NAME = 'stress'
HELP = 'read smaps, pagemap and others of processes whose memory changes all the time'
STORES = True
ALL = (vmas.NAME, *stress_ng.STRESSORS)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernel(command)
    add_config(command)
    command.add_argument('--seconds', type=positive, default=60,
                         help='how long, all stressors together, a second each at least '
                              '(%(default)s)')
    command.add_argument('--only', action='append', default=[], choices=ALL, metavar='STRESSOR',
                         help=f'one of {", ".join(ALL)}; may be repeated (all)')


def run(arguments: argparse.Namespace) -> int:
    """Stress a kernel; returns the exit status."""
    return stress(build_folder(), kernel(arguments.kernel, arguments.config), arguments.seconds,
                  list(dict.fromkeys(arguments.only)) or ALL)


def stress(build: Path, wanted: Kernel, seconds: int, stressors: Sequence[str]) -> int:
    """Stress a kernel; returns the exit status."""
    appliance = guest.ensure(build, [wanted])
    this = Run(NAME, appliance)
    each = max(1, seconds // len(stressors))
    found = observe(appliance, each, stressors)
    this.end()
    rows = [row for row, _ in found]
    records = [record for _, seen in found for record in seen.records]
    text = report(rows)
    print(text, end='')
    this.store(this.result(records, {'each_seconds': each, 'rows': [asdict(one) for one in rows]}),
               {'report.txt': text} | _logs(found), records)
    return FAILED if any(one.is_bad for one in rows) else 0


def observe(appliance: guest.Appliance, each: int,
            stressors: Sequence[str]) -> list[tuple[Row, Seen]]:
    """Stress the one kernel of the appliance by each stressor for so many seconds."""
    name, = appliance.kernels
    with step(f'{", ".join(stressors)} on {name}, {each} s each') as shown, \
            guest.at_once() as pool:
        found = []
        for one in pool.map(lambda stressor: _stress(appliance, stressor, each), stressors):
            found.append(one)
            shown.update(f'{len(found)} of {len(stressors)}')
    return found


def _stress(appliance: guest.Appliance, stressor: str, seconds: int) -> tuple[Row, Seen]:
    if stressor == vmas.NAME:
        return vmas.stress(appliance, seconds)
    return stress_ng.stress(appliance, stressor, seconds)


def _logs(found: list[tuple[Row, Seen]]) -> dict[str, str]:
    """What the kernels printed, and the stressors."""
    files = {f'{row.stressor}.console': seen.log for row, seen in found}
    return files | {f'{row.stressor}.said': seen.said for row, seen in found if seen.said}


def report(rows: list[Row]) -> str:
    """Return the table, what else was counted, and the faults."""
    table = [['stressor', 'operations', 'reads', 'faults']]
    table += [[one.stressor, f'{one.operations:,}', f'{one.reads:,}', one.state] for one in rows]
    lines = aligned(table, left={0, 3})
    lines += [note for one in rows for note in one.notes]
    lines += [f'{one.stressor}: {fault}' for one in rows for fault in one.faults]
    return ''.join(f'{line}\n' for line in lines)
