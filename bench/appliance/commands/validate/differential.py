# SPDX-License-Identifier: GPL-2.0
"""The differential: what all readers say of the same layouts, without the series and with it.

This needs no rule and no walker of a known shape. Where the two kernels differ, or are
both wrong, the layout's own truth says who is right.
"""

import itertools
from dataclasses import dataclass
from typing import Callable, Iterable, Iterator

from ...boots import guest
from ...boots.records import Reader
from ...runs.outcome import FAIL, MENDED, NEW, ON_BASE, PASS, SKIP, UNDECIDED, Finding, Outcome
from .readings import Key, Readings, of_both
from .subject import Subject

CHECK = 'differential'
SHOWN = 5  # further cases of a finding
WIDTH = 160  # of a line that is shown
BEFORE = 40  # characters of it before the first difference


def check(subject: Subject) -> Iterator[Outcome]:
    """Boot both kernels, and compare reader by reader."""
    appliance = guest.ensure(subject.build, [subject.base, subject.patched], subject.sandbox)
    base, patched = appliance.kernels.values()
    yield from compare(*of_both(appliance, base, patched))


def compare(base: Readings, patched: Readings) -> Iterator[Outcome]:
    """Judge the boots, and then each reader."""
    yield _boots(base, patched)
    keys = sorted(base.said.keys() | patched.said.keys(), key=_order(base, patched))
    for reader, of_reader in itertools.groupby(keys, key=lambda key: key[0]):
        yield _reader(base, patched, reader, list(of_reader))


def _order(base: Readings, patched: Readings) -> Callable[[Key], tuple[int, int]]:
    """Sort cases by reader, and then as the guest had them."""
    places = {key: i for i, key in enumerate([*base.said, *patched.said])}
    readers = {key[0]: i for i, key in reversed(list(enumerate([*base.said, *patched.said])))}
    return lambda key: (readers[key[0]], places[key])


def _boots(base: Readings, patched: Readings) -> Outcome:
    """Judge how the boots went."""
    findings = [*_splats(base, patched)]
    if patched.died and not base.died:
        findings.append(_died(patched, NEW))
    elif base.died:
        findings.append(_died(base, ON_BASE if patched.died else MENDED))
    status = _status(findings)
    if base.died and status == PASS:
        status = UNDECIDED
    return Outcome(CHECK, status, _how_many(len(findings), 'thing', 'is wrong', 'are wrong')
                   if findings else 'both kernels ran to the end', 'boot', tuple(findings))


def _died(readings: Readings, kind: str) -> Finding:
    first, *rest = readings.died.splitlines()
    return Finding(f'{readings.kernel}: the boot did not end well: {first}', kind, tuple(rest))


def _splats(base: Readings, patched: Readings) -> Iterator[Finding]:
    of_base, of_patched = ({_title(one): one for one in side.splats} for side in (base, patched))
    for title, whole in (of_base | of_patched).items():
        kind = MENDED if title not in of_patched else ON_BASE if title in of_base else NEW
        yield Finding(f"the kernel's log: {whole.splitlines()[0]}", kind,
                      tuple(whole.splitlines()[1:]))


def _title(whole: str) -> str:
    """Return the first line of a splat without numbers, which differ from boot to boot."""
    return ''.join(c for c in whole.splitlines()[0] if not c.isdigit())


@dataclass(frozen=True)
class Case:
    """A case in which the kernels differ, or are wrong."""
    key: Key
    base: Reader | None
    patched: Reader | None

    @property
    def kind(self) -> str:
        """Tell what it is, by who is right; '' if there is nothing to say."""
        if self.base and self.patched and self.base.said == self.patched.said \
                and self.base.skip == self.patched.skip:
            return ON_BASE if not self.base.ok else ''
        mended = self.base and not self.base.ok and self.patched and self.patched.ok
        return MENDED if mended else NEW

    @property
    def both_wrong(self) -> bool:
        """Whether neither kernel is right."""
        return not any(one and one.ok for one in (self.base, self.patched))

    def who(self) -> str:
        """Say who is right."""
        if not self.base or not self.patched:
            return f'{"the base" if self.base else "the patched kernel"} alone has this case'
        if self.base.ok and self.patched.ok:
            return 'they differ in what no truth decides' if not self.base.checked \
                else 'they differ, though all that has a truth is right on both'
        wrong = self.base if self.kind == MENDED else self.patched
        if self.both_wrong and self.kind == NEW:
            return f'both are wrong, in different ways: {wrong.detail}'
        return wrong.detail

    def details(self) -> tuple[str, ...]:
        """Say what each kernel says, in the first line that differs."""
        before, after = (one.said.splitlines() if one else [] for one in (self.base, self.patched))
        for old, new in itertools.zip_longest(before, after):
            if old != new:
                at = _first_difference(old or '', new or '')
                return f'base says:    {_cut(old, at)}', f'patched says: {_cut(new, at)}'
        return ()


def _first_difference(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b),
                min(len(one), len(other)))


def _cut(line: str | None, at: int) -> str:
    """Return what is around a place of a line."""
    if line is None:
        return '(nothing)'
    start = max(0, at - BEFORE) if len(line) > WIDTH else 0
    end = start + WIDTH
    return ('...' if start else '') + line[start:end] + ('...' if len(line) > end else '')


def _reader(base: Readings, patched: Readings, reader: str, keys: list[Key]) -> Outcome:
    cases = [Case(key, base.said.get(key), patched.said.get(key)) for key in keys]
    there = [case for case in cases if any(one and not one.skip
                                           for one in (case.base, case.patched))]
    findings = tuple(_findings(case for case in cases if case.kind))
    if not there and not findings:
        return Outcome(CHECK, SKIP, _skipped(cases), reader)
    status = _status(findings)
    found = sum(case.kind == NEW for case in cases)
    summary = _how_many(found, 'case', 'differs', 'differ') if found else 'nothing new'
    return Outcome(CHECK, status, f'{summary}, of {len(there)} cases', reader, findings)


def _skipped(cases: list[Case]) -> str:
    """Say what was left out, and why."""
    layouts = ', '.join(case.key[1] for case in cases)
    why = next(one.detail for case in cases for one in (case.base, case.patched) if one)
    return f'{layouts}: {why}'


def _status(findings: Iterable[Finding]) -> str:
    return FAIL if any(finding.kind == NEW for finding in findings) else PASS


def _findings(cases: Iterable[Case]) -> Iterator[Finding]:
    """Make one finding of all cases of a layout in which the same kernels are wrong."""
    groups: dict[tuple[str, str, bool], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.key[1], case.kind, case.both_wrong), []).append(case)
    for (layout, kind, _), group in groups.items():
        first, *more = group
        others = [f'and in {_how_many(len(more), "more case", "", "").strip()}: '
                  + '; '.join(case.key[2] for case in more[:SHOWN])
                  + ('; ...' if more[SHOWN:] else '')] if more else []
        yield Finding(f'{first.key[0]}, layout {layout}, {first.key[2]}: {first.who()}', kind,
                      (*first.details(), *others))


def _how_many(number: int, what: str, one: str, several: str) -> str:
    return f'{number} {what}{"" if number == 1 else "s"} {one if number == 1 else several}'
