# SPDX-License-Identifier: GPL-2.0
"""The stage that measures: time and instructions of each walk, where both kernels tell the truth."""

from dataclasses import replace
from typing import Collection, Iterator

from ...boots import guest, walks
from ...boots.counting import counts, observe_one, side_by_side
from ...boots.walks import Row
from ...render.change import change, span
from ...runs.outcome import FAIL, FLAKY, NEW, PASS, UNDECIDED, WARN, Finding, Measured, Outcome
from ..bench import headline
from ..bench.beside import Beside
from ..bench.compare import PLACEMENTS, compare
from ..bench.insns import Counting
from ..bench.session import PROFILES
from . import changes
from .subject import Subject

MUCH = 0.01  # slower by so much for sure fails; so many more instructions leave a question
ONCE = 'slower once'  # the verdict of a row that was not slower when it was measured again
# Readers that are measured, too, if the name of a function that the series changes has this.
READERS = {'smaps_rollup': 'smaps', 'pagemap_small': 'pagemap', 'pagemap_scan': 'pagemap_scan',
           'mincore': 'mincore', 'clear_refs': 'clear_refs'}
# Of some, another walk of the layout tells whether they say the truth; of others no walk does.
TOLD_BY = {'smaps_rollup': 'smaps', 'pagemap_small': 'pagemap'}
COUNT_SECONDS = 300  # for counting, so that no time is undecided for want of it


def check(subject: Subject) -> Iterator[Outcome]:
    """Compare both kernels as `umwalk bench` does; yield the time, then the work."""
    appliance = guest.ensure(subject.build, [subject.base, subject.patched], subject.sandbox)
    rows = rows_for(walks.known(subject.build), changes.of(subject))
    with Beside() as beside, Counting(appliance, rows, beside) as counting:
        counting.wait(COUNT_SECONDS)
    a, b = subject.base.name, subject.patched.name

    def measure(rows: tuple[Row, ...], placements: int) -> list[dict]:
        return compare(subject.build, appliance, replace(PROFILES['quick'], rows=rows),
                       placements).found['rows']

    found = with_truth(measure(rows, PLACEMENTS), a, b)
    again = tuple(_row(row) for row in found if _is_slower(row, a, b) or _is_open(row, a, b))
    if again:
        found = with_truth(confirmed(found, measure(again, 2 * PLACEMENTS)), a, b)
    yield replace(time(found, a, b), measured=tuple(_measured(row, a, b) for row in found))
    yield work(found, a, b, ledger(subject, [_row(row) for row in found if _more(row, a, b)]))


def rows_for(known: walks.Known, changed: Collection[str]) -> tuple[Row, ...]:
    """Return the rows of `umwalk bench`, and those of readers whose functions have changed."""
    more = [reader for reader, part in READERS.items() if any(part in name for name in changed)]
    return known.rows([*known.layouts, *(f'{layout}:{",".join(more)}' for layout in known.layouts
                                         if more)])


def with_truth(found: list[dict], a: str, b: str) -> list[dict]:
    """Return the rows, those of readers with the truth that another walk has told on each kernel."""
    truth = {(_row(row), name): row[name]['truth'] for row in found for name in (a, b)}
    return [row | {name: row[name] | {'truth': truth[(row['layout'], TOLD_BY[row['walk']]), name]}
                   for name in (a, b)} if row['walk'] in TOLD_BY else row for row in found]


def confirmed(found: list[dict], again: list[dict]) -> list[dict]:
    """Return the rows, of which some were measured again, since they were slower, or undecided.

    Of equal rows 1 in 200 is called slower, so of 20 one in each tenth run. The second time is
    that of a row that was picked before it was taken.
    """
    first = {_row(row): row['verdict'] for row in found}
    second = {_row(row): row | {'verdict': ONCE} if first[_row(row)] == 'slower' != row['verdict']
              else row for row in again}
    return [second.get(_row(row), row) for row in found]


def _is_slower(row: dict, a: str, b: str) -> bool:
    return row['verdict'] == 'slower' and _is_true(row, a, b)


def _is_open(row: dict, a: str, b: str) -> bool:
    """Whether it takes more instructions, and nobody knows whether it takes longer."""
    return (row['verdict'] in ('undecided', ONCE) and _is_true(row, a, b)
            and (headline.work(row, a, b) or 2) > 1 + MUCH)


def _is_true(row: dict, a: str, b: str) -> bool:
    """Whether both kernels tell the truth; of some readers only other stages say so."""
    fine = ('pass', 'unchecked') if row['walk'] in READERS else ('pass',)
    return row[a]['truth'] in fine and row[b]['truth'] in fine


