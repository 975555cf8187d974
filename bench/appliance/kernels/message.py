# SPDX-License-Identifier: GPL-2.0
"""The message of a patch: its author, and the lines at its end that name people and commits."""

import email
import email.policy
import email.utils
import re
from dataclasses import dataclass
from functools import cached_property

# The part of a mail that `git format-patch --notes=checkpatch-ignore` writes below ---.
NOTES = re.compile(r'^Notes \(checkpatch-ignore\):(.*\n(?:[ \t]+.*\n|\n)*)', re.M)


@dataclass(frozen=True)
class Person:
    """A name and an address."""
    name: str
    address: str

    def __str__(self) -> str:
        return f'{self.name} <{self.address}>'.lstrip()


class Message:
    """A patch as it is mailed; text is what follows the header."""

    def __init__(self, content: bytes):
        text = content.decode('utf-8', 'replace')
        header, _, body = text.partition('\n\n')
        mail = email.message_from_string(header, policy=email.policy.default)
        self.text = body if mail.keys() else text
        self._sender = str(mail['From'] or '')

    @cached_property
    def message(self) -> str:
        """Return what will be the message of the commit, but for its title."""
        return re.split(r'^(?:---$|diff --git |--- a/)', self.text, maxsplit=1, flags=re.M)[0]

    @property
    def author(self) -> Person | None:
        """Return who wrote the patch: another From: may begin the message."""
        first = re.match(r'\s*From: (.*)', self.message)
        return _person(first[1] if first else self._sender)

    @property
    def signed_off(self) -> list[Person]:
        """Return who signed the patch off."""
        found = re.findall(r'^Signed-off-by: (.*)$', self.message, re.M | re.I)
        return [person for line in found if (person := _person(line))]

    @property
    def fixes(self) -> list[str]:
        """Return what its Fixes: tags say."""
        return [line.strip() for line in re.findall(r'^Fixes: (.*)$', self.message, re.M | re.I)]

    @property
    def ignored(self) -> list[str]:
        """Return the types of checkpatch that its notes say to ignore."""
        notes = NOTES.search(re.split(r'^diff --git ', self.text, maxsplit=1, flags=re.M)[0])
        return re.findall(r'\b[A-Z][A-Z0-9_]+\b', notes[1]) if notes else []

    @property
    def own_lines(self) -> str:
        """Return the lines that the author wrote: those of the message, and those that are added."""
        diff = self.text[len(self.message):]
        return self.message + '\n'.join(re.findall(r'^\+(?!\+\+ )(.*)$', diff, re.M))


def _person(text: str) -> Person | None:
    name, address = email.utils.parseaddr(text)
    return Person(name, address) if '@' in address else None
