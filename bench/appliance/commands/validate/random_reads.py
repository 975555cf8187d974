# SPDX-License-Identifier: GPL-2.0
"""Random reads of random address spaces, without the series and with it.

As in the differential, the address space says who is right, and where nothing does, the kernels
may not differ. Walks by the probe are left out: a walker may group its calls in another way.
The reads are the same in each validation.
"""

from typing import Iterator

from ...boots import guest
from ...runs.outcome import FAIL, FLAKY, MENDED, NEW, PASS, UNDECIDED, Finding, Outcome
from ..fuzz import differences, generate
from ..fuzz.cases import Case
from . import changes
from .subject import Subject

CHECK = 'random reads'
CASES = 200
MADE_SMALL = 3  # of what is new: each takes some twenty boots


def check(subject: Subject) -> Iterator[Outcome]:
    """Have both kernels make the same reads; yield one outcome."""
    appliance = guest.ensure(subject.build, [subject.base, subject.patched], subject.sandbox)
    often = differences.favoured(changes.of(subject))
    kinds = generate.NO_PROBE if subject.no_probe else generate.KINDS
    with guest.at_once() as pool:
        pair = differences.Pair(subject.build, [appliance.only(name) for name in appliance.kernels],
                                pool)
        yield compare(pair, generate.cases(1, range(CASES), {**often, 'walk': 0}, kinds))


def compare(pair: differences.Pair, cases: list[Case]) -> Outcome:
    """Make the reads of cases on both kernels, and judge how the second one differs."""
    pair.look(cases)
    new = [one for one in pair.found.values() if one.way.kind == differences.NEW]
    for difference in [one for one in new if one.way.what != 'boot'][:MADE_SMALL]:
        pair.make_small(difference)
    new = [one for one in new if one.again]
    if not pair.compared and not new:
        return Outcome(CHECK, UNDECIDED, 'no read came to its end on both kernels', pair.names[1])
    findings = tuple(_finding(one) for one in pair.found.values())
    summary = f'{len(new)} new' if new else 'nothing new'
    return Outcome(CHECK, FAIL if new else PASS,
                   f'{summary} in {pair.compared:,} reads of {pair.cases:,} address spaces',
                   pair.names[1], findings)


def _finding(found: differences.Difference) -> Finding:
    way = found.way
    if not found.again:
        return Finding(f'{way.what}: the kernels differed, and did not again', FLAKY)
    if way.kind != differences.NEW:
        return Finding(f'{way.what}: the base breaks {way.rule}', MENDED)
    if way.what == 'boot':
        return Finding(f'{way.rule} in {found.times:,} cases, not on the base', NEW,
                       tuple(found.said[1].splitlines()))
    why = f'breaks {way.rule}, which the base keeps' if way.rule else \
        'they differ in what no truth decides'
    said = (f'base says:    {found.said[0]}', f'patched says: {found.said[1]}') \
        if any(found.said) else ()
    return Finding(f'{way.what}, {found.times:,} times: {why}', NEW, (*said, f'as in {found.case}'))
