# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-boot`: time boot, a trivial job and halt, and check that they always work.

It also prints what system calls, page faults, signals and switches of processes cost.
"""

import argparse
import tempfile
from pathlib import Path

from ..boots import guest
from ..boots.records import Boot, Record
from ..failure import FAILED, Failure
from ..kernels.series import Kernel, kernel
from ..paths import build_folder
from ..progress import step
from ..runs.run import Run
from .options import add_config, add_kernel, positive

NAME = 'bench-boot'
HELP = 'time a boot, and what system calls, faults and signals cost in the guest'
STORES = True

BOOT_SECONDS = 300  # ends a boot that hangs
MEMORY_MIB = 256


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernel(command)
    add_config(command)
    command.add_argument('--boots', type=positive, default=50, help='number of boots (%(default)s)')


def run(arguments: argparse.Namespace) -> int:
    """Boot one kernel many times; returns the exit status."""
    return time_boots(build_folder(), kernel(arguments.kernel, arguments.config), arguments.boots)


def time_boots(build: Path, wanted: Kernel, boots: int) -> int:
    """Boot one kernel many times; returns the exit status."""
    appliance = guest.ensure(build, [wanted])
    this = Run(NAME, appliance)
    records: list[Record] = []
    walls = []
    with step(f'{boots} boots of {wanted.name}') as shown:
        for record in guest.records(appliance, f'--boots={boots}', f'--mem={MEMORY_MIB}',
                                    f'--timeout={BOOT_SECONDS}', argv=['/bin/walks', 'list']):
            records.append(record)
            if isinstance(record, Boot):
                walls.append(record.wall_ns / 1e6)
            shown.update(f'{len(walls)} of {boots}')
    if len(walls) != boots:
        raise Failure(f'{len(walls)} of {boots} boots ended', FAILED)
    import numpy  # pylint: disable=import-outside-toplevel # it is slow to load
    low, median, high = numpy.percentile(walls, (5, 50, 95))
    print(f'{wanted.name}: {boots} boots, none failed; boot, job and halt: '
          f'median {median:.1f} ms, 5 % {low:.1f} ms, 95 % {high:.1f} ms, worst {max(walls):.1f} ms')
    processes = _processes(appliance)
    print(processes, end='')
    this.end()
    this.store(this.result(records, {
        'boots': boots, 'ms': {'median': median, 'low': low, 'high': high, 'worst': max(walls)},
        'processes': processes.splitlines()}), {}, records)
    return 0


def _processes(appliance: guest.Appliance) -> str:
    """Return a line for each cost of processes, from a boot of its own."""
    with tempfile.TemporaryFile('w+', encoding='utf-8') as said:
        for _ in guest.records(appliance, f'--mem={MEMORY_MIB}', f'--timeout={BOOT_SECONDS}',
                               argv=['/bin/walks', 'processes'], stdout=said):
            pass
        said.seek(0)
        return said.read()
