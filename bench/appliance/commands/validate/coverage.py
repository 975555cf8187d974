# SPDX-License-Identifier: GPL-2.0
"""The stage that says what was not tested: changed lines that never ran, or are not compiled.

The verdict is about what is wrong, so it does without this: what was not tested accuses nobody.
"""

from collections import Counter
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Iterator, Mapping, NamedTuple, Sequence

from ...boots import coverage, guest
from ...failure import Failure
from ...kernels import affected, build as builds, compiled, gcov
from ...kernels.changed_lines import changed_lines
from ...kernels.configuration import COVERAGE
from ...kernels.patch import touched_files
from ...runs.outcome import NOT_RUN, PASS, SKIP, Finding, Outcome
from . import changes
from .subject import Subject

CHECK = 'coverage'
SERIES = 'coverage'  # of patches that a kernel needs to count
MACHINE = compiled.MACHINES[0]  # which has code that user-mode Linux has not

# What is known of a line. The first two are of lines that user-mode Linux compiles.
RAN, NEVER, NOT_COMPILED, NO_CODE = 'ran', 'never reached', 'not compiled', ''
UNSEEN = 'in a file that gcov does not see'

Lines = Mapping[str, list[int]]  # by file, ascending
States = dict[str, dict[int, str]]  # by file and line


def check(subject: Subject) -> Iterator[Outcome]:
    """Count how often each changed line runs; yield one outcome."""
    try:
        yield _check(subject)
    except Failure as failure:
        yield Outcome(CHECK, SKIP, f'no line can be counted: {failure}')


def _check(subject: Subject) -> Outcome:
    names = {name for name in touched_files(subject.patches)
             if name.endswith(('.c', '.h')) and not name.startswith(compiled.NO_KERNEL_CODE)}
    before, after = (builds.read_files(subject.build, kernel, names)
                     for kernel in (subject.base, subject.patched))
    lines = changed_lines(before, after)
    if not lines:
        return Outcome(CHECK, SKIP, 'the series adds no line of C')
    elsewhere = compiled.code_lines(subject.build, subject.patched, MACHINE, lines, subject.sandbox)
    counted = bool(changes.of(subject))
    if not counted and not _may_have_code(lines, elsewhere):
        return Outcome(CHECK, PASS, changes.NONE)
    here = _here(subject, lines, counted)
    return judge(states(lines, here, elsewhere), after, counted)


def _may_have_code(lines: Lines, elsewhere: gcov.Counts) -> bool:
    """Whether any of the lines has code elsewhere, or lies in a file that is not compiled there."""
    return any(line in elsewhere.get(name, {}) or name.endswith('.c') and name not in elsewhere
               for name, of_file in lines.items() for line in of_file)


def _here(subject: Subject, lines: Lines, boots: bool) -> gcov.Counts:
    """Build the kernel so that it counts; return the lines that have code, and how often they run."""
    base, = builds.ensure(subject.build, [_counting(subject).base])
    objects = [name for name in affected.objects(builds.objects_folder(base), lines)
               if not name.startswith('arch/') or f'{name.removesuffix(".o")}.c' in lines]
    kernel = _counting(subject, objects).patched
    appliance = guest.ensure(subject.build, [kernel], subject.sandbox)
    return coverage.lines(appliance, guest.ensure_program(subject.build),
                          coverage.JOBS if boots else ())


def _counting(subject: Subject, objects: Sequence[str] = ()) -> Subject:
    """Return the same with kernels that count the lines of these objects."""
    base = replace(subject.base.with_series(SERIES), configuration=COVERAGE.covering(objects))
    return replace(subject, base=base)


def states(lines: Lines, here: gcov.Counts, elsewhere: gcov.Counts) -> States:
    """Return what is known of each changed line."""
    return {name: {line: _state(name, line, here, elsewhere) for line in of_file}
            for name, of_file in lines.items()}


def _state(name: str, line: int, here: gcov.Counts, elsewhere: gcov.Counts) -> str:
    count = here.get(name, {}).get(line)
    if count is not None:
        return RAN if count else NEVER
    if name.endswith('.c') and name not in here and name not in elsewhere:
        return UNSEEN
    return NOT_COMPILED if line in elsewhere.get(name, {}) else NO_CODE


def judge(known: States, sources: Mapping[str, str], counted: bool) -> Outcome:
    """Say how many lines ran, and which did not; if nothing was counted, which are not compiled."""
    if not counted:
        known = {name: {line: NO_CODE if state in (RAN, NEVER) else state
                        for line, state in of_file.items()} for name, of_file in known.items()}
    number = Counter(state for of_file in known.values() for state in of_file.values() if state)
    if counted and not number:
        return Outcome(CHECK, SKIP, 'no line that the series adds has code')
    found = tuple(_finding(name, run, sources[name]) for name, of_file in known.items()
                  for run in runs(of_file) if run.state != RAN)
    return Outcome(CHECK, PASS, _summary(number, counted), findings=found)


def _summary(number: Counter[str], counted: bool) -> str:
    others = ', '.join(f'{number[state]} {state}' for state in (NEVER, NOT_COMPILED, UNSEEN)
                       if number[state])
    ran = (f'{number[RAN]} of {number.total()} changed lines of code ran' if counted
           else changes.NONE)
    return f'{ran}; {others}' if others else ran


class Run(NamedTuple):
    """Lines of one state, one after the other."""
    first: int
    last: int
    state: str


def runs(of_file: Mapping[int, str]) -> Iterator[Run]:
    """Yield what there is of changed lines with code; no unchanged line is in between."""
    for _, block in groupby(enumerate(of_file.items()), lambda one: one[1][0] - one[0]):
        code = [(line, state) for _, (line, state) in block if state]
        for state, run in groupby(code, itemgetter(1)):
            numbers = [line for line, _ in run]
            yield Run(numbers[0], numbers[-1], state)


def _finding(name: str, run: Run, source: str) -> Finding:
    where = f'{run.first}-{run.last}' if run.last > run.first else f'{run.first}'
    return Finding(f'{name}:{where}: {run.state}', NOT_RUN,
                   tuple(source.split('\n')[run.first - 1:run.last]))
