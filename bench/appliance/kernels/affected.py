# SPDX-License-Identifier: GPL-2.0
"""Which objects of a kernel a change of files compiles again, by what kbuild noted of each."""

import re
import stat
from pathlib import Path
from typing import Iterable, Iterator

# Files of the tree lie above the object folder, which lies in the tree.
SOURCE = re.compile(r'^source_(\S+\.o) := \.\./(\S+)$', re.M)
NEEDED = re.compile(r'^  \.\./(\S+)', re.M)
MENTIONED = re.compile(r'\.\./([^\s)]+)')
OF_THE_HOST = ('scripts/', 'tools/', 'usr/')


def objects(folder: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the objects of a folder that are made of these files, and those of each file of C."""
    changed = set(files)
    found = {str(Path(name).with_suffix('.o')) for name in changed if name.endswith('.c')}
    for noted, text in _with_any_of(changed, folder):
        source = SOURCE.search(text)
        if noted.endswith('.o.cmd') and source and changed.intersection(
                [source[2], *NEEDED.findall(text)]):
            found.add(source[1])
    return tuple(sorted(name for name in found if not name.startswith(OF_THE_HOST)))


def others(folder: Path, files: Iterable[str]) -> bool:
    """Say whether something that is no object of the kernel is made of these files."""
    changed = set(files)
    return any(name.startswith(OF_THE_HOST) for name in changed) or any(
        changed.intersection(MENTIONED.findall(text))
        for noted, text in _with_any_of(changed, folder) if not noted.endswith('.o.cmd'))


def _with_any_of(names: set[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each note that has one of the names, or a longer one."""
    for noted in folder.rglob('.*.cmd'):
        if not stat.S_ISREG(noted.lstat().st_mode):  # in a sandbox, a patch may have made it
            continue
        text = noted.read_text(encoding='utf-8', errors='replace')
        if any(name in text for name in names):
            yield noted.name, text
