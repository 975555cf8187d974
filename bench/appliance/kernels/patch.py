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

# What shows that a patch changes something else than the text of a file.
REFUSED = re.compile(rb'^(?:(?:(?:old|new|new file|deleted file) mode|index \S+)[ \t]+'
                     rb'0*(?:(?P<symlink>120000)|(?P<submodule>160000))[ \t\r]*'
                     rb'|(?P<binary>GIT binary patch|Binary files .* differ))$', re.M)
# Where git takes the message of a patch to end.
BEGINS = re.compile(rb'^(?:diff -|Index: |--- \S)', re.M)


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


class Refused(Failure):
    """A patch that is not applied, why, and the line of it that shows it; 0 if no line does."""

    def __init__(self, patch: Patch, line: int, why: str):
        super().__init__(f'{short(patch.file)}{f":{line}" if line else ""}: {why}')
        self.patch = patch
        self.line = line
        self.why = why


def touched_files(patches: Sequence[Patch]) -> list[str]:
    """Return the files that patches change, make, rename or remove, relative to the tree.

    Raises Refused if one of them is nothing that a patch may touch.
    """
    for patch in patches:
        _refuse_what_is_no_text(patch)
    found = [name for way in ((), ('--reverse',)) for name in _new_names(patches, *way)]
    for name in found:
        if Path(name).is_absolute() or '..' in Path(name).parts:
            raise Refused(*where(patches, name), f'{name} is outside of the tree')
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
    """Apply patches one by one; raise Refused for the first that does not apply."""
    for patch in patches:
        if not is_left_out(patch, folder):
            # --reject makes git name the hunk; the files that it leaves do no harm.
            ran = git.apply([patch.content], folder, '--reject', '--verbose')
            if ran.returncode:
                raise _refused(patch, ran.stderr)


def is_left_out(patch: Patch, folder: Path) -> bool:
    """Whether the tree has it already, as the patch says that it may."""
    return (_says_since_when(patch)
            and git.apply([patch.content], folder, '--reverse', '--check').returncode == 0)


def _says_since_when(patch: Patch) -> bool:
    return b'\nIn-tree-since: ' in patch.content


def _refuse_what_is_no_text(patch: Patch) -> None:
    begin = BEGINS.search(patch.content)
    found = REFUSED.search(patch.content, begin.start() if begin else 0)
    if found:
        line = patch.content.count(b'\n', 0, found.start()) + 1
        raise Refused(patch, line, only_text(str(found.lastgroup)))


def only_text(what: str) -> str:
    """Say why something is refused that is no text."""
    return f'a {what}: umwalk takes changes of text files only'


def _new_names(patches: Sequence[Patch], *way: str) -> list[str]:
    """Return the names of the files after the patch."""
    if not patches:
        return []
    ran = git.apply([patch.content for patch in patches], Path('/'), '--numstat', '-z', *way)
    if ran.returncode and len(patches) > 1:
        return [name for patch in patches for name in _new_names([patch], *way)]
    if ran.returncode:
        said = _first_error(ran.stderr)
        line = re.search(r' at (?:line |\S+:)(\d+)$', said)
        raise Refused(patches[0], int(line[1]) if line else 0,
                      'it changes no file, or is damaged (is it a unified diff with a/ and b/?): '
                      + said)
    return [entry.split('\t', 2)[2] for entry in ran.stdout.split('\0') if entry]


def _refused(patch: Patch, said: str) -> Refused:
    """Say where and why a patch does not apply, from all that git says."""
    failed = re.search(r'^error: patch failed: (.+):(\d+)$', said, re.M)
    missing = re.search(r'^error: (.+): No such file or directory$', said, re.M)
    place, why = (patch, 0), _first_error(said)
    if failed:
        hunk = re.search(rf'^Applying patch {re.escape(failed[1])} with .*\n(?:Hunk .*\n)*'
                         r'Rejected hunk #(\d+)', said, re.M)
        what = f'hunk {hunk[1]}' if hunk else 'the removal'
        why = f'{what} does not apply to {failed[1]}, line {failed[2]}'
    elif missing:
        place = where([patch], missing[1])
        why = (f'it changes {missing[1]}, which is not there '
               '(if it only quotes a diff: indent it)')
    return Refused(*place, f'{why} (the tree is left as it was)')


def _first_error(said: str) -> str:
    errors = [line.removeprefix('error: ') for line in said.splitlines()
              if line.startswith(('error: ', 'fatal: '))]
    return errors[0] if errors else 'git apply failed'


def where(patches: Sequence[Patch], name: str) -> tuple[Patch, int]:
    """Return the first line that names a file to be changed, or else the first patch."""
    mark = re.compile(rb'^(?:--- a/|\+\+\+ b/|diff --git a/|rename (?:from|to) )'
                      + re.escape(os.fsencode(name)) + rb'(?=\s|$)', re.M)
    for patch in patches:
        if found := mark.search(patch.content):
            return patch, patch.content.count(b'\n', 0, found.start()) + 1
    return patches[0], 0
