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
from ...render import differing
from ...runs.outcome import FAIL, MENDED, NEW, ON_BASE, PASS, SKIP, Finding, Outcome
from .both import judged
from .readings import Key, Readings, of_both
from .subject import Subject

BOOT = 'readers'  # the check that judges the boots
LAYOUTS = 'layouts'  # what `walks readers` calls a reader that stands for all of them
SHOWN = 3  # further cases of a finding


def check(subject: Subject) -> Iterator[Outcome]:
    """Boot both kernels, and compare reader by reader."""
    appliance = guest.ensure(subject.build, [subject.base, subject.patched], subject.sandbox)
    base, patched = appliance.kernels.values()
    yield from compare(*of_both(appliance, base, patched, subject.layouts))


def compare(base: Readings, patched: Readings) -> Iterator[Outcome]:
    """Judge the boots, and then each reader."""
    yield judged(BOOT, base, patched)
    # What a boot that died did not come to is no fault of a reader.
    found = patched.said.keys() if patched.died else base.said.keys() | patched.said.keys()
    keys = sorted(found, key=_order(base, patched))
    for reader, of_reader in itertools.groupby(keys, key=lambda key: key[0]):
        yield _reader(base, patched, reader, list(of_reader))


def _order(base: Readings, patched: Readings) -> Callable[[Key], tuple[int, int]]:
    """Sort cases by reader, and then as the guest had them."""
    places = {key: i for i, key in enumerate([*base.said, *patched.said])}
    readers = {key[0]: i for i, key in reversed(list(enumerate([*base.said, *patched.said])))}
    return lambda key: (readers[key[0]], places[key])


@dataclass(frozen=True)
class Case:
    """A case in which the kernels differ, or are wrong."""
    key: Key
    base: Reader | None
    patched: Reader | None

    @property
    def kind(self) -> str:
        """Tell what it is, by who is right; '' if there is nothing to say."""
        if not self.base or not self.patched:
            return NEW
        if all(getattr(self.base, name) == getattr(self.patched, name)
               for name in ('said', 'skip', 'ok')):
            return '' if self.base.ok else ON_BASE
        return MENDED if self.patched.ok and not self.base.ok else NEW

    @property
    def is_skipped(self) -> bool:
        """Whether there was nothing to read."""
        return all(one and one.skip for one in (self.base, self.patched))

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
                else 'they differ in what no truth decides; all else is right on both'
        wrong = self.base if self.kind == MENDED else self.patched
        if self.both_wrong and self.kind == NEW:
            return f'both are wrong, in different ways: {wrong.detail}'
        return wrong.detail

    def details(self) -> tuple[str, ...]:
        """Say what each kernel says, in the first line that differs."""
        parts = differing.first_line(*(one.said if one else '' for one in (self.base, self.patched)))
        return (f'base says:    {parts[0]}', f'patched says: {parts[1]}') if parts else ()


def _reader(base: Readings, patched: Readings, reader: str, keys: list[Key]) -> Outcome:
    """Judge all that a reader says."""
    cases = [Case(key, base.said.get(key), patched.said.get(key)) for key in keys]
    findings = tuple(_findings(case for case in cases if case.kind))
    if not findings and all(case.is_skipped for case in cases):
        return Outcome(reader, SKIP, _skipped(reader, cases), patched.kernel)
    new = sum(case.kind == NEW for case in cases)
    summary = f'{new} of {len(cases)} cases differ' if new else f'nothing new in {len(cases)} cases'
    return Outcome(reader, FAIL if new else PASS, summary, patched.kernel, findings)


def _skipped(reader: str, cases: list[Case]) -> str:
    """Say why, and which layouts are left out for all readers."""
    why = '; '.join(dict.fromkeys(case.base.detail for case in cases if case.base))
    return f'{", ".join(case.key[1] for case in cases)}: {why}' if reader == LAYOUTS else why


def _findings(cases: Iterable[Case]) -> Iterator[Finding]:
    """Make one finding of all cases of a layout in which the same kernels are wrong."""
    groups: dict[tuple[str, str, bool], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.key[1], case.kind, case.both_wrong), []).append(case)
    for (layout, kind, _), group in groups.items():
        first, *more = group
        others = [f'and {len(more)} more, as ' + '; '.join(case.key[2] for case in more[:SHOWN])
                  ] if more else []
        yield Finding(f'{first.key[0]}, layout {layout}, {first.key[2]}: {first.who()}', kind,
                      (*first.details(), *others))
