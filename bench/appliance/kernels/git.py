# SPDX-License-Identifier: GPL-2.0
"""Commands of git: those that need no repository, and those that read the user's."""

import contextlib
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Iterable

from .. import process
from ..failure import Failure

# What the user or the system has set for git would change what it writes.
ALONE = {'GIT_CONFIG_GLOBAL': '/dev/null', 'GIT_CONFIG_NOSYSTEM': '1', 'GIT_ATTR_NOSYSTEM': '1',
         'GIT_CONFIG_COUNT': '1', 'GIT_CONFIG_KEY_0': 'core.attributesFile',
         'GIT_CONFIG_VALUE_0': '/dev/null'}


# Repositories of other users are read, too, since the user has named them.
ANY_OWNER = {'GIT_CONFIG_COUNT': '1', 'GIT_CONFIG_KEY_0': 'safe.directory', 'GIT_CONFIG_VALUE_0': '*'}


def apply(patches: Iterable[bytes], folder: Path,
          *options: str) -> subprocess.CompletedProcess[str]:
    """Run `git apply` in a folder as if there were no repository around it.

    What it says may have file names, in which os.fsencode() gives any byte back.
    """
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_without_name(patch)).fileno() for patch in patches]
        ran = process.run(
            ['git', '--git-dir=/nonexistent', 'apply', '--whitespace=nowarn',
             '--no-ignore-whitespace', *options, *(f'/dev/fd/{file}' for file in files)],
            more=ALONE, cwd=folder, pass_fds=files, errors='surrogateescape')
    return ran


def alone(*command: str | Path,
          given: Path = Path('/dev/null')) -> subprocess.CompletedProcess[bytes]:
    """Run a command that needs no repository; it reads a file."""
    with open(given, 'rb') as opened, process.start(
            ['git', '--git-dir=/nonexistent', *command], ALONE, stdin=opened,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        said, errors = ran.communicate()
    return subprocess.CompletedProcess(command, ran.returncode, said, errors)


def of_repository(repository: Path, *command: str) -> list[str | Path]:
    """Return a command that reads a repository, whoever owns it, since the user has named it."""
    return ['git', '-C', repository, '-c', 'safe.directory=*', *command]


def read(repository: Path, *command: str, why: str = '') -> str:
    """Return what such a command prints; raise Failure, with a reason or git's own, if it fails."""
    ran = process.run(of_repository(repository, *command), more=ALONE)
    if ran.returncode:
        raise Failure(f"'{repository}': {why or process.last_line(ran.stderr)}")
    return ran.stdout.strip()


def _without_name(content: bytes) -> IO[bytes]:
    """Make a file that goes with its last user, however that ends."""
    file = tempfile.TemporaryFile()
    file.write(content)
    file.flush()
    return file
