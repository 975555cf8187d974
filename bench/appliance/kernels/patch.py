# SPDX-License-Identifier: GPL-2.0
"""Tell which files patches touch, and apply them, both by `git apply`.

So a patch is what it is to `git am`: renames and modes count, a diff in the message counts
unless it is indented, and the text may have any encoding.
"""

import functools
import hashlib
import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from ..failure import Failure
from ..paths import short
from . import git
from .newfiles import whole


@dataclass(frozen=True)
class Patch:
    """A patch file and, read once, all that is in it."""
    file: Path

    @functools.cached_property
    def content(self) -> bytes:
        """Return its text, with all of the files that it adds."""
        return whole(self.file)

    @functools.cached_property
    def digest(self) -> str:
        """Return the SHA-256 of that."""
        return hashlib.sha256(self.content).hexdigest()


def touched_files(patches: Sequence[Patch]) -> list[str]:
    """Return the files that patches change, make, rename or remove, relative to the tree."""
    found = [name for way in ((), ('--reverse',)) for name in _new_names(patches, *way)]
    for name in found:
        if Path(name).is_absolute() or '..' in Path(name).parts:
            raise Failure(f'{_where(patches, name)}: {name} is outside of the tree')
    return list(dict.fromkeys(found))


def apply(patches: Sequence[Patch], folder: Path) -> bool:
    """Apply patches to copies of the files that they touch, at offsets but never with fuzz.

    A patch that says since which point release the tree has it is left out there. Returns
    whether all of them apply; if not, the folder has some of them.
    """
    for _, group in itertools.groupby(patches, _says_since_when):
        some = [patch for patch in group if not is_left_out(patch, folder)]
        if some and git.apply([patch.content for patch in some], folder).returncode:
            return False
    return True


def apply_one_by_one(patches: Sequence[Patch], folder: Path) -> None:
    """Apply patches one by one; raise Failure for the first that does not apply."""
    for patch in patches:
        if not is_left_out(patch, folder):
            # --reject makes git name the hunk; the files that it leaves do no harm.
            ran = git.apply([patch.content], folder, '--reject', '--verbose')
            if ran.returncode:
                raise Failure(f'{_why(patch, ran.stderr)} (the tree is left as it was)')


def is_left_out(patch: Patch, folder: Path) -> bool:
    """Whether the tree has it already, as the patch says that it may."""
    return (_says_since_when(patch)
            and git.apply([patch.content], folder, '--reverse', '--check').returncode == 0)


def _says_since_when(patch: Patch) -> bool:
    return b'\nIn-tree-since: ' in patch.content


def _new_names(patches: Sequence[Patch], *way: str) -> list[str]:
    """Return the names of the files after the patch."""
    if not patches:
        return []
    ran = git.apply([patch.content for patch in patches], Path('/'), '--numstat', '-z', *way)
    if ran.returncode and len(patches) > 1:
        return [name for patch in patches for name in _new_names([patch], *way)]
    if ran.returncode:
        raise Failure(f'{short(patches[0].file)}: it changes no file, or is damaged (is it a '
                      f'unified diff with a/ and b/?): {_first_error(ran.stderr)}')
    return [entry.split('\t', 2)[2] for entry in ran.stdout.split('\0') if entry]


def _why(patch: Patch, said: str) -> str:
    """Say where and why a patch does not apply, from all that git says."""
    hunk = re.search(r'^Rejected hunk #(\d+)', said, re.M)
    failed = re.search(r'^error: patch failed: (.+):(\d+)$', said, re.M)
    if hunk and failed:
        return f'{short(patch.file)}: hunk {hunk[1]} does not apply to {failed[1]}, line {failed[2]}'
    missing = re.search(r'^error: (.+): No such file or directory$', said, re.M)
    if missing:
        return (f'{_where([patch], missing[1])}: it changes {missing[1]}, which is not there '
                '(if it only quotes a diff: indent it)')
    return f'{short(patch.file)}: {_first_error(said)}'


def _first_error(said: str) -> str:
    errors = [line.removeprefix('error: ') for line in said.splitlines()
              if line.startswith(('error: ', 'fatal: '))]
    return errors[0] if errors else 'git apply failed'


def _where(patches: Sequence[Patch], name: str) -> str:
    """Return the first line that names a file to be changed, or else the first patch."""
    marks = tuple(mark + os.fsencode(name) for mark in (b'--- a/', b'+++ b/', b'diff --git a/',
                                                        b'rename from ', b'rename to '))
    return next((f'{short(patch.file)}:{number}' for patch in patches
                 for number, line in enumerate(patch.content.splitlines(), 1)
                 if line.startswith(marks)), str(short(patches[0].file)))
