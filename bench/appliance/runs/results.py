# SPDX-License-Identifier: GPL-2.0
"""Store runs: each in a folder of its own, whole or not at all."""

import datetime
import hashlib
import os
import platform
from pathlib import Path
from typing import Iterable, Mapping

from ..boots.guest import Appliance
from ..boots.records import Host, Record, line
from ..paths import results_folder


def new_folder(started: datetime.datetime) -> Path:
    """Return the folder that store() will make for a run, for files that name it."""
    return results_folder() / f'{started:%Y%m%d-%H%M%S}-{os.urandom(3).hex()}'


def store(started: datetime.datetime, files: Mapping[str, str | bytes],
          folder: Path | None = None) -> Path:
    """Write a run's folder whole, then point results/latest to it."""
    folder = folder or new_folder(started)
    partial = folder.with_name(f'.{folder.name}')
    for file, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (partial / file).parent.mkdir(parents=True, exist_ok=True)
        (partial / file).write_bytes(data)
    partial.rename(folder)
    link = folder.with_name(f'.latest.{folder.name}')
    link.symlink_to(folder.name)
    link.replace(folder.with_name('latest'))
    return folder


def json_lines(records: Iterable[Record]) -> str:
    """Return records as JSON Lines."""
    return ''.join(f'{line(record)}\n' for record in records)


def host(records: Iterable[Record]) -> dict:
    """Describe the host of a run, from the runner's first record."""
    record = next(r for r in records if isinstance(r, Host))
    return {'cpu': record.cpu, 'tsc_khz': record.tsc_khz, 'cores': os.cpu_count(),
            'kernel': platform.release()}


def kernels(appliance: Appliance) -> dict[str, dict]:
    """Describe the kernels that were booted, so that anybody can build the same."""
    return {name: {'series': list(built.kernel.stack.series),
                   'patches': [patch.file.name for patch in built.kernel.stack.patches],
                   'sha256': hashlib.sha256(built.program.read_bytes()).hexdigest()}
            for name, built in appliance.kernels.items()}


def source(appliance: Appliance) -> str:
    """Return the release of the sources that they were built of."""
    return next(iter(appliance.kernels.values())).source.release
