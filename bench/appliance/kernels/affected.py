# SPDX-License-Identifier: GPL-2.0
"""Which objects of a kernel a change of files compiles again, by what kbuild noted of each."""

import re
from pathlib import Path
from typing import Iterable

# Files of the tree lie above the object folder, which lies in the tree.
SOURCE = re.compile(r'^source_(\S+\.o) := \.\./(\S+)$', re.M)
NEEDED = re.compile(r'^  \.\./(\S+)', re.M)
OF_THE_HOST = ('scripts/', 'tools/', 'usr/')


def objects(folder: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the objects of a folder that are made of these files, and those of each file of C."""
    changed = set(files)
    found = {str(Path(name).with_suffix('.o')) for name in changed if name.endswith('.c')}
    for noted in folder.rglob('.*.o.cmd'):
        text = noted.read_text(encoding='utf-8', errors='replace')
        source = SOURCE.search(text)
        if source and changed.intersection([source[2], *NEEDED.findall(text)]):
            found.add(source[1])
    return tuple(sorted(name for name in found if not name.startswith(OF_THE_HOST)))
