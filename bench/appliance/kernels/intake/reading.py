# SPDX-License-Identifier: GPL-2.0
"""Read a series, and write each of its patches to a file of its own."""

import re
from pathlib import Path

from ...failure import Failure
from ..patch import Patch, Refused, touched_files
from . import chosen, given as givens
from .chosen import Chosen
from .mails import Mail
from .posted import Posted, Series

FLOWED = 'format=flowed, which wraps lines and changes white space'


def read(given: str, folder: Path) -> Series:
    """Read a series from a folder of patches, a patch, a mailbox, or - for standard input.

    The patches are written to an empty folder, as NNNN-subject.patch.
    """
    choose = chosen.in_order if givens.is_listed(given) else chosen.by_number
    return _series(choose(givens.name(given), givens.mails(given)), folder)


def read_commits(repository: Path, commit_range: str, folder: Path) -> Series:
    """Read a series from a git repository, likewise: BASE..TOPIC."""
    mails, base = givens.commits(repository, commit_range)
    return _series(chosen.in_order(commit_range, mails), folder, base)


def _series(mails: Chosen, folder: Path, base: str = '') -> Series:
    posted = tuple(_posted(mail, number, folder) for number, mail in enumerate(mails.patches, 1))
    _check(posted, mails.patches)
    cover = [mails.cover] if mails.cover else []
    base = base or next(filter(None, (mail.base_commit for mail in cover + [*mails.patches])), '')
    flowed = tuple(f'the mail of "{mail.title}" is {FLOWED}'
                   for mail in mails.patches if mail.is_flowed)
    return Series(posted, mails.cover.text if mails.cover else '', base, mails.notes + flowed)


def _posted(mail: Mail, number: int, folder: Path) -> Posted:
    """Write a patch."""
    decoded = mail.decoded
    head = f'{_head(mail)}\n{decoded.message}'.encode()
    file = folder / f'{number:04}-{_slug(mail.title)}.patch'
    file.write_bytes(head + decoded.rest)
    return Posted(Patch(file), mail.title, decoded.author, decoded.message.strip(),
                  mail.source, mail.line, _shift(mail, head.count(b'\n')))


def _check(posted: tuple[Posted, ...], mails: tuple[Mail, ...]) -> None:
    """Refuse patches that no tree takes; what is wrong is said of what was given."""
    try:
        touched_files([one.patch for one in posted])
    except Refused as refused:
        one, mail = next(pair for pair in zip(posted, mails) if pair[0].patch == refused.patch)
        flowed = f'; the mail is {FLOWED}' if mail.is_flowed else ''
        raise Failure(f'{one.failure(refused)}{flowed}') from refused


def _head(mail: Mail) -> str:
    """Return a mail's header that tools read without decoding."""
    decoded = mail.decoded
    fields = {'From': decoded.author, 'Date': decoded.date,
              'Subject': decoded.subject or f'[PATCH] {mail.title}', 'MIME-Version': '1.0',
              'Content-Type': 'text/plain; charset=UTF-8', 'Content-Transfer-Encoding': '8bit'}
    return ''.join(f'{name}: {value}\n' for name, value in fields.items() if value)


def _shift(mail: Mail, head: int) -> int | None:
    """Return what the lines of the diff have more in what was given, if it is there as it is."""
    at = mail.content.find(mail.decoded.rest)
    return mail.line - 1 + mail.content.count(b'\n', 0, at) - head if at >= 0 else None


def _slug(title: str) -> str:
    """Return a title as `git format-patch` names a file."""
    return re.sub(r'[^A-Za-z0-9._]+|\.{2,}', '-', title)[:52].strip('-.') or 'patch'
