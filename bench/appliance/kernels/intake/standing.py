# SPDX-License-Identifier: GPL-2.0
"""How a series stands to a kernel: whether it applies, and what of it is there already."""

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Iterator, Sequence

from ... import process
from ...paths import locked
from .. import git, patch, sources
from ..patch import Refused
from ..series import Kernel
from ..tree import PatchedTree
from ..version import Version
from .posted import Posted


def already_applied(build: Path, base: Kernel, posted: Sequence[Posted]) -> tuple[Posted, ...]:
    """Return the patches that a kernel has already; none if all of the series applies.

    If it does not apply for another reason, raises Failure with patch, hunk and file.
    """
    with tempfile.TemporaryDirectory(prefix='umwalk-patches.') as folder:
        _write(build, base, posted, Path(folder))
        return already_in(Path(folder), posted)


def already_in(folder: Path, posted: Sequence[Posted]) -> tuple[Posted, ...]:
    """Return the same of a folder, which has the files that the patches touch."""
    patches = [one.patch for one in posted]
    with _copy(folder) as copy:
        if patch.apply(patches, copy):
            return ()
    with _copy(folder) as copy:
        there = tuple(one for one in reversed(posted)
                      if git.apply([one.patch.content], copy, '--reverse').returncode == 0)
    try:
        with _copy(folder) as copy:
            patch.apply_one_by_one(patches, copy)
    except Refused as refused:
        failed = next(one for one in posted if one.patch == refused.patch)
        if failed not in there:
            raise failed.failure(refused) from refused
    return there[::-1]


def of_base_commit(commit: str, version: Version) -> str:
    """Say whether the kernel tree is the commit that a series applies to."""
    tree = sources.origin(version)
    if not (tree / '.git').exists():
        return f'base-commit {commit[:12]}: {tree} is no git tree, so it may be another'
    if not _has(commit, tree):
        return f'base-commit {commit[:12]} is not in {tree}'
    head = git.read(tree, 'rev-parse', 'HEAD')
    if head.startswith(commit):
        return f'base-commit {commit[:12]} is what {tree} has checked out'
    return f'base-commit {commit[:12]} is in {tree}, but {head[:12]} is checked out'


def _has(commit: str, tree: Path) -> bool:
    command = git.of_repository(tree, 'cat-file', '-e', f'{commit}^{{commit}}')
    return process.run(command, more=git.ALONE).returncode == 0


def _write(build: Path, base: Kernel, posted: Sequence[Posted], folder: Path) -> None:
    """Write the files that the series touches, as the kernel has them."""
    stack = base.plus(base.name, *(one.patch.file for one in posted)).stack
    with locked(build):
        tree = PatchedTree(sources.prepare(build, base.version).tree, build / 'pristine')
        tree.copy_originals(stack, folder)
        if not patch.apply(base.stack.patches, folder):
            tree.copy_originals(stack, folder)
            patch.apply_one_by_one(base.stack.patches, folder)


@contextlib.contextmanager
def _copy(folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix='umwalk-patches.') as scratch:
        shutil.copytree(folder, scratch, dirs_exist_ok=True)
        yield Path(scratch)
