# SPDX-License-Identifier: GPL-2.0
"""Look for faults that nobody thought of, by random address spaces and reads.

The truth about each read comes from the address space that umwalk has built. Each kind of fault
that is found is made as small as possible, and kept as a layout file.
"""

import itertools
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ...boots import guest
from ...boots.records import Found
from ...failure import FAILED
from ...kernels import series
from ...progress import step
from ...render import table
from ...runs.run import Run, boot_for_host
from ...runs.shards import Shard
from ..contract import rules
from . import generate, kunit, selftest, shrink
from .cases import Case, layout
from .replay import BATCH, replay, shows

NAME = 'fuzz'
# Rules that a read of a case can break.
WALKED = {f'W{number}' for number in range(1, 12)}
LOOKED_FOR = WALKED | {'U1', 'U2', 'U4', 'U5', 'U6'}
# Rules that a kernel is known to fail in one way only.
KNOWN_WAY = {('stock', 'W9'): 'positive pte_hole over PFNMAP'}


@dataclass
class Fault:
    """A kind of fault of a kernel: how often it was found, and its smallest case."""
    rule: str
    how: str
    known: bool
    case: Case
    first: Found  # or what the smallest case has found
    seconds: float  # after which it was found first
    times: int = 0


@dataclass
class Hunt:
    """What was found on a kernel."""
    kernel: str
    cases: int = 0
    asks: int = 0
    skipped: int = 0
    seconds: float = 0
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)

    @property
    def missed(self) -> list[str]:
        """Rules that the kernel is known to fail, and no case has found."""
        there = {fault.rule for fault in self.faults.values()}
        return [rule for rule in rules.RULES
                if rule in rules.expected(self.kernel) & LOOKED_FOR - there]


def fuzz(build: Path, names: list[str], seconds: float, seed: int, shard: Shard) -> int:
    """Look for faults on each kernel; returns the exit status."""
    appliance = guest.ensure(build, [series.kernel(name) for name in names])
    this = Run(NAME, appliance)
    with step(f'{seconds:.0f} s of random cases on {", ".join(names)}'), guest.at_once() as pool:
        hunts = list(pool.map(lambda name: _hunt(build, appliance.only(name), seconds, seed, shard),
                              names))
    files: dict[str, str] = {}
    for hunt in hunts:
        alone = appliance.only(hunt.kernel)
        _shrink(build, alone, hunt)
        with step(f'{hunt.kernel}: programs that show its faults'):
            files |= _files(build, alone, hunt, seed)
    this.end()
    folder = this.store(this.result(boot_for_host(appliance), {
        'seed': seed, 'hunts': [stored(hunt) for hunt in hunts],
        'asked': [_name(seed, part, shard.parts) for part in range(1, shard.parts + 1)],
        'tried': {_name(seed, shard.index, shard.parts): seconds}}), files)
    return told(hunts, seed, folder)


def told(hunts: list[Hunt], seed: int, folder: Path) -> int:
    """Print what was found; returns the exit status."""
    print(_text(hunts), flush=True)
    print(f'\n{", ".join(hunt.kernel for hunt in hunts)}, seed {seed}: {folder}')
    return FAILED if any(not fault.known for hunt in hunts for fault in hunt.faults.values()) else 0


def _name(seed: int, part: int, parts: int) -> str:
    return f'seed {seed}, part {part} of {parts}'


def _hunt(build: Path, appliance: guest.Appliance, seconds: float, seed: int, shard: Shard) -> Hunt:
    """Try every parts-th batch of cases until the time is up, one at least."""
    kernel, = appliance.kernels
    hunt = Hunt(kernel)
    began = time.monotonic()
    for first in itertools.count((shard.index - 1) * BATCH, shard.parts * BATCH):
        batch = {one.name: one for one in generate.cases(seed, range(first, first + BATCH))}
        seen = replay(build, appliance, list(batch.values()))
        hunt.cases += seen.cases
        hunt.asks += seen.asks
        hunt.skipped += seen.skipped
        for one in seen.found:
            _note(hunt, one, batch[one.case], time.monotonic() - began)
        hunt.seconds = time.monotonic() - began
        if hunt.seconds >= seconds:
            break
    return hunt


