# SPDX-License-Identifier: GPL-2.0
"""Mails: split a mailbox, read what a subject says of the series, and decode, as `git am` does."""

import contextlib
import email
import email.errors
import email.header
import email.message
import email.utils
import functools
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...failure import Failure
from .. import git

REPLY = re.compile(r'\s*(?:re|aw|fwd?)\s*:', re.I)
TAGS = re.compile(r'\s*((?:\[[^\]]*\]\s*)*)(.*)', re.S)
REVISION = re.compile(r'(?<![\w.-])(?:patch)?v(\d{1,9})(?![\w.-])', re.I)
NUMBER = re.compile(r'(?<![\w./])(\d{1,9})/(\d{1,9})(?![\w./])')
DIFF = re.compile(rb'^(?:diff --git |--- \S.*\n\+\+\+ )', re.M)
BASE = re.compile(r'^base-commit: ([0-9a-f]{7,64})$', re.M)


@dataclass(frozen=True)
class Decoded:
    """What `git mailinfo` makes of a mail: text, and the diff with what is around it."""
    author: str
    date: str
    subject: str
    message: str
    rest: bytes

    @property
    def has_diff(self) -> bool:
        """Return whether it is a patch."""
        return DIFF.search(self.rest) is not None


@dataclass(frozen=True)
class Mail:
    """A mail, what the user gave it in, and the line of that in which it begins."""
    source: str
    line: int
    content: bytes

    @functools.cached_property
    def header(self) -> email.message.Message:
        """Return its header."""
        return email.message_from_bytes(self.content[:100_000])

    @functools.cached_property
    def subject(self) -> str:
        """Return its subject on one line, without what a terminal would obey."""
        subject = str(self.header['Subject'] or '')
        with contextlib.suppress(LookupError, ValueError, email.errors.HeaderParseError):
            subject = str(email.header.make_header(email.header.decode_header(subject)))
        return _printable(' '.join(subject.split()))

    @property
    def tags(self) -> str:
        """Return the [PATCH v2 1/3] of its subject; others may follow."""
        return _match(TAGS, self.subject, 1)

    @property
    def title(self) -> str:
        """Return its subject without them, or the name of what it was in."""
        return _match(TAGS, self.subject, 2) or _printable(Path(self.source).stem)

    @property
    def revision(self) -> int:
        """Return the 2 of v2."""
        found = REVISION.search(self.tags)
        return int(found[1]) if found else 1

    @property
    def number(self) -> tuple[int, int] | None:
        """Return the (1, 3) of 1/3."""
        found = NUMBER.search(self.tags)
        return (int(found[1]), int(found[2])) if found else None

    @property
    def is_reply(self) -> bool:
        """Return whether it answers a mail; a patch in a thread does not."""
        return REPLY.match(self.subject) is not None

    @property
    def is_flowed(self) -> bool:
        """Return whether its lines may have been wrapped, as format=flowed allows."""
        return str(self.header.get_param('format', '')).lower() == 'flowed'

    @property
    def date(self) -> float:
        """Return when it was sent, in seconds; 0 if it does not say."""
        with contextlib.suppress(ValueError, OverflowError):
            fields = email.utils.parsedate_tz(str(self.header['Date']))
            return email.utils.mktime_tz(fields) if fields else 0
        return 0

    @property
    def text(self) -> str:
        """Return all that a cover letter says, its title first."""
        return f'{self.title}\n\n{self.decoded.message}{_text(self.decoded.rest)}'.strip()

    @property
    def base_commit(self) -> str:
        """Return the commit to which it says that the series applies."""
        return ''.join(BASE.findall(self.text)[-1:])

    @functools.cached_property
    def decoded(self) -> Decoded:
        """Return its parts."""
        with tempfile.TemporaryDirectory(prefix='umwalk-mail.') as folder:
            mail, message, rest = (Path(folder) / name for name in ('mail', 'message', 'rest'))
            mail.write_bytes(self.content)
            ran = git.alone('mailinfo', '-k', '--quoted-cr=strip', message, rest, given=mail)
            if ran.returncode:
                raise Failure(f'{self.source}:{self.line}: git cannot decode the mail: '
                              f'{_text(ran.stderr).strip()}')
            fields = dict(re.findall(r'^(\w+): (.*)$', _text(ran.stdout), re.M))
            author = f'{fields.get("Author", "")} <{fields["Email"]}>' if 'Email' in fields else ''
            return Decoded(author, fields.get('Date', ''), fields.get('Subject', ''),
                           _text(message.read_bytes()), rest.read_bytes())


def split(source: str, content: bytes) -> list[Mail]:
    """Return the mails of a mailbox; a file that begins as none is one mail."""
    before = content[:len(content) - len(content.lstrip())]
    line = 1 + before.count(b'\n')
    found = []
    with tempfile.TemporaryDirectory(prefix='umwalk-mail.') as folder:
        box = Path(folder) / 'box'
        box.write_bytes(content)
        mails = Path(folder) / 'mails'
        mails.mkdir()
        ran = git.alone('mailsplit', '-b', '-d8', f'-o{mails}', box)
        if ran.returncode:
            raise Failure(f'{source}: git cannot split the mails: {_text(ran.stderr).strip()}')
        for mail in sorted(mails.iterdir()):
            found.append(Mail(source, line, mail.read_bytes()))
            line += found[-1].content.count(b'\n')
    return found


def _printable(text: str) -> str:
    return ''.join(filter(str.isprintable, text))


def _match(pattern: re.Pattern, text: str, group: int) -> str:
    found = pattern.match(text)
    return found[group].strip() if found else ''


def _text(text: bytes) -> str:
    """Return UTF-8, or else latin-1, which is what mails that do not say it are most often."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode('latin-1')
