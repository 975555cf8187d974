# SPDX-License-Identifier: GPL-2.0
"""The kernel tree's own scripts that judge patches and sources."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from .. import process
from ..failure import Failure
from ..paths import locked, scratch, write_atomically
from . import said, sources
from .build import original, read_files
from .commits import repository
from .said import Said
from .series import Kernel
from .version import Version

REMARK = re.compile(r'(?:(\S*:\d+:) )?(ERROR|WARNING):(\w+): (.*)')


@dataclass(frozen=True)
class Remark:
    """What checkpatch has to say: level is ERROR or WARNING, where a line of a file or of the mail."""
    where: str
    level: str
    type: str
    text: str

    def __str__(self) -> str:
        return f'{self.where} {self.level}:{self.type}: {self.text}'.lstrip()


def checkpatch(build: Path, version: Version, mail: bytes, ignored: Iterable[str]) -> list[Remark]:
    """Run checkpatch on a patch, and leave out the types that are to be ignored.

    It reads from a pipe, since it takes a file of a git repository for source code. It looks
    for commits in the repository that umwalk's tree was made from; without one none is known.
    """
    with locked(build):
        tree = sources.prepare(build, version).tree
    log = repository(version)
    ignored = [*ignored, *([] if log else ['UNKNOWN_COMMIT_ID'])]
    command: list[str | Path] = [
        original(build, 'scripts/checkpatch.pl', version), f'--root={tree}', '--terse', '--show-types',
        '--showfile', *(f'--ignore={one}' for one in ignored), '-']
    ran = process.run(command, mail.decode('utf-8', 'replace'), cwd=log or tree)
    if ran.returncode != ('total: ' in ran.stdout):  # it counts only what there is
        raise Failure(f'checkpatch.pl did not run: {process.last_line(ran.stderr)}')
    return [Remark(match[1] or '', match[2], match[3], match[4])
            for match in map(REMARK.fullmatch, ran.stdout.splitlines()) if match]


def kernel_doc(build: Path, kernel: Kernel, names: Iterable[str]) -> set[Said]:
    """Return what kernel-doc has to say of files as they are in a kernel."""
    texts = read_files(build, kernel, {name for name in names if name.endswith(('.c', '.h'))})
    if not texts:
        return set()
    with scratch(build) as folder:
        for name, text in texts.items():
            write_atomically(folder / name, text)
        script = original(build, 'scripts/kernel-doc', kernel.version).absolute()
        ran = process.run([script, '-none', *sorted(texts)], cwd=folder)
    return set().union(*said.warnings(ran.stderr.splitlines()).values())
