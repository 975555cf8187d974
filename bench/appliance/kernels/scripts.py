# SPDX-License-Identifier: GPL-2.0
"""The kernel tree's own scripts that judge patches and sources.

They run in a sandbox: checkpatch hands names of files, which a patch may choose, to a shell.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterable

from .. import process
from ..failure import Failure
from ..paths import locked, scratch, write_atomically
from ..sandbox import Sandbox
from . import commits, git, said
from .build import original, read_files, show_tree
from .said import Said
from .series import Kernel

# Of the message it names a line of the patch, which nobody has numbered.
REMARK = re.compile(r'(?:(?:(\S+:\d+:)|:\d+:) )?(ERROR|WARNING):(\w+): (.*)')


@dataclass(frozen=True)
class Remark:
    """What checkpatch has to say: level is ERROR or WARNING, where a line of a file or of the mail."""
    where: str
    level: str
    type: str
    text: str

    def __str__(self) -> str:
        return f'{self.where} {self.level}:{self.type}: {self.text}'.lstrip()


def checkpatch(build: Path, base: Kernel, mail: bytes, ignored: Iterable[str],
               sandbox: Sandbox) -> list[Remark]:
    """Run checkpatch on a patch to base, and leave out the types that are to be ignored.

    It reads from a pipe, since it takes a file of a git repository for source code. It looks
    for commits in the repository that umwalk's tree was made from; without one none is known.
    """
    log = commits.repository(base.version)
    ignored = [*ignored, *([] if log else ['UNKNOWN_COMMIT_ID'])]
    with scratch(build) as root, locked(build):
        show_tree(build, base, root)
        box = replace(sandbox, readable=(*sandbox.readable, *(commits.folders(log) if log else ())))
        ran = process.run(
            [*box.under(), root / 'scripts/checkpatch.pl', f'--root={root}', '--terse', '--show-types',
             '--showfile', *(f'--ignore={one}' for one in ignored), '-'],
            mail.decode('utf-8', 'replace'), git.ANY_OWNER, cwd=log or root)
    if ran.returncode != ('total: ' in ran.stdout):  # it counts only what there is
        raise Failure(f'checkpatch.pl did not run: {process.last_line(ran.stderr)}')
    return [Remark(match[1] or '', match[2], match[3], match[4])
            for match in map(REMARK.fullmatch, ran.stdout.splitlines()) if match]


def kernel_doc(build: Path, kernel: Kernel, names: Iterable[str], sandbox: Sandbox) -> set[Said]:
    """Return what kernel-doc has to say of files as they are in a kernel."""
    texts = read_files(build, kernel, {name for name in names if name.endswith(('.c', '.h'))})
    if not texts:
        return set()
    with scratch(build) as folder:
        for name, text in texts.items():
            write_atomically(folder / name, text)
        script = original(build, 'scripts/kernel-doc', kernel.version).absolute()
        # A name may begin with a dash, as an option does.
        ran = process.run([*sandbox.under(), script, '-none', *(f'./{name}' for name in sorted(texts))],
                          cwd=folder)
    if ran.returncode:
        raise Failure(f'kernel-doc did not run: {process.last_line(ran.stderr)}')
    lines = [line.removeprefix('./') for line in ran.stderr.splitlines()]
    return set().union(*said.warnings(lines).values())
