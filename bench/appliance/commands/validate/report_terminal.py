# SPDX-License-Identifier: GPL-2.0
"""A validation for the terminal: what changed, a line a check, what was found, the verdict."""

from pathlib import Path
from typing import Iterator, Sequence

from ...render import table
from ...render.visible import one_line, visible
from ...runs.outcome import FLAKY, NEW, NOT_RUN, UNDECIDED, Finding, Outcome
from . import grouped, measures, verdict
from .grouped import Group

# The kinds of findings that are shown; of others, how many there are.
SHOWN = (NEW, UNDECIDED, FLAKY, NOT_RUN)
MOST = 8  # findings of a check, and functions
MOST_DETAILS = 3  # lines of a finding


def text(result: dict, outcomes: Sequence[Outcome], folder: Path) -> str:
    """Return what is printed; all the rest is in a folder."""
    parts = (changed(outcomes), checks(outcomes), findings(outcomes),
             '\n'.join(measures.table_of(grouped.measured(outcomes))),
             again(result['command'], outcomes), f'Reports: {folder}',
             verdict.sentence(outcomes))
    return visible('\n\n'.join(part for part in parts if part))


def changed(outcomes: Sequence[Outcome]) -> str:
    """Return the functions that the series changes, in a line."""
    functions = grouped.changed(outcomes)
    more = f' and {len(functions) - MOST} more' if functions[MOST:] else ''
    return one_line(f'Changed functions: {", ".join(functions[:MOST])}{more}') if functions else ''


def checks(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each check."""
    rows = [[group.status.upper() if group.accuses else group.status, one_line(group.check),
             f'{group.seconds:.1f} s', one_line(group.summary)] for group in grouped.groups(outcomes)]
    return '\n'.join(table.aligned(rows, left=(0, 1, 3))) if rows else ''


def findings(outcomes: Sequence[Outcome]) -> str:
    """Return what the checks have found, those that fail first."""
    return '\n'.join(line for group in grouped.accusing_first(outcomes) for line in _of(group))


def again(command: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """Return the command that repeats each stage that did not pass, and no other."""
    return '\n'.join(f'Again: {" ".join(words)}' for words in grouped.again(command, outcomes))


def _of(group: Group) -> Iterator[str]:
    """Yield the lines of a check."""
    shown = [pair for pair in group.findings if pair[1].kind in SHOWN]
    for on, finding in shown[:MOST]:
        yield one_line(f'{group.check}: {finding.kind}: {f"{on}: " if on else ""}{finding.text}')
        yield from _details(finding)
    left = [finding.kind for _, finding in shown[MOST:]]
    left += [finding.kind for _, finding in group.findings if finding.kind not in SHOWN]
    for kind in dict.fromkeys(left):
        yield f'{group.check}: {kind}: {left.count(kind)}{" more" if kind in SHOWN else ""}'


def _details(finding: Finding) -> Iterator[str]:
    yield from (f'    {one_line(line)}' for line in finding.details[:MOST_DETAILS])
    if finding.details[MOST_DETAILS:]:
        yield f'    ... {len(finding.details) - MOST_DETAILS} more lines'