def time(rows: list[dict], a: str, b: str) -> Outcome:
    """Judge the times; a row that is not true on both kernels has none to judge.

    A row that is slower, but perhaps by less than a percent, is a warning.
    """
    true = [row for row in rows if _is_true(row, a, b)]
    slower = [row for row in true if row['verdict'] == 'slower']
    much = [row for row in slower if row['ratio']['low'] >= 1 + MUCH]
    wrong = [Finding(f'{_name(row)}: faster because wrong') for row in rows
             if row['verdict'] == 'faster' and row[b]['truth'] != 'pass' == row[a]['truth']]
    once = [Finding(f'{_said(row, a, b)}: it was slower once, and not again', FLAKY)
            for row in rows if row['verdict'] == ONCE]
    open_rows = [row for row in rows if _is_open(row, a, b)]
    status = (FAIL if much or wrong else UNDECIDED if open_rows else WARN if slower else PASS)
    same = [row for row in rows if row['verdict'] == 'same code']
    summary = (f'{len(slower)} of {len(rows)} rows slower' + _count(same, 'of the same code')
               + _count(wrong, 'faster because wrong')
               + _count([row for row in rows if row not in true], 'not compared, since not true')
               + _count(open_rows, 'undecided with more instructions'))
    unclear = [Finding(_said(row, a, b), kind=UNDECIDED) for row in open_rows]
    return Outcome('time', status, summary, b,
                   (*(Finding(_said(row, a, b)) for row in slower), *wrong, *once, *unclear))


def work(rows: list[dict], a: str, b: str, after: dict[Row, list[int]]) -> Outcome:
    """Tell which walks execute more instructions, and after which patches they do."""
    more = [row for row in rows if _more(row, a, b)]
    findings = tuple(Finding(f'{_name(row)}: {_change(row, a, b)}', NEW,
                             _steps(after.get(_row(row), []))) for row in more)
    unknown = [row for row in rows if headline.work(row, a, b) is None]
    return Outcome('instructions', UNDECIDED if unknown else WARN if more else PASS,
                   f'more in {len(more)} of {len(rows)} rows' + _count(unknown, 'not counted'), b,
                   findings)


def ledger(subject: Subject, rows: list[Row]) -> dict[Row, list[int]]:
    """Count rows on the base and after each patch: the patch that costs is named by that."""
    if not rows:
        return {}
    kernels = [subject.base, *map(subject.after, range(1, len(subject.patches) + 1))]
    appliance = guest.ensure(subject.build, kernels, subject.sandbox)
    jobs = [(one.name, job) for one in kernels for job in walks.arguments(rows)]
    found: dict[Row, list[int]] = {row: [] for row in rows}
    for records in side_by_side(lambda job: observe_one(
            appliance.only(job[0]), ['/bin/walks', 'count', job[1]]), jobs):
        for row, count in counts(records).items():
            found[row].append(count.instructions)
    return found


def _measured(row: dict, a: str, b: str) -> Measured:
    """Return a row for the reports; what is wrong on a kernel is not compared."""
    if not _is_true(row, a, b):
        return Measured(_name(row), 'not true')
    ratio = row['ratio'] or {}
    return Measured(_name(row), row['verdict'], row[a]['ns'], row[b]['ns'], ratio.get('low'),
                    ratio.get('high'), headline.work(row, a, b))


def _steps(instructions: list[int]) -> tuple[str, ...]:
    """Return a line for each patch that changes the count."""
    return tuple(f'patch {number}: {before:,} -> {now:,} ({change(now / before)})'
                 for number, (before, now) in enumerate(zip(instructions, instructions[1:]), 1)
                 if now != before)


def _more(row: dict, a: str, b: str) -> bool:
    return (headline.work(row, a, b) or 1) > 1


def _row(row: dict) -> Row:
    return row['layout'], row['walk']


def _name(row: dict) -> str:
    return f"{row['layout']}:{row['walk']}"


def _change(row: dict, a: str, b: str) -> str:
    ratio = headline.work(row, a, b)
    if ratio == 1:
        return 'as many instructions'
    return f'{change(ratio)} instructions' if ratio else 'instructions not counted'


def _said(row: dict, a: str, b: str) -> str:
    time_changed = span(row['ratio']['low'], row['ratio']['high']) if row['ratio'] else 'not measured'
    return f'{_name(row)}: time {time_changed}, {_change(row, a, b)}'


def _count(found: list, what: str) -> str:
    return f', {len(found)} {what}' if found else ''
