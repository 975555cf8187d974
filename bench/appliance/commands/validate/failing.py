# SPDX-License-Identifier: GPL-2.0
"""Allocations that fail: each that a reader needs, one after the other, on both kernels.

A reader may fail then, or must say what it says otherwise. It must not end the boot, and the
kernel must not complain. What is so on the base, too, is not new.
"""

import errno
import itertools
import os
import re
from typing import Iterator

from ...boots import guest
from ...boots.records import Fault, of_type
from ...failure import Failure
from ...logs import signs, splat, trace
from ...runs.outcome import FAIL, NEW, PASS, UNDECIDED, Finding, Outcome
from .both import Seen, seen_on_both
from .compared import compared, of_end, of_splats
from .subject import Subject

CHECK = 'failing'  # also what `walks` calls the job
MARK = re.compile(r'walks: failing (\S+) (\d+)')  # in the log, before each failure
INJECTED = 'FAULT_INJECTION: forcing a failure'  # there, with a stack, for most
# What allocates, and what makes it fail, stand in each such stack.
ALLOCATING = re.compile(r'\w+_noprof|(show|dump)_stack\w*|fail_dump|_*should_fail\w*|_*slab_\w+')
NAMED = 3  # functions of a stack that tell one allocation from another
# What a system call may say of a lack of memory; the second is mincore's.
OF_MEMORY = (os.strerror(errno.ENOMEM), os.strerror(errno.EAGAIN))


def check(subject: Subject) -> Outcome:
    """Boot both kernels, and compare what failing allocations do."""
    appliance = guest.ensure(subject.build, [subject.base, subject.patched], subject.sandbox)
    base, patched = appliance.kernels.values()
    return compare(*seen_on_both(appliance, base, patched, CHECK))


def compare(base: Seen, patched: Seen) -> Outcome:
    """Judge each failure, and how the boots went; where none was provoked, nothing is decided."""
    if base.died:
        raise Failure('the base itself does not come to its end when allocations fail, so there '
                      f'is nothing to compare with: {base.died}')
    errors = {(one.reader, one.error) for one in of_type(Fault, base.records)}
    found = compared(of_splats(base.splats) | _wrong(base, errors),
                     _end(patched) | of_splats(patched.splats) | _wrong(patched, errors)
                     | _missing(base, patched))
    new = sum(one.kind == NEW for one in found)
    not_tried = [*_not_tried(base), *_not_tried(patched)]
    if not_tried and not new:
        return Outcome(CHECK, UNDECIDED, '; '.join(not_tried), patched.kernel, found)
    return Outcome(CHECK, FAIL if new else PASS,
                   f'{new or "nothing"} new when allocations fail, each in turn: {_counts(patched)}',
                   patched.kernel, found)


def _counts(seen: Seen) -> str:
    """Say how many allocations of each reader have failed."""
    return ', '.join(f'{reader} {sum(one.injected for one in rounds)}'
                     for reader, rounds in _by_reader(seen).items()) or 'none has'


def _by_reader(seen: Seen) -> dict[str, list[Fault]]:
    return {reader: list(rounds) for reader, rounds in itertools.groupby(
        of_type(Fault, seen.records), key=lambda one: one.reader)}


def _not_tried(seen: Seen) -> Iterator[str]:
    """Yield the readers none of whose allocations has failed, or of which some are left."""
    found = _by_reader(seen)
    if not found:
        yield f'no reader was tried on {seen.kernel}'
    for reader, rounds in found.items():
        if not any(one.injected for one in rounds):
            yield f'no allocation of {reader} failed on {seen.kernel}'
        elif rounds[-1].injected:
            yield f'{reader} makes more than {rounds[-1].nth} allocations on {seen.kernel}'


def _wrong(seen: Seen, errors: set[tuple[str, str]]) -> dict[str, Finding]:
    """Return what is wrong after failures; other errors than those of the base are."""
    found: dict[str, Finding] = {}
    for one in of_type(Fault, seen.records):
        strange = one.error not in ('', *OF_MEMORY) and (one.reader, one.error) not in errors
        if strange or not one.ok:
            stack = Stack(seen, one.reader, one.nth)
            found.setdefault(f'{one.reader}: {one.error}: {stack.name}', stack.finding(
                '; '.join(filter(None, (one.error, one.detail)))))
    return found


def _end(patched: Seen) -> dict[str, Finding]:
    """Return how its boot ended, if that was not well, and at which failure."""
    marks = MARK.findall(patched.log)
    if not patched.died or not marks:
        return of_end(patched.died)
    reader, nth = marks[-1]
    why = patched.died.splitlines()[0].removesuffix(':')
    return {'died': Stack(patched, reader, int(nth)).finding(why)}


def _missing(base: Seen, patched: Seen) -> dict[str, Finding]:
    """Return the readers that the base alone has."""
    there = () if patched.died else _by_reader(base).keys() - _by_reader(patched).keys()
    return {f'no {reader}': Finding(f'{reader} is not there') for reader in sorted(there)}


class Stack:
    """Where the allocation was that failed, as the kernel's log has it."""

    def __init__(self, seen: Seen, reader: str, nth: int):
        self.what = f'{reader}, allocation {nth}'
        behind = itertools.dropwhile(lambda line: not line.startswith(INJECTED),
                                     _after_mark(seen.log, reader, nth))
        trace_on = itertools.dropwhile(lambda line: not _name(line), behind)
        frames = list(itertools.takewhile(_name, trace_on))
        sure = [line for line in frames if '? ' not in line] or frames
        self.lines = list(itertools.dropwhile(lambda line: ALLOCATING.fullmatch(_name(line)), sure))
        self.debug = seen.debug

    @property
    def name(self) -> str:
        """Return the functions that tell it from others."""
        return ':'.join(map(_name, self.lines[:NAMED]))

    def finding(self, text: str) -> Finding:
        """Say what came of the failure."""
        return Finding(f'{self.what} [{self.name or "of unknown stack"}] failed: {text}',
                       details=tuple(trace.decode(self.lines, self.debug)))


def _after_mark(log: str, reader: str, nth: int) -> Iterator[str]:
    """Yield the lines of the log from a mark to the next."""
    lines = map(signs.message, log.splitlines())
    mark = f'walks: failing {reader} {nth}'
    behind = itertools.islice(itertools.dropwhile(lambda line: line != mark, lines), 1, None)
    return itertools.takewhile(lambda line: not MARK.fullmatch(line), behind)


def _name(frame: str) -> str:
    """Return the function that a line of a stack names; of another line ''."""
    match = splat.FUNCTION.match(frame.strip())
    return match['name'] if match else ''
