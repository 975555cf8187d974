# SPDX-License-Identifier: GPL-2.0
"""The jobs of fio, and the program of the guest that runs and walks them."""

import shutil
from pathlib import Path

from ... import process
from ...boots import guest
from ...failure import Failure
from ...paths import TOP

FOLDER = TOP / 'workloads' / 'fio'
FILES = {path.stem: path for path in sorted(FOLDER.glob('*.fio'))}
ON_DISK = {path.stem: path for path in sorted(FOLDER.glob('disk/*.fio'))}
WALKS = ('smaps', 'pagemap', 'pagemap_scan', 'clear_refs')  # of workloads/measure/living.c


def of(appliance: guest.Appliance) -> dict[str, Path]:
    """Return the files of the jobs that its guests can run, by name."""
    return FILES | (ON_DISK if appliance.disk else {})


def fio() -> str:
    """Return the host's fio, which the guest runs."""
    found = shutil.which('fio')
    if not found:
        raise Failure(process.missing('fio'))
    return found


def command(appliance: guest.Appliance, *arguments: str) -> list[str]:
    """Return the command of the guest; it is the host's file, as fio is."""
    return [str(appliance.initramfs.with_name('walks')), 'living', *arguments]
