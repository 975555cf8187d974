# SPDX-License-Identifier: GPL-2.0
"""`umwalk contract`: which rules of the page-walk contract each kernel keeps."""

import concurrent.futures
import datetime
import json
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from ...boots import guest, hang
from ...boots.records import Record, Rule, of_type
from ...failure import FAILED, TIME_LIMIT, Failure, NoGuest
from ...host import doctor
from ...kernels import sources
from ...logs import ktap, splat
from ...paths import PATCHES, VERSION
from ...progress import step
from ...runs import results

FORMAT = 1  # of result.json; raised when a field changes its meaning
BOOT_SECONDS = 1200  # far more than any: what hangs is told by hang.py
SUITE = 'pagewalk'  # of KUnit

RULES = {
    'W1': 'confined', 'W2': 'ordered', 'W3': 'covered', 'W4': 'hugetlb apart',
    'W5': 'hugetlb holes', 'W6': 'PFNMAP', 'W7': 'VMA known', 'W8': 'asked once',
    'W9': 'verbatim', 'W10': 'refused', 'W11': 'harmless', 'W12': 'locked',
    'U1': 'window', 'U2': 'smaps', 'U3': 'clear_refs', 'U4': 'mincore', 'U5': 'scan',
    'U6': 'clean exit',
}
OK, BROKEN, SKIP, UNCHECKED = 'ok', 'BROKEN', 'skip', '-'


