# SPDX-License-Identifier: GPL-2.0
"""The patches of a kernel as they would be posted: by git, in a repository of their own."""

import subprocess
from pathlib import Path

from .. import process
from ..failure import Failure
from ..paths import locked, scratch, short
from . import sources
from .git import ALONE
from .patch import Patch, is_left_out
from .series import Kernel
from .tree import PatchedTree

COMMITTER = ('-c', 'user.name=umwalk', '-c', 'user.email=')


def write(build: Path, kernel: Kernel, folder: Path) -> list[Path]:
    """Write a kernel's patches, numbered, to a folder that has nothing in it; returns their files.

    Those that the tree has already are left out.
    """
    _make_empty(folder)
    with scratch(build) as temporary:
        repository = temporary / 'linux'
        with locked(build):
            tree = sources.prepare(build, kernel.version).tree
            PatchedTree(tree, build / 'pristine').copy_originals(kernel.stack, repository)
        _git(repository, 'init', '--quiet', '--template=')
        _git(repository, 'add', '--force', '.')
        _git(repository, 'commit', '--quiet', '--message=Linux')
        _git(repository, 'tag', 'linux')
        for patch in kernel.stack.patches:
            if not is_left_out(patch, repository):
                _commit(repository, patch)
        _git(repository, 'format-patch', '--numbered', '--zero-commit', '--no-signature',
             f'--output-directory={folder.absolute()}', 'linux')
    return sorted(folder.glob('*.patch'))


def _make_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        empty = not any(folder.iterdir())
    except OSError as error:
        raise Failure(f"cannot write to '{folder}': {error.strerror}") from error
    if not empty:
        raise Failure(f"'{folder}' is not empty: name another folder")


def _commit(repository: Path, patch: Patch) -> None:
    mail = repository.with_name('patch')
    mail.write_bytes(patch.content)
    try:
        _git(repository, 'am', '--quiet', '--keep-cr', mail)
    except Failure as failure:
        why = ('it has no From: and Subject:, write it by git format-patch'
               if 'Patch format detection failed' in str(failure) else failure)
        raise Failure(f'{short(patch.file)}: {why}') from failure


def _git(repository: Path, *command: str | Path) -> None:
    with process.start(['git', '-C', repository, *COMMITTER, *command], ALONE,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **process.TEXT) as ran:
        said, _ = ran.communicate()
    if ran.returncode:
        why = (said.strip().splitlines() or [process.ending(ran.returncode)])[0]
        raise Failure(f'git {command[0]} failed: {why}')
