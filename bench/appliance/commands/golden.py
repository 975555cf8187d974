# SPDX-License-Identifier: GPL-2.0
"""`umwalk golden`: replay recorded walks in a real process and compare every call.

tests/golden/README.md describes the recorded walks, docs/formats.md what the
guest's program reads and writes.
"""

import argparse
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Iterable

from ..boots import guest
from ..boots.records import Call, Golden, Record, of_type
from ..failure import FAILED, Failure
from ..kernels import series
from ..paths import TOP, build_folder, scratch
from ..progress import step
from ..runs.run import Run
from .options import add_kernels

NAME = 'golden'
HELP = 'replay recorded walks and compare every call of a callback'
STORES = True

CASES = TOP / 'tests' / 'golden' / 'walks.jsonl'
SECONDS = 1200  # ends a boot that hangs
SHOWN = 20  # failing cases printed for a kernel
KINDS = ('anon', 'pfnmap', 'hugetlb')
OPS = ('pmd_entry', 'pte_entry', 'pte_hole', 'hugetlb_entry')
POLICIES = ('walk', 'skip_pfnmap', 'skip_hugetlb', 'skip_all', 'fail_pfnmap')


@dataclass(frozen=True)
class Replay:
    """The cases that were replayed on a kernel, and why some failed."""
    cases: int
    failed: dict[str, str]


@dataclass
class Trace:
    """What a walk did: its folded calls, what it returned, the entries that it destroyed."""
    events: list[list] = field(default_factory=list)
    result: int | None = None
    cleared: int = 0
    changed: int = 0
    overflowed: bool = False


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    command.add_argument('--cases', type=Path, default=CASES, metavar='FILE',
                         help='the file of recorded walks (tests/golden/walks.jsonl)')
    add_kernels(command, 'a kernel; may be repeated (all that the file has traces of)')


def run(arguments: argparse.Namespace) -> int:
    """Replay; returns the exit status."""
    return replay(build_folder(), arguments.cases, arguments.kernels or [])


def replay(build: Path, path: Path, names: list[str]) -> int:
    """Replay the file's cases on each kernel; returns the exit status."""
    cases = load(path)
    chosen = {name: _cases_of(path, cases, name) for name in names or kernels_of(path, cases)}
    appliance = guest.ensure(build, [series.kernel(name) for name in chosen])
    this = Run(NAME, appliance)
    records: list[Record] = []
    found: dict[str, Replay] = {}
    for name, of_kernel in chosen.items():
        found[name], replayed = observe(build, appliance.only(name), of_kernel)
        records += replayed
        print(_text(name, found[name]), flush=True)
    this.end()
    this.store(this.result(records, {
        'replays': {name: asdict(one) for name, one in found.items()}}), {}, records)
    return FAILED if any(one.failed for one in found.values()) else 0


def observe(build: Path, appliance: guest.Appliance,
            cases: list[dict]) -> tuple[Replay, list[Record]]:
    """Replay cases on the one kernel of an appliance; return the records, too."""
    name, = appliance.kernels
    replayed = _replay(build, appliance, cases)
    traces = collect(replayed)
    return Replay(len(cases), {case['name']: why for case in cases if (
        why := differences(case[name], traces[case['name']]))}), replayed


def _cases_of(path: Path, cases: list[dict], name: str) -> list[dict]:
    chosen = [case for case in cases if name in case]
    if not chosen:
        raise Failure(f'{path}: no case has a trace of the kernel {name}')
    return chosen


def _text(name: str, replayed: Replay) -> str:
    failed = replayed.failed
    lines = [f'{name}: {replayed.cases - len(failed)} of {replayed.cases}']
    lines += [f'  {case}: {why}' for case, why in list(failed.items())[:SHOWN]]
    if len(failed) > SHOWN:
        lines.append(f'  and {len(failed) - SHOWN} more cases')
    return '\n'.join(lines)


