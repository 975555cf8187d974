# SPDX-License-Identifier: GPL-2.0
"""Kernels that outlive the build folder: the pinned reference, and those of each night."""

import contextlib
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Iterator

from ...kernels.build import Built
from ...paths import copy_atomically, locked_folder, scratch

REFERENCE = 'reference'  # the name of the kernel, and of its folder among the results
PROGRAM = 'linux'
# What is needed to boot a kernel, to put its functions into another order, and to name its lines.
FILES = (PROGRAM, 'linux.debug', 'linux.linked', 'linux.map', 'config')


def files(built: Built, folder: str) -> dict[str, bytes]:
    """Return a kernel's files, for a folder within that of a night."""
    return {f'{folder}/{name}': (built.folder / name).read_bytes() for name in FILES}


def reference(results: Path, first: Built) -> Built:
    """Return the pinned kernel; the first night pins its own."""
    folder = results / REFERENCE
    with locked_folder(results):
        if not folder.exists():
            new = folder.with_name(f'.{REFERENCE}')
            shutil.rmtree(new, ignore_errors=True)
            for name in FILES:
                copy_atomically(first.folder / name, new / name)
            new.rename(folder)
    return _of(folder, first, REFERENCE)


@contextlib.contextmanager
def borrowed(build: Path, folder: Path, like: Built, name: str) -> Iterator[Built]:
    """Give the kernel of a folder under a name for as long as it is used; the folder stays as it is."""
    with scratch(build) as copy:
        for file in FILES:
            shutil.copyfile(folder / file, copy / file)
        (copy / PROGRAM).chmod(0o755)  # a night's folder keeps no modes
        yield _of(copy, like, name)


def digest(built: Built) -> str:
    """Return the digest of a kernel's program."""
    return hashlib.sha256(built.program.read_bytes()).hexdigest()


def _of(folder: Path, like: Built, name: str) -> Built:
    return replace(like, kernel=replace(like.kernel, name=name), folder=folder,
                   program=folder / PROGRAM)
