# SPDX-License-Identifier: GPL-2.0
"""A validation for a cover letter, as linux-mm is told of tests: what was run on what, and what not.

It has no trailer: whether a series is tested says who posts it.
"""

from typing import Iterator, Sequence

from ...render import mail
from ...runs.outcome import MENDED, NEW, ON_BASE, SKIP, UNDECIDED, Outcome
from . import grouped, measures, verdict

MOST = 12  # findings, and functions
MOST_DETAILS = 3  # lines of a finding
NOT_ON_UML = 'what user-mode Linux has not: SMP, NUMA, THP, soft-dirty bits, swap'


def text(result: dict, outcomes: Sequence[Outcome]) -> str:
    """Return the text; result has the envelope and what report.found() adds to it."""
    parts = ('Tested with umwalk, on user-mode Linux, x86_64:', mail.described(_subject(result)),
             _changed(outcomes), _checks(outcomes), _verdict(outcomes), _accusations(outcomes),
             _not_new(outcomes), '\n'.join(measures.table_of(grouped.measured(outcomes))),
             _not_run(outcomes), _again(result['command'], outcomes))
    return '\n\n'.join(part for part in parts if part) + '\n'


def _subject(result: dict) -> list[tuple[str, str]]:
    """Return what was run on what."""
    first, *others = result['patches']
    series = f'"{first}"' + (f' to "{others[-1]}", {len(others) + 1} patches' if others else '')
    commit = f', base-commit {result["base_commit"]}' if result['base_commit'] else ''
    return [('series', series), ('base', f'{result["base"]}, Linux {result["source"]}{commit}'),
            ('configuration', result['configuration']), ('compiler', result['compiler']),
            ('umwalk', f'{result["umwalk"] or "of no commit"}, {result["started"]}')]


def _changed(outcomes: Sequence[Outcome]) -> str:
    functions = grouped.changed(outcomes)
    more = f' and {len(functions) - MOST} more' if functions[MOST:] else ''
    return mail.paragraph(f'Changed functions: {", ".join(functions[:MOST])}{more}',
                          other='  ') if functions else ''


def _checks(outcomes: Sequence[Outcome]) -> str:
    return mail.bullets([f'{group.check}: {group.summary}' for group in grouped.groups(outcomes)
                         if group.status != SKIP])


def _verdict(outcomes: Sequence[Outcome]) -> str:
    """Return the sentence that readers look for."""
    status = verdict.exit_status(outcomes)
    if status == verdict.PASSED:
        return 'No new failures.'
    if status == verdict.CANNOT_TELL:
        return mail.paragraph(f'No new failures, but {verdict.sentence(outcomes)}.')
    return 'New failures:'


def _accusations(outcomes: Sequence[Outcome]) -> str:
    """Return what is new of the checks that did not pass."""
    lines = ['\n'.join((mail.paragraph(f'{group.check}: {f"{on}: " if on else ""}{finding.text}', '- '),
                        *(mail.paragraph(line, '    ')
                          for line in finding.details[:MOST_DETAILS])))
             for group in grouped.accusing_first(outcomes) if group.accuses
             for on, finding in group.findings if finding.kind in (NEW, UNDECIDED)]
    more = [mail.bullets([f'and {len(lines) - MOST} more'])] if lines[MOST:] else []
    return '\n'.join(lines[:MOST] + more)


def _not_new(outcomes: Sequence[Outcome]) -> str:
    """Return how much the series has not brought in, and how much it has mended."""
    return mail.bullets([f'{kind}: {", ".join(counts)}' for kind in (ON_BASE, MENDED)
                         if (counts := list(_counts(outcomes, kind)))])


def _counts(outcomes: Sequence[Outcome], kind: str) -> Iterator[str]:
    for group in grouped.groups(outcomes):
        count = sum(finding.kind == kind for _, finding in group.findings)
        if count:
            yield f'{count} of {group.check}'


def _not_run(outcomes: Sequence[Outcome]) -> str:
    return '\n'.join(filter(None, ('Not run:\n', _bullets(grouped.not_run(outcomes)),
                                   mail.bullets([NOT_ON_UML]))))


def _again(command: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """Return the command that repeats the validation, and those of stages that did not pass."""
    some = '\n'.join(mail.command(words) for words in grouped.again(command, outcomes))
    return (f'The same again:\n\n{mail.command(command)}'
            + (f'\n\nOnly what did not pass:\n\n{some}' if some else ''))


def _bullets(lines: list[str]) -> str:
    more = [f'and {len(lines) - MOST} more'] if lines[MOST:] else []
    return mail.bullets(lines[:MOST] + more)
