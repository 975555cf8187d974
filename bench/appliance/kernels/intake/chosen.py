# SPDX-License-Identifier: GPL-2.0
"""Which mails are the series: without replies, of the newest revision, in order, none missing."""

from dataclasses import dataclass
from typing import Sequence

from ...failure import Failure
from .given import MOST_PATCHES
from .mails import Mail


@dataclass(frozen=True)
class Chosen:
    """The mails of a series, and what the user should know of the choice."""
    cover: Mail | None
    patches: tuple[Mail, ...]
    notes: tuple[str, ...]


def in_order(given: str, mails: Sequence[Mail]) -> Chosen:
    """Take all mails in the order in which they are."""
    covers = [mail for mail in mails if mail.number and mail.number[0] == 0]
    patches = [mail for mail in mails if mail not in covers]
    return _checked(given, covers[0] if covers else None, patches, [])


def by_number(given: str, mails: Sequence[Mail]) -> Chosen:
    """Choose and order mails by what their subjects say: [PATCH v2 1/3]."""
    notes: list[str] = []
    left = _without_replies(given, mails, notes)
    if not any(mail.number for mail in left):
        return _checked(given, None, _newest_of_each_title(left, notes), notes)
    each = _each_once(_numbered(_newest_revision(left, notes), notes), notes)
    cover = each.pop(0, None)
    if not each:
        raise Failure(f'{given}: no patch, only a cover letter')
    missing = _missing(given, each)
    if missing and len(mails) > 1:
        raise Failure(f'{given}: {missing}')
    patches = [each[number] for number in sorted(each)]
    return _checked(given, cover, patches, [*notes, *([missing] if missing else [])])


def _without_replies(given: str, mails: Sequence[Mail], notes: list[str]) -> list[Mail]:
    """Leave out replies, and what else a mailbox may have beside patches."""
    left = [mail for mail in mails if not mail.is_reply]
    if not left:
        raise Failure(f'{given}: no patch, only replies')
    _note(notes, len(mails) - len(left), 'reply', 'replies')
    patches = [mail for mail in left if mail.tags or mail.decoded.has_diff]
    sources = {mail.source for mail in patches}
    for mail in left:
        if mail.source not in sources:
            raise _no_patch(mail)
    _note(notes, len(left) - len(patches), 'mail without a patch', 'mails without a patch')
    return patches


def _newest_revision(mails: Sequence[Mail], notes: list[str]) -> list[Mail]:
    revisions = sorted({mail.revision for mail in mails})
    if len(revisions) > 1:
        notes.append(f'of revisions {_and(revisions)}, {revisions[-1]} is taken')
    return [mail for mail in mails if mail.revision == revisions[-1]]


def _newest_of_each_title(mails: Sequence[Mail], notes: list[str]) -> list[Mail]:
    """Leave out patches without a number that a newer revision replaces."""
    left = []
    for title in dict.fromkeys(mail.title for mail in mails):
        left += _newest_revision([mail for mail in mails if mail.title == title], notes)
    return [mail for mail in mails if mail in left]


def _numbered(mails: Sequence[Mail], notes: list[str]) -> list[Mail]:
    """Leave out patches that people have sent as replies; other patches need a number."""
    found = [mail for mail in mails if mail.number]
    other = [mail for mail in mails if not mail.number]
    for mail in other:
        if not mail.header['In-Reply-To']:
            raise Failure(f'{mail.source}:{mail.line}: "{mail.subject}" has no number, others have: '
                          'number it, take it out, or list all in a file series')
    _note(notes, len(other), 'patch in a reply', 'patches in replies')
    return found


def _each_once(mails: Sequence[Mail], notes: list[str]) -> dict[int, Mail]:
    """Return the latest mail of each number."""
    found: dict[int, Mail] = {}
    for mail in sorted(mails, key=lambda mail: mail.date):
        number, of = mail.number or (0, 0)
        if number in found and mail.content != found[number].content:
            notes.append(f'{number}/{of} is there more than once: the latest is taken')
        found[number] = mail
    return found


def _missing(given: str, each: dict[int, Mail]) -> str:
    """Say which of 1/3, 2/3 and 3/3 are not there."""
    totals = sorted({mail.number[1] for mail in each.values() if mail.number})
    if len(totals) > 1:
        raise Failure(f'{given}: more than one series: one of {_and(totals)} patches')
    if totals[0] > MOST_PATCHES:
        raise _too_many(given)
    if max(each) > totals[0]:
        raise Failure(f'{given}: a patch says that it is {max(each)}/{totals[0]}')
    missing = [f'{n}/{totals[0]}' for n in range(1, totals[0] + 1) if n not in each]
    return f'{_and(missing)} {"is" if len(missing) == 1 else "are"} missing' if missing else ''


def _checked(given: str, cover: Mail | None, patches: Sequence[Mail],
             notes: Sequence[str]) -> Chosen:
    if not patches:
        raise Failure(f'{given}: no patch')
    if len(patches) > MOST_PATCHES:
        raise _too_many(given)
    for mail in patches:
        if not mail.decoded.has_diff:
            raise _no_patch(mail)
    return Chosen(cover, tuple(patches), tuple(notes))


def _note(notes: list[str], count: int, one: str, many: str) -> None:
    if count:
        notes.append(f'{count} {one if count == 1 else many} left out')


def _and(items: Sequence[object]) -> str:
    *most, last = map(str, items)
    return f'{", ".join(most)} and {last}' if most else last


def _no_patch(mail: Mail) -> Failure:
    return Failure(f'{mail.source}:{mail.line}: no patch: there is no diff in "{mail.title}"')


def _too_many(given: str) -> Failure:
    return Failure(f'{given}: more than {MOST_PATCHES} patches')
