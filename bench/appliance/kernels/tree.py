# SPDX-License-Identifier: GPL-2.0
"""Bring the kernel tree to a stack of patches.

A stack is applied to copies of the files that it touches. Only if all of it applies, those
files go to the tree, and only if their content differs. So a stack that does not apply
leaves the tree as it was, and the build sees just what changed between two kernels.
"""

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Callable

from ..paths import scratch, write_atomically
from . import patch
from .names import RECORD, TEMPORARY, unfit
from .series import Stack


class PatchedTree:
    """A kernel tree and the originals of the files that are patched in it."""

    def __init__(self, tree: Path, pristine: Path):
        self.tree = tree
        self.pristine = pristine
        self.record = pristine / RECORD

    def bring_to(self, wanted: Stack) -> None:
        """Bring the tree to the stack; if it cannot, raise Failure and change nothing."""
        with scratch(self.pristine.parent) as stage:
            staged = self._stage(wanted, stage)
            before = self._patched_now()
            # Both are recorded until the end, so that the next run mends one that was cut short.
            self._remember(before | staged)
            sources = {name: (stage if name in staged else self.pristine) / name
                       for name in before | staged}
            # What goes is removed first, since a file may come in the place of its folder.
            for name in sorted(sources, key=lambda name: (sources[name].is_file(), name)):
                put(sources[name], self.tree, name)
            self._remember(staged)

    def read(self, wanted: Stack, names: set[str]) -> dict[str, str]:
        """Read files as they are in a stack, those that exist; the tree stays as it is."""
        with scratch(self.pristine.parent) as stage:
            staged = self._stage(wanted, stage)
            patched = self._patched_now()
            found = {}
            for name in names:
                folder = (stage if name in staged
                          else self.pristine if name in patched else self.tree)
                if (folder / name).is_file():
                    found[name] = (folder / name).read_text(encoding='utf-8', errors='replace')
            return found

    def show(self, wanted: Stack, folder: Path) -> None:
        """Make an empty folder look like the tree in a stack; the tree stays as it is.

        It has copies of what is another in the tree now, and links to the rest.
        """
        with scratch(self.pristine.parent) as stage:
            staged = self._stage(wanted, stage)
            copied = staged | self._patched_now()
            folders = {str(parent) for name in copied for parent in Path(name).parents}
            for parent in folders:
                (folder / parent).mkdir(parents=True, exist_ok=True)
                for entry in (self.tree / parent).glob('*'):
                    name = str(entry.relative_to(self.tree))
                    if name not in copied | folders:
                        (folder / name).symlink_to(entry)
            for name in copied:
                put((stage if name in staged else self.pristine) / name, folder, name)

    def copy_originals(self, wanted: Stack, folder: Path) -> None:
        """Copy the files that a stack touches, as they are without any patch."""
        for name in patch.touched_files(wanted.patches):
            put(self.original(name), folder, name)

    def original(self, name: str) -> Path:
        """Return where a file is as it is without any patch."""
        return self._original(name, self._patched_now())

    def _original(self, name: str, patched: set[str]) -> Path:
        return (self.pristine if name in patched else self.tree) / name

    def touched(self) -> set[str]:
        """Return the files that patches have added now, and all that any has ever changed."""
        return self._patched_now() | {
            str(path.relative_to(self.pristine)) for path in self.pristine.rglob('*')
            if path.is_file() and path != self.record}

    def content(self, chosen: Callable[[str], bool]) -> bytes:
        """Return the content of those patched files whose names are chosen."""
        return b''.join(os.fsencode(f'{name}\n') + (self.tree / name).read_bytes()
                        for name in sorted(self._patched_now())
                        if chosen(name) and (self.tree / name).is_file())

    def _stage(self, wanted: Stack, stage: Path) -> set[str]:
        staged = set(patch.touched_files(wanted.patches))
        patched = self._patched_now()
        for name in sorted(staged):
            why = unfit(name, staged, lambda path: self._original(path, patched),
                        lambda path: self._has_folder(path, patched))
            if why:
                raise patch.Refused(*patch.where(wanted.patches, name), why)
        for name in staged - patched:
            # The tree's own version, before the first patch that touches it.
            put(self.tree / name, self.pristine, name)
        self._copy(staged, stage)
        if not patch.apply(wanted.patches, stage):
            self._copy(staged, stage)
            patch.apply_one_by_one(wanted.patches, stage)
        for name in staged:
            if (stage / name).is_symlink():
                raise patch.Refused(*patch.where(wanted.patches, name), patch.only_text('symlink'))
        return staged

    def _copy(self, names: set[str], stage: Path) -> None:
        for name in names:
            put(self.pristine / name, stage, name)

    def _has_folder(self, name: str, patched: set[str]) -> bool:
        """Whether it is a folder that the tree has without any patch."""
        return any(path.is_file() and str(path.relative_to(self.tree)) not in patched
                   for path in (self.tree / name).rglob('*'))

    def _patched_now(self) -> set[str]:
        """The names of the files that are, or may be, not the tree's own."""
        try:
            return set(json.loads(self.record.read_text(encoding='utf-8')))
        except FileNotFoundError:
            return set()

    def _remember(self, names: set[str]) -> None:
        write_atomically(self.record, json.dumps(sorted(names)) + '\n')


def put(source: Path, folder: Path, name: str) -> None:
    """Give a file of the folder the content of source, or remove it if there is no source.

    One that has the content already keeps its time, so make sees no change.
    """
    target = folder / name
    if not source.is_file():
        _remove(folder, name)
        return
    if target.is_file() and target.read_bytes() == source.read_bytes():
        shutil.copymode(source, target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():  # which is empty: its files were those of another stack
        shutil.rmtree(target)
    # copy2 would keep the time, and make would not see the change.
    temporary = target.with_name(TEMPORARY.format(target.name))
    shutil.copyfile(source, temporary)
    shutil.copymode(source, temporary)
    temporary.replace(target)


def _remove(folder: Path, name: str) -> None:
    """Remove a file, and what is empty then; another stack may have a folder of that name."""
    if (folder / name).is_file():
        (folder / name).unlink()
    with contextlib.suppress(OSError):  # not empty, or not there
        for parent in list(Path(name).parents)[:-1]:
            (folder / parent).rmdir()
