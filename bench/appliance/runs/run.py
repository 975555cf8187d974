# SPDX-License-Identifier: GPL-2.0
"""The envelope of a run: what it was, when, on which host, and what it was made of."""

import datetime
import hashlib
import json
import os
import platform
import time
from pathlib import Path
from typing import Iterable, Mapping

from .. import process
from ..boots.guest import Appliance, records
from ..boots.records import Host, Record, line
from ..failure import Failure
from ..paths import TOP
from . import store

FORMAT = 7  # of result.json, of any kind; raised when a field changes its meaning


class Run:
    """A run from the time on when all is built."""

    def __init__(self, kind: str, appliance: Appliance):
        first = next(iter(appliance.kernels.values()))
        self.started = datetime.datetime.now(datetime.timezone.utc)
        self.folder = store.new_folder(self.started)
        self._envelope = {
            'format': FORMAT, 'kind': kind, 'started': self.started.isoformat(timespec='seconds'),
            'seconds': 0.0, 'umwalk': commit(TOP), 'source': first.source.release,
            'configuration': first.kernel.configuration.name, 'kernels': _kernels(appliance)}
        self._began = time.monotonic()

    def end(self) -> None:
        """Take the time: what comes after is no more than reports."""
        self._envelope['seconds'] = round(time.monotonic() - self._began, 1)

    def result(self, seen: Iterable[Record], found: Mapping) -> dict:
        """Return what result.json has: the envelope, then what was found."""
        return {**self._envelope, 'host': _host(seen), **found}

    def store(self, result: dict, files: Mapping[str, str | bytes],
              kept: Iterable[Record] = ()) -> Path:
        """Write the folder; return where it is."""
        lines = ''.join(f'{line(record)}\n' for record in kept)
        store.store(self.folder, {'result.json': json.dumps(result, indent=1) + '\n', **files,
                                  **({'records.jsonl': lines} if lines else {})})
        return self.folder


def commit(clone: Path) -> str | None:
    """Return what git calls the commit of a clone, '-dirty' if files differ; None without git."""
    if not (clone / '.git').exists():
        return None
    try:
        ran = process.run(['git', '--no-optional-locks', '-C', clone, 'describe', '--always',
                           '--abbrev=12', '--dirty', '--tags'])
    except Failure:
        return None
    return ran.stdout.strip() if ran.returncode == 0 else None


def boot_for_host(appliance: Appliance) -> list[Record]:
    """Return the records of a boot that does nothing, for a run that keeps no others."""
    return list(records(appliance.only(next(iter(appliance.kernels))), argv=['/bin/walks', 'list']))


def _host(seen: Iterable[Record]) -> dict:
    """Describe the host, from the runner's first record."""
    found = next(record for record in seen if isinstance(record, Host))
    return {'cpu': found.cpu, 'tsc_khz': found.tsc_khz, 'cores': os.cpu_count(),
            'kernel': platform.release()}


def _kernels(appliance: Appliance) -> dict[str, dict]:
    """Tell which kernels were booted, so that anybody can build the same."""
    return {name: {'series': list(built.kernel.stack.series),
                   'patches': [{'name': patch.file.name, 'sha256': patch.digest}
                               for patch in built.kernel.stack.patches],
                   'sha256': hashlib.sha256(built.program.read_bytes()).hexdigest()}
            for name, built in appliance.kernels.items()}
