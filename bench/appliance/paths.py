# SPDX-License-Identifier: GPL-2.0
"""The folders of the clone, the build folder, and files that are written whole."""

import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Iterator

from . import process
from .failure import Failure

TOP = Path(__file__).resolve().parents[2]
PATCHES = TOP / 'kernel-patches'
CONFIGS = TOP / 'uml-config'
LATEST = 'latest'  # of the results


def expanded(path: str | Path) -> Path:
    """Return a path with ~ and ~user replaced."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise Failure(f"'{path}': {error}") from error


def build_folder() -> Path:
    """Return the folder for all that is built: $BUILD, or build/ in the clone.

    Kbuild refuses a path with a space or colon; make has no way to quote one.
    """
    build = expanded(os.environ.get('BUILD') or TOP / 'build').absolute()
    if any(c in str(build) for c in ' \t:\n'):
        raise Failure(f"a kernel cannot be built below '{build}' (space or colon "
                      'in the path); set BUILD=/a/plain/path')
    return _made(build, 'build', 'BUILD')


def results_folder() -> Path:
    """Return the folder for results: $RESULTS, or results/ in the clone."""
    folder = _made(expanded(os.environ.get('RESULTS') or TOP / 'results').absolute(),
                   'results', 'RESULTS')
    latest = folder / LATEST
    if latest.is_dir() and not latest.is_symlink():
        raise Failure(f"'{latest}' is a folder, where umwalk makes a link to the last run: rename it")
    return folder


def _made(folder: Path, what: str, variable: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Failure(f"cannot write to the {what} folder '{folder}': {error.strerror}; "
                      f'set {variable}=/a/writable/path') from error
    return folder


def short(path: Path) -> Path:
    """Return a path relative to the clone if it is in there, for messages."""
    return path.relative_to(TOP) if path.is_relative_to(TOP) else path


@contextlib.contextmanager
def locked(build: Path) -> Iterator[None]:
    """Let only one umwalk at a time build in a build folder; the others wait.

    They wait for what it has started, too, should it be killed.
    """
    with open(build / 'lock', 'w', encoding='utf-8') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f'waiting for another umwalk that builds in {build}', file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        with process.handing_down(lock.fileno()):
            yield


@contextlib.contextmanager
def scratch(build: Path) -> Iterator[Path]:
    """Make a folder for as long as it is used; remove those of runs that were killed.

    The user of a folder locks it, and the lock ends with the process.
    """
    top = build / 'scratch'
    top.mkdir(exist_ok=True)
    with locked_folder(top):
        for left in top.iterdir():
            with contextlib.suppress(BlockingIOError), locked_folder(left, fcntl.LOCK_NB):
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=top))
        in_use = contextlib.ExitStack()
        in_use.enter_context(locked_folder(folder))
    with in_use:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Have tempfile make all files and folders in there, so that none is left after a kill."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def locked_folder(folder: Path, how: int = 0) -> Iterator[None]:
    """Hold the lock of a folder, which ends with the process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'.{path.name}.{os.getpid()}')
    temporary.write_bytes(content.encode() if isinstance(content, str) else content)
    temporary.chmod(mode)
    temporary.replace(path)


def copy_atomically(source: Path, target: Path) -> None:
    """Copy a file, its mode included, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f'.{target.name}.{os.getpid()}')
    shutil.copy2(source, temporary)
    temporary.replace(target)
