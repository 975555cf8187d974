# SPDX-License-Identifier: GPL-2.0
"""What can be said of a series before it is built: of its messages, its style and its comments."""

import re
import shutil
from collections import Counter
from typing import Callable, Iterator, Sequence

from ... import process
from ...kernels import build as builds, commits, scripts
from ...kernels.message import Message
from ...kernels.patch import Patch, touched_files
from ...runs.outcome import FAIL, PASS, SKIP, WARN, Finding, Outcome
from .compared import warnings
from .subject import Subject

# A check of a patch says whether it passes, why, and what it has found.
Judged = tuple[str, str, Sequence[Finding]]


def check(subject: Subject) -> Iterator[Outcome]:
    """Judge each patch, then the whole series."""
    for patch in subject.patches:
        message = Message(patch.content)
        for name, (needed, judge) in OF_A_PATCH.items():
            status, summary, findings = (judge(subject, patch, message) if _is_here(needed)
                                         else _missing(needed))
            yield Outcome(name, status, summary, patch.file.name, tuple(findings))
    yield _kernel_doc(subject)


def _signed_off(_: Subject, __: Patch, message: Message) -> Judged:
    """Whether the author, whom From: names, has signed the patch off."""
    author, signed = message.author, message.signed_off
    if not author:
        return FAIL, 'it has no From:', ()
    if author.address.lower() in (one.address.lower() for one in signed):
        return PASS, f'by its author, {author}', ()
    others = ', '.join(map(str, signed)) or 'nobody'
    same = author.name.lower() in (one.name.lower() for one in signed)
    return WARN if same else FAIL, f'From: {author}, but signed off by {others}', ()


def _fixes(subject: Subject, _: Patch, message: Message) -> Judged:
    """Whether the commits that Fixes: tags name are in the tree's log."""
    tags = message.fixes
    repository = commits.repository(subject.base.version)
    if not tags:
        return PASS, 'no Fixes: tag', ()
    if not repository:
        return SKIP, 'the tree is no git repository, so it has no log to look commits up in', ()
    if not commits.is_whole(repository):
        return SKIP, f'{repository} has only a part of its history', ()
    found = [Finding(f'Fixes: {tag}: {fault}') for tag in tags
             if (fault := commits.fault(repository, tag))]
    return FAIL if found else PASS, f'{len(found)} of {len(tags)} Fixes: tags are wrong', found


def _checkpatch(subject: Subject, patch: Patch, message: Message) -> Judged:
    """Run the kernel's own checkpatch; an error fails."""
    remarks = scripts.checkpatch(subject.build, subject.base, patch.content, message.ignored,
                                 subject.sandbox)
    levels = Counter(one.level for one in remarks)
    summary = f'{levels["ERROR"]} errors, {levels["WARNING"]} warnings'
    if message.ignored:
        summary += f'; ignored, as its notes say: {", ".join(message.ignored)}'
    status = FAIL if levels['ERROR'] else WARN if remarks else PASS
    return status, summary, [Finding(str(one)) for one in remarks]


def _codespell(subject: Subject, patch: Patch, message: Message) -> Judged:
    """Look for misspelt words in what the author wrote; those of the files on base are not his."""
    said = process.run(['codespell', '-'], message.own_lines).stdout
    found = dict(re.findall(r'^\t(\S+) ==> (.+)$', said, re.M))
    if found:
        base = builds.read_files(subject.build, subject.base, set(touched_files([patch])))
        used = set(re.findall(r"[\w'-]+", ' '.join(base.values())))
        found = {word: right for word, right in found.items() if word not in used}
    return (WARN if found else PASS, f'{len(found)} misspelt words',
            [Finding(f'{word} ==> {right}') for word, right in found.items()])


def _kernel_doc(subject: Subject) -> Outcome:
    """Compare what kernel-doc says of the files before and after the series."""
    if not _is_here('perl'):
        status, summary, _ = _missing('perl')
        return Outcome('kernel-doc', status, summary)
    names = touched_files(subject.patches)
    before, after = (scripts.kernel_doc(subject.build, kernel, names, subject.sandbox)
                     for kernel in (subject.base, subject.patched))
    return warnings('kernel-doc', before, after)


OF_A_PATCH: dict[str, tuple[str, Callable[[Subject, Patch, Message], Judged]]] = {
    'signed-off-by': ('', _signed_off), 'fixes': ('git', _fixes),
    'checkpatch': ('perl', _checkpatch), 'codespell': ('codespell', _codespell)}


def _is_here(program: str) -> bool:
    return not program or shutil.which(program) is not None


def _missing(program: str) -> Judged:
    return SKIP, process.missing(program), ()