@dataclass
class Outcome:
    """The result of all cases of a rule on one kernel."""
    held: int = 0
    broken: list[dict] = field(default_factory=list)  # case and detail, the smallest first
    skipped: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Tell the state: one broken case breaks the rule."""
        if self.broken:
            return BROKEN
        return OK if self.held else SKIP if self.skipped else UNCHECKED

    def add(self, case: str, ok: bool, skipped: bool, detail: str) -> None:
        """Count a case."""
        if skipped:
            self.skipped.append(f'{case}: {detail}')
        elif ok:
            self.held += 1
        else:
            self.broken.append({'case': case, 'detail': detail})


@dataclass
class Observation:
    """What a boot of a kernel has shown."""
    kernel: str
    records: list[Record] = field(default_factory=list)
    rules: dict[str, Outcome] = field(default_factory=lambda: {rule: Outcome() for rule in RULES})
    ktap: str = ''
    console: str = ''
    splats: list[str] = field(default_factory=list)  # whole, with their stacks
    died: str = ''  # why, if the boot did not come to its end
    status: int = 0  # of umrun; TIME_LIMIT: it hangs
    cpu_seconds: float = 0

    @property
    def problems(self) -> list[str]:
        """Results of KUnit that are missing."""
        return ktap.read(self.console, SUITE).problems

    def states(self) -> dict[str, str]:
        """Rule by rule."""
        return {rule: outcome.state for rule, outcome in self.rules.items()}


def run(build: Path, names: list[str], configuration: str = 'release') -> int:
    """Check, print the matrix, store; returns the exit status."""
    started = datetime.datetime.now(datetime.timezone.utc)
    appliance = guest.ensure(build, names, configuration)
    clock = time.monotonic()
    seen = observe(appliance)
    seconds = round(time.monotonic() - clock, 1)
    problems = [problem for one in seen for problem in differences(one, expected(one.kernel))]
    problems += unchecked(seen)
    result = {
        'format': FORMAT, 'kind': 'contract', 'started': started.isoformat(timespec='seconds'),
        'seconds': seconds, 'source': sources.prepare(build).release,
        'configuration': configuration, 'host': results.host(seen[0].records),
        'kernels': results.kernels(appliance), 'rules': _rules(seen), 'problems': problems,
    }
    folder = results.store(started, _files(result, seen))
    print(text(seen, problems))
    print(f'\n{len(seen)} kernel{"s" if len(seen) > 1 else ""}, {configuration}, {seconds} s: {folder}')
    return FAILED if problems else 0


def observe(appliance: guest.Appliance) -> list[Observation]:
    """Boot every kernel once, as many at a time as there are CPUs."""
    names = list(appliance.kernels)
    with step(f'the contract on {", ".join(names)}'), \
            concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(lambda name: observe_one(appliance.only(name), name), names))


def observe_one(appliance: guest.Appliance, name: str, limit: float = float('inf'),
                grace: float = float('inf')) -> Observation:
    """Boot one kernel, and judge what it shows.

    The boot ends after limit seconds of CPU time, and grace seconds of CPU time after a splat.
    """
    seen = Observation(name)
    with tempfile.TemporaryDirectory(prefix='umwalk-') as logs:
        oversee = Overseer(Path(logs) / f'{name}-0.console', limit, grace)
        try:
            for record in guest.records(appliance, f'--mem={appliance.memory_mib}', f'--logs={logs}',
                                        f'--timeout={BOOT_SECONDS}', '--append=kunit.enable=1',
                                        argv=['/bin/walks', 'contract'], hopeless=oversee):
                seen.records.append(record)
        except Failure as failure:
            if isinstance(failure, NoGuest) and doctor.faults():
                raise
            seen.died = '' if oversee.splat_over else oversee.hang.found or str(failure)
            seen.status = TIME_LIMIT if oversee.hang.found else failure.status
        seen.cpu_seconds = oversee.hang.cpu_seconds
        seen.ktap = _read(Path(logs) / f'{name}-0.out')
        seen.console = _read(Path(logs) / f'{name}-0.console')
    _judge(seen, appliance.kernels[name])
    return seen


class Overseer:
    """Ends a boot that hangs, and one that had a splat, since its kernel may be stuck.

    A boot hangs after limit seconds of CPU time; it ends grace seconds of CPU time after a splat.
    """

    def __init__(self, console: Path, limit: float, grace: float):
        self.hang = hang.Watch(limit)
        self.console = console
        self.grace = grace
        self.splat_at: float | None = None
        self.splat_over = False  # what ended the boot is the splat

    def __call__(self, runner: int) -> bool:
        hangs = self.hang(runner)
        if self.splat_at is None and splat.any_splat(_read(self.console)):
            self.splat_at = self.hang.cpu_seconds
        if self.splat_at is not None:
            self.splat_over = hangs or self.hang.cpu_seconds - self.splat_at >= self.grace
        return hangs or self.splat_over


def _read(path: Path) -> str:
    return path.read_text(encoding='utf-8', errors='replace') if path.exists() else ''


def _judge(seen: Observation, program: Path) -> None:
    for record in of_type(Rule, seen.records):
        seen.rules[record.rule].add(record.case, record.ok, record.skip, record.detail)
    for test in ktap.read(seen.console, SUITE).results:
        rule = test.name.partition('_')[0]
        if rule not in RULES:
            raise Failure(f"KUnit test {test.name}: a name has to start with a rule, "
                          "as in 'W1_confined'")
        seen.rules[rule].add(f'KUnit {test.name}', test.ok, test.skipped, test.detail)
    for rule, line in splat.complaints(seen.console):
        seen.rules[rule].add('kernel log', False, False, line)
    seen.splats = splat.splats(seen.console, program)


def expected(name: str) -> set[str]:
    """The rules that a kernel is known to break."""
    path = PATCHES / VERSION / 'expected' / name
    if not path.exists():
        return set()
    broken = set()
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        rule = line.partition('#')[0].strip()
        if rule and rule not in RULES:
            raise Failure(f"{path}:{number}: there is no rule '{rule}', only W1 to W12 "
                          'and U1 to U6')
        if rule:
            broken.add(rule)
    return broken


def differences(seen: Observation, known: set[str]) -> list[str]:
    """Return in what a kernel is not as expected, one line each."""
    found = []
    if seen.died:
        found.append(f'{seen.kernel}: {seen.died}')
    found += [f'{seen.kernel}: {problem}' for problem in seen.problems]
    for rule, state in seen.states().items():
        if state == BROKEN and rule not in known:
            found.append(f'{seen.kernel}: {rule} is broken, which is not expected')
        elif state != BROKEN and rule in known:
            found.append(f'{seen.kernel}: {rule} is expected to be broken, but it is: {state}')
    if seen.splats:
        found.append(f'{seen.kernel}: {len(seen.splats)} splats in the kernel log, the first is: '
                     f'{seen.splats[0].splitlines()[0]}')
    return found


def unchecked(seen: list[Observation]) -> list[str]:
    """Return the rules that nothing has checked on any kernel."""
    return [f'{rule} {title}: nothing checked it' for rule, title in RULES.items()
            if all(one.rules[rule].state == UNCHECKED for one in seen)]


def _rules(seen: list[Observation]) -> dict:
    return {rule: {'title': title, 'kernels': {one.kernel: _outcome(one, rule) for one in seen}}
            for rule, title in RULES.items()}


def _outcome(seen: Observation, rule: str) -> dict:
    outcome = seen.rules[rule]
    return {'state': outcome.state, 'expected': rule in expected(seen.kernel),
            'held': outcome.held, 'broken': outcome.broken, 'skipped': outcome.skipped}


def _files(result: dict, seen: list[Observation]) -> dict[str, str]:
    files = {'result.json': json.dumps(result, indent=1) + '\n',
             'records.jsonl': ''.join(results.json_lines(one.records) for one in seen)}
    for one in seen:
        files[f'{one.kernel}.ktap'] = one.ktap
        files[f'{one.kernel}.console'] = one.console
    return files


def text(seen: list[Observation], problems: list[str]) -> str:
    """Return the matrix, the smallest case of each fault, and what is not as expected."""
    return '\n\n'.join(part for part in (_matrix(seen), _smallest(seen), _splats(seen),
                                         _verdict(problems)) if part)


def _matrix(seen: list[Observation]) -> str:
    rows = [['rule', '', *(one.kernel for one in seen)]]
    rows += [[rule, title, *(one.rules[rule].state for one in seen)]
             for rule, title in RULES.items()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return '\n'.join('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows)


def _smallest(seen: list[Observation]) -> str:
    lines = []
    for rule in RULES:
        for one in seen:
            if one.rules[rule].broken:
                first = one.rules[rule].broken[0]
                lines.append(f"{rule} {one.kernel}: {first['case']}: {first['detail']}")
    return '\n'.join(lines)


def _splats(seen: list[Observation]) -> str:
    return '\n\n'.join(f'{one.kernel}:\n{whole}' for one in seen for whole in one.splats[:3])


def _verdict(problems: list[str]) -> str:
    if not problems:
        return 'Everything is as expected.'
    return 'This is not as expected:\n' + '\n'.join(problems)
