# SPDX-License-Identifier: GPL-2.0
"""Keep the folders of built kernels, each named by its content, as long as they are needed.

Of kernels with one name, the newest is kept, and those that a process uses. Such a process
holds a lock of the folder, which the system takes back however the process ends.
"""

import collections
import fcntl
import shutil
from pathlib import Path
from typing import IO

DIGITS = 16  # of a digest, in a folder's name
LOCK = 'lock'
PROGRAM = 'linux'  # if it is there, all of the folder is

_locks: dict[Path, IO] = {}  # of the folders that this process uses
_uses: collections.Counter[Path] = collections.Counter()  # how many users each has in here


def folder(build: Path, label: str, digest: str) -> Path:
    """Return the folder of a kernel; the label is for people."""
    return build / 'kernels' / f'{label}-{digest[:DIGITS]}'


def use(kernel: Path) -> None:
    """Keep this folder as long as this process runs, or until every user has released it."""
    _uses[kernel] += 1
    kernel.mkdir(parents=True, exist_ok=True)
    if kernel not in _locks or not (kernel / LOCK).exists():
        # pylint: disable-next=consider-using-with # it is held
        _locks[kernel] = open(kernel / LOCK, 'a', encoding='utf-8')
        fcntl.flock(_locks[kernel], fcntl.LOCK_SH)


def release(kernel: Path) -> None:
    """Say that one user needs it no longer; kernels of the same content share a folder."""
    _uses[kernel] -= 1
    if not _uses[kernel]:
        _locks.pop(kernel).close()


def forget_others(kernel: Path) -> None:
    """Remove kernels of the same name that nobody uses."""
    label = kernel.name[:-DIGITS]
    for other in kernel.parent.glob(f'{label}{"[0-9a-f]" * DIGITS}'):
        if other != kernel and not _is_used(other):
            (other / PROGRAM).unlink(missing_ok=True)
            shutil.rmtree(other)


def _is_used(kernel: Path) -> bool:
    with open(kernel / LOCK, 'a', encoding='utf-8') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
