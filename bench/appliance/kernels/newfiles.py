# SPDX-License-Identifier: GPL-2.0
"""Files that patches add to the kernel, kept as files of their own.

A patch adds such a file empty. Its content lies in kernel-patches/files/, at the path that it
has in the kernel tree, and is that after the whole series. If later patches of the series
change the file, too, whole() takes their changes out again.
"""

import os
import re
from itertools import dropwhile
from pathlib import Path

from ..failure import Failure
from ..paths import PATCHES, build_folder, scratch, short
from . import git
from .lists import entries

FILES = PATCHES / 'files'
EMPTY = re.compile(rb'(diff --git a/(\S+) b/\2\nnew file mode \d+\n(?:index \S+\n)?)'
                   rb'(?:-- \n.*\n*)?')  # git's signature may follow


def whole(patch: Path) -> bytes:
    """Return a patch with the content of the files that it adds, as it is applied."""
    return b''.join(_filled(section, patch) for section in _sections(patch))


def _sections(patch: Path) -> list[bytes]:
    """Split a patch into what is before the first file, and each file's part."""
    return re.split(rb'^(?=diff --git )', patch.read_bytes(), flags=re.M)


def _filled(section: bytes, patch: Path) -> bytes:
    added = EMPTY.fullmatch(section)
    if not added or not (FILES / os.fsdecode(added[2])).is_file():
        return section
    content = _before_later_patches(os.fsdecode(added[2]), patch)
    lines = content.removesuffix(b'\n').split(b'\n')
    end = b'' if content.endswith(b'\n') else b'\\ No newline at end of file\n'
    return (b'%b--- /dev/null\n+++ b/%b\n@@ -0,0 +1,%d @@\n' % (added[1], added[2], len(lines))
            + b''.join(b'+%b\n' % line for line in lines) + end)


def _before_later_patches(name: str, patch: Path) -> bytes:
    """Return a file as a patch adds it, before later patches of its series change it."""
    content = (FILES / name).read_bytes()
    for later in reversed(_later(patch)):
        for section in _sections(later):
            if section.startswith(f'diff --git a/{name} b/{name}\n'.encode()):
                content = _without(section, content, name, later)
    return content


def _later(patch: Path) -> list[Path]:
    """Return the patches that come after one in its series."""
    listed = patch.parent / 'series'
    names = entries(listed) if listed.exists() else []
    return [patch.parent / name for name in dropwhile(lambda name: name != patch.name, names)][1:]


def _without(section: bytes, content: bytes, name: str, later: Path) -> bytes:
    with scratch(build_folder()) as folder:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if git.apply([section], folder, '--reverse').returncode:
            raise Failure(f'{short(later)}: what it changes in {name} is not in '
                          f'{short(FILES / name)}: correct the one or the other')
        return file.read_bytes()