def _note(hunt: Hunt, one: Found, case: Case, seconds: float) -> None:
    known = one.rule in rules.expected(hunt.kernel) and \
        KNOWN_WAY.get((hunt.kernel, one.rule), one.how) == one.how
    fault = hunt.faults.setdefault((one.rule, one.how), Fault(
        one.rule, one.how, known, case, one, seconds))
    fault.times += 1


def _shrink(build: Path, appliance: guest.Appliance, hunt: Hunt) -> None:
    """Make the first case of each rule smaller, and those of all faults that are not known."""
    done: set[str] = set()
    for fault in hunt.faults.values():
        if fault.known and fault.rule in done:
            continue
        done.add(fault.rule)
        with step(f'{hunt.kernel}: the smallest case of {fault.rule}'):
            _make_small(build, appliance, fault)


def _make_small(build: Path, appliance: guest.Appliance, fault: Fault) -> None:
    def still(cases: list[Case]) -> list[bool]:
        return shows(build, appliance, cases, fault.first)

    asked = fault.case.asks[fault.first.ask:fault.first.ask + 1]
    alone = replace(fault.case, asks=asked)
    fault.case = shrink.shrink(alone if asked and still([alone])[0] else fault.case, still)
    fault.first = next((one for one in replay(build, appliance, [fault.case]).found
                        if (one.rule, one.how) == (fault.rule, fault.how)), fault.first)


def stored(hunt: Hunt) -> dict:
    """Return what result.json has of it."""
    return {'kernel': hunt.kernel, 'cases': hunt.cases, 'asks': hunt.asks,
            'skipped': hunt.skipped, 'seconds': round(hunt.seconds, 1), 'missed': hunt.missed,
            'faults': [{'rule': fault.rule, 'how': fault.how, 'known': fault.known,
                        'times': fault.times, 'seconds': round(fault.seconds, 1),
                        'detail': fault.first.detail, 'case': asdict(fault.case)}
                       for fault in hunt.faults.values()]}


def _files(build: Path, appliance: guest.Appliance, hunt: Hunt, seed: int) -> dict[str, str]:
    """Return the smallest case of each rule, in each form in which it shows the fault."""
    files: dict[str, str] = {}
    for fault in _first_of_each(hunt):
        name = f'{hunt.kernel}-{fault.rule}'
        if f'{name}.layout' in files:
            continue
        about = [f'{hunt.kernel} fails {fault.rule} here (umwalk fuzz, seed {seed}):',
                 fault.first.detail.splitlines()[0], *map(str, fault.case.asks)]
        files[f'{name}.layout'] = layout(fault.case, about)
        if fault.rule in WALKED and (added := kunit.patch(fault.case, name)):
            files[f'{name}.patch'] = added
        code = selftest.program(fault.case, about)
        if code and selftest.fails(build, appliance, code):
            files[f'{name}.c'] = code
    return files


def _text(hunts: list[Hunt]) -> str:
    lines = []
    for hunt in hunts:
        rate = hunt.asks / hunt.seconds if hunt.seconds else 0
        lines.append(f'{hunt.kernel}: {hunt.asks:,} reads of {hunt.cases:,} address spaces, '
                     f'{rate:,.0f} a second; {hunt.skipped:,} not possible on this kernel')
        rows = [['rule', 'times', 'first after', '', 'smallest case']]
        rows += [[fault.rule, f'{fault.times:,}', f'{fault.seconds:.0f} s',
                  'known' if fault.known else 'NEW', str(fault.case)]
                 for fault in _first_of_each(hunt)]
        lines += table.aligned(rows, left=(0, 3, 4)) if rows[1:] else ['  no fault']
        lines += [f'  not found, though known: {", ".join(hunt.missed)}'] * bool(hunt.missed)
        lines += [f'NEW {fault.rule}: {fault.first.detail}' for fault in hunt.faults.values()
                  if not fault.known]
        lines.append('')
    return '\n'.join(lines).rstrip()


def _first_of_each(hunt: Hunt) -> list[Fault]:
    """Faults that are not known, and the first of each rule."""
    shown: dict[str, Fault] = {}
    new = [fault for fault in hunt.faults.values() if not fault.known]
    for fault in hunt.faults.values():
        shown.setdefault(fault.rule, fault)
    return new + [fault for fault in shown.values() if fault.known]
