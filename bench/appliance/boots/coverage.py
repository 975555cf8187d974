# SPDX-License-Identifier: GPL-2.0
"""Boots that count how often lines of the kernel run."""

import io
import re
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Mapping, Sequence

from ..failure import Failure
from ..kernels import gcov
from ..paths import TOP
from . import guest, hang

# Jobs of the guest's program: what the contract and the differential run.
JOBS = ('contract',), ('readers',)
SCRIPT = TOP / 'workloads' / 'coverage' / 'run.sh'
# gcc puts the whole path of the object into the name of the file with its counts.
MEMBER = re.compile(r'.*/objects-[^/]+/(.+\.gcda)')


def lines(appliance: guest.Appliance, program: Path,
          jobs: Sequence[Sequence[str]]) -> gcov.Counts:
    """Return the lines with code that gcov sees in a kernel, and how often the jobs run each."""
    built, = appliance.kernels.values()
    notes = [str(one.relative_to(built.notes)) for one in sorted(built.notes.rglob('*.gcno'))]
    if not jobs:
        return gcov.lines([built.notes], notes, appliance.sandbox)
    with guest.at_once() as pool:
        sent = list(pool.map(lambda job: _boot(appliance, program, job), jobs))
    counted = [one.removesuffix('gcno') + 'gcda' for one in notes
               if gcov.has_functions(built.notes / one)]
    with tempfile.TemporaryDirectory() as made:
        folders = [Path(made, str(number)) for number, _ in enumerate(jobs)]
        for folder, archive in zip(folders, sent):
            shutil.copytree(built.notes, folder)
            _unpack(_counts(archive), counted, folder)
        return gcov.lines(folders, notes, appliance.sandbox)


def _boot(appliance: guest.Appliance, program: Path, job: Sequence[str]) -> bytes:
    """Run KUnit and a job; return the archive that the guest sends, by the host's programs."""
    with tempfile.TemporaryFile() as sent:
        for _ in guest.records(appliance, '--host', f'--mem={appliance.memory_mib}', '--timeout=0',
                               '--append=norandmaps', '--append=kunit.enable=1',
                               argv=[str(SCRIPT), str(program), *job],
                               stdout=sent, hopeless=hang.Watch(hang.MOST_SECONDS)):
            pass
        sent.seek(0)
        return sent.read()


def _counts(archive: bytes) -> dict[str, bytes]:
    """Return the files with counts, by their names in the object folder."""
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
            for member in opened:
                name = MEMBER.fullmatch(member.name)
                if name and (content := opened.extractfile(member)):
                    found[name[1]] = content.read()
    except tarfile.TarError as error:
        raise Failure(f'the counts that the guest sent are damaged: {error}') from error
    return found


def _unpack(counts: Mapping[str, bytes], names: list[str], folder: Path) -> None:
    for name in names:
        if name not in counts:
            raise Failure(f'the guest sent no counts of {name}')
        (folder / name).write_bytes(counts[name])
