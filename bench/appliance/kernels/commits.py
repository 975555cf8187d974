# SPDX-License-Identifier: GPL-2.0
"""The commits of the git repository that umwalk's tree was made from."""

import contextlib
import re
from pathlib import Path

from .. import process
from . import git, sources
from .version import Version

TAG = re.compile(r'([0-9a-f]{12,40}) \("(.*)"\)')


def repository(version: Version) -> Path | None:
    """Return the repository, if the tree was made from one."""
    named = sources.origin(version)
    return named if (named / '.git').exists() else None


def fault(repo: Path, tag: str) -> str:
    """Say what is wrong with what a Fixes: tag names, or return ''."""
    match = TAG.fullmatch(tag)
    if not match:
        return 'it is not of the form 123456789abc ("title"), with 12 digits or more'
    title = _git(repo, 'show', '--no-patch', '--format=%s', f'{match[1]}^{{commit}}')
    if title is None:
        return f'{repo} has no such commit'
    if title != match[2]:
        return f'the title of that commit is "{title}"'
    if _git(repo, 'merge-base', '--is-ancestor', match[1], 'HEAD') is None:
        return f'that commit is not in the history of what {repo} has checked out'
    return ''


def is_whole(repo: Path) -> bool:
    """Whether a repository has all of its history."""
    return _git(repo, 'rev-parse', '--is-shallow-repository') == 'false'


def folders(repo: Path) -> list[Path]:
    """Return the folders of a repository: its own, that of its worktrees, those it borrows from."""
    common = _git(repo, 'rev-parse', '--path-format=absolute', '--git-common-dir')
    found = [repo, *([Path(common)] if common else [])]
    for folder in found[1:]:  # which grows meanwhile
        with contextlib.suppress(OSError):
            lines = (folder / 'objects/info/alternates').read_text(encoding='utf-8').splitlines()
            found += [path.parent for line in lines if (path := folder / 'objects' / line).is_dir()]
    return found


def _git(repo: Path, *command: str) -> str | None:
    """Return the line that git prints, or None if it fails."""
    ran = process.run(['git', '-C', repo, '--no-pager', *command], more=git.ANY_OWNER)
    return None if ran.returncode else ran.stdout.strip()
