# SPDX-License-Identifier: GPL-2.0
"""What the user gives: a folder of patches, a file, standard input, or commits."""

import subprocess
import sys
from pathlib import Path
from typing import IO

from ... import process
from ...failure import Failure
from ...paths import expanded, short
from .. import git
from ..lists import entries
from ..newfiles import whole
from .mails import Mail, split

MOST_BYTES = 10 << 20
MOST_PATCHES = 64
SUFFIXES = ('.patch', '.diff', '.eml', '.mbox', '.mbx', '.cover')
# So that no setting of the repository changes what is written.
FORMAT = ('--stdout', '--numbered', '--subject-prefix=PATCH', '--no-cover-letter', '--no-attach',
          '--no-base', '--no-thread', '--no-notes', '--no-to', '--no-cc', '--no-add-header',
          '--no-signature', '--no-signoff', '--no-color', '--no-ext-diff', '--no-textconv',
          '--no-relative', '--submodule=short', '--src-prefix=a/', '--dst-prefix=b/',
          '--find-renames', '--unified=3')


def name(given: str) -> str:
    """Return what messages call it."""
    return 'standard input' if given == '-' else str(short(expanded(given).absolute()))


def is_listed(given: str) -> bool:
    """Return whether it is a folder that has a list of its patches."""
    return (expanded(given) / 'series').is_file()


def mails(given: str) -> list[Mail]:
    """Read the mails of a folder, in the order of its list or of their names, of a file, or of -."""
    if given == '-':
        return _split(name(given), _standard_input())
    path = expanded(given)
    try:
        files = _files(path)
        _refuse_pipes(path, files)
        contents = [_content(file, is_listed(given)) for file in files]
    except OSError as error:
        raise Failure(f"'{error.filename}': {error.strerror}") from error
    if sum(map(len, contents)) > MOST_BYTES:
        raise _too_long(name(given))
    return [mail for file, content in zip(files, contents)
            for mail in _split(str(short(file)), content)]


def commits(repository: Path, commit_range: str) -> tuple[list[Mail], str]:
    """Read the patches of BASE..TOPIC, and return the commit that they apply to, too."""
    repository = expanded(repository)
    base, dots, topic = commit_range.partition('..')
    if not dots or topic.startswith('.'):
        raise Failure(f"'{commit_range}' is no range of commits: name it as BASE..TOPIC")
    git.read(repository, 'rev-parse')
    first, last = (_commit(repository, revision or 'HEAD') for revision in (base, topic))
    start = git.read(repository, 'merge-base', first, last,
                     why=f'{commit_range}: the two have no commit in common')
    if int(git.read(repository, 'rev-list', '--count', f'{start}..{last}')) > MOST_PATCHES:
        raise Failure(f'{commit_range}: more than {MOST_PATCHES} commits')
    merges = git.read(repository, 'rev-list', '--merges', '--oneline', f'{start}..{last}')
    if merges:
        raise Failure(f'{commit_range}: {merges.splitlines()[0]} is a merge, which is no patch; '
                      'rebase it')
    with process.start(
            git.of_repository(repository, 'format-patch', *FORMAT, f'{start}..{last}'),
            git.ALONE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as ran:
        assert ran.stdout
        content = _read(commit_range, ran.stdout)
    if not content:
        raise Failure(f'{commit_range}: no commit')
    found = split(commit_range, content)
    return [Mail('commit ' + mail.content[5:17].decode(), 1, mail.content)
            for mail in found], start


def _commit(repository: Path, revision: str) -> str:
    return git.read(repository, 'rev-parse', '--verify', '--quiet', '--end-of-options',
                    f'{revision}^{{commit}}', why=f"'{revision}' is no commit")


def _files(path: Path) -> list[Path]:
    if is_listed(str(path)):
        return [path / listed for listed in entries(path / 'series')]
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir()
                   if file.suffix in SUFFIXES and not file.name.startswith('.'))
    if not found:
        raise Failure(f"'{path}' has no patches: no file series and no *{', *'.join(SUFFIXES)}")
    return found


def _refuse_pipes(path: Path, files: list[Path]) -> None:
    """A pipe that the user names is read; nobody may ever write to one that lies in a folder."""
    for file in files:
        if path.is_dir() and file.exists() and not file.is_file():
            raise Failure(f"'{short(file)}' is no plain file")


def _content(file: Path, listed: bool) -> bytes:
    """Read a file; the patches of a listed folder may leave content to kernel-patches/files."""
    with open(file, 'rb') as opened:
        content = _read(str(short(file)), opened)
    return whole(file) if listed else content


def _standard_input() -> bytes:
    if not sys.stdin:
        raise Failure('standard input is closed')
    return _read(name('-'), sys.stdin.buffer)


def _read(source: str, opened: IO[bytes]) -> bytes:
    content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _too_long(source)
    return content


def _split(source: str, content: bytes) -> list[Mail]:
    if not content.strip():
        raise Failure(f'{source} is empty')
    return split(source, content)


def _too_long(source: str) -> Failure:
    return Failure(f'{source}: more than {MOST_BYTES >> 20} MiB')