def load(path: Path) -> list[dict]:
    """Read the cases of a file, and check what the guest relies on."""
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except OSError as error:
        raise Failure(f'{path}: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise Failure(f'{path}: {error}') from error
    cases = [_case(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    names = [case['name'] for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise Failure(f'{path}: two cases have the name {name}')
    if not cases:
        raise Failure(f'{path}: the file has no cases')
    return cases


def _case(path: Path, number: int, line: str) -> dict:
    try:
        case = json.loads(line)
        _check(case)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f'{path}:{number}: this is no case (tests/golden/README.md has the format): '
                      f'{type(error).__name__}: {error}') from error
    return case


def _check(case: dict) -> None:
    name = case['name']
    if not name or len(name) > 100 or not name.isprintable() or set(name) & set(' "\\'):
        raise ValueError(f'name {name!r}')
    end = 0
    for first, last, kind in case['vmas']:
        if kind not in KINDS or not end <= int(first) < int(last):
            raise ValueError(f'VMA {[first, last, kind]}')
        end = last
    for first, last in case['populate']:
        if not any(start <= int(first) < int(last) <= stop for start, stop, _ in case['vmas']):
            raise ValueError(f'{[first, last]}, to be populated, is not in one VMA')
    if not case['ops'] or set(case['ops']) - set(OPS):
        raise ValueError(f'ops {case["ops"]}')
    if case['test_walk'] is not None and case['test_walk'] not in POLICIES:
        raise ValueError(f'test_walk {case["test_walk"]}')
    if case['stop'] is not None:
        at, code = case['stop']
        if int(at) < 0 or int(code) == 0:
            raise ValueError(f'stop {case["stop"]}')
    start, stop = case['range']
    if int(start) < 0 or int(stop) < 0:
        raise ValueError(f'range {case["range"]}')
    for name in kernels_of_case(case):
        _check_trace(case[name])


def _check_trace(trace: dict) -> None:
    for call, start, end, _, size in trace['events']:
        if not isinstance(call, str) or not start <= end or size < 0:
            raise ValueError(f'event {[call, start, end, _, size]}')
    int(trace['return'])
    int(trace['bad_entries_cleared'])


def kernels_of_case(case: dict) -> list[str]:
    """Return the kernels of which a case has a trace."""
    return [name for name, value in case.items() if isinstance(value, dict)]


def kernels_of(path: Path, cases: list[dict]) -> list[str]:
    """Return the kernels of which a file has traces, in the order of the file."""
    found = list(dict.fromkeys(name for case in cases for name in kernels_of_case(case)))
    unknown = set(found) - set(series.kernels())
    if unknown or not found:
        raise Failure(f'{path}: it has traces of ' + (
            f'unknown kernels: {", ".join(sorted(unknown))}' if unknown else 'no kernel'))
    return found


def compact(cases: Iterable[dict]) -> str:
    """Write the cases as the lines that `walks golden` reads."""
    lines = []
    for case in cases:
        lines.append(f'case {case["name"]}')
        lines += [f'vma {start} {end} {kind}' for start, end, kind in case['vmas']]
        lines += [f'populate {start} {end}' for start, end in case['populate']]
        at, code = case['stop'] or (0, 0)
        start, end = case['range']
        lines.append(f'walk {start} {end} {case["test_walk"] or "none"} {at} {code} '
                     f'{",".join(case["ops"])}')
    return '\n'.join(lines) + '\n'


def _replay(build: Path, appliance: guest.Appliance, cases: list[dict]) -> list[Record]:
    with scratch(build) as folder:
        file = folder / 'cases'
        file.write_text(compact(cases), encoding='ascii')
        argv = [str(build / 'guest' / 'walks'), 'golden', str(file)]
        with step(f'{len(cases)} walks on {", ".join(appliance.kernels)}'):
            return list(guest.records(appliance, '--host', f'--mem={appliance.memory_mib}',
                                      f'--timeout={SECONDS}', argv=argv))


def collect(records: Iterable[Record]) -> dict[str, Trace]:
    """Put the trace of each case together from its records."""
    traces: dict[str, Trace] = defaultdict(Trace)
    for record in of_type(Golden, records):
        trace = traces[record.case]
        fold(trace.events, record.calls)
        if record.returned is not None:
            trace.result = record.returned
            trace.cleared = record.cleared or 0
            trace.changed = record.changed or 0
            trace.overflowed = bool(record.overflowed)
    return traces


def fold(events: list[list], calls: Iterable[Call]) -> None:
    """Append calls [name, start, end, vma]; equal ones in a row make one event.

    An event is [name, start, end, vma, step]: consecutive calls of `step` pages each.
    """
    for name, start, end, vma in calls:
        if events:
            last = events[-1]
            if [name, vma, end - start] == [last[0], last[3], last[4]] and start == last[2]:
                last[2] = end
                continue
        events.append([name, start, end, vma, end - start])


def differences(expected: dict, got: Trace) -> str:
    """Describe the first difference of each kind; return an empty text if there is none."""
    if got.result is None:
        return 'not replayed'
    found = []
    if got.overflowed:
        found.append('the trace was cut off')
    for index in range(max(len(expected['events']), len(got.events))):
        want = expected['events'][index:index + 1]
        have = got.events[index:index + 1]
        if want != have:
            found.append(f'event {index}: expected {_event(want)}, got {_event(have)}')
            break
    if expected['return'] != got.result:
        found.append(f'return: expected {expected["return"]}, got {got.result}')
    if expected['bad_entries_cleared'] != got.cleared:
        found.append(f'bad_entries_cleared: expected {expected["bad_entries_cleared"]}, '
                     f'got {got.cleared}')
    if got.changed != got.cleared:
        found.append(f'{got.changed - got.cleared} page-table entries changed, '
                     'other than being cleared')
    return '; '.join(found)


def _event(rows: list[list]) -> str:
    return json.dumps(rows[0]) if rows else 'none'
