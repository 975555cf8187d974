# SPDX-License-Identifier: GPL-2.0
"""A series as it was posted."""

from dataclasses import dataclass
from typing import Sequence

from ...failure import Failure
from ..patch import Patch, Refused


@dataclass(frozen=True)
class Posted:
    """A patch of a series.

    subject is its title without [PATCH n/m], author is `NAME <MAIL>` or empty, message is what
    git would log. source is what the user gave; line is that of the source in which the mail
    begins, and shift what a line of the patch file is later there, None if it is another text.
    """
    patch: Patch
    subject: str
    author: str
    message: str
    source: str
    line: int
    shift: int | None

    def failure(self, refused: Refused) -> Failure:
        """Say why the patch is refused, with the line of what the user gave."""
        line = self.line
        if refused.line and self.shift is not None:
            line = refused.line + self.shift
        return Failure(f'{self.source}:{line}: "{self.subject}": {refused.why}')


@dataclass(frozen=True)
class Series:
    """Patches in their order.

    cover is the cover letter, its title first, base_commit what it says that the series applies
    to; both may be empty. notes are lines that the user should read.
    """
    patches: tuple[Posted, ...]
    cover: str
    base_commit: str
    notes: tuple[str, ...]


def joined(several: Sequence[Series]) -> Series:
    """Return one series of several, each of which applies to those before it."""
    first = several[0]
    return Series(tuple(posted for one in several for posted in one.patches), first.cover,
                  first.base_commit, tuple(note for one in several for note in one.notes))
