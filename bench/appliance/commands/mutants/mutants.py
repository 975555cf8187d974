# SPDX-License-Identifier: GPL-2.0
"""Does every wrong change of the walker fail a check?

Each patch is applied to stock alone, and built in the object folder of the normal kernels:
one file is compiled and the kernel linked. Then the checks judge the kernel.
"""

import concurrent.futures
import contextlib
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Callable, TypeVar

from ...boots import guest, hang
from ...boots.records import Record, Rule
from ...failure import FAILED, KERNEL_DIED, TIME_LIMIT, Failure
from ...kernels import build as builds, series
from ...kernels.build import Built
from ...kernels.configuration import DEBUG, RELEASE, Configuration
from ...kernels.patch import Patch
from ...kernels.series import Kernel
from ...kernels.version import LINUX
from ...progress import step
from ...runs.run import Run, boot_for_host
from ...runs.shards import WHOLE, Shard
from ..contract import observe, rules

NAME = 'mutants'
BASE = 'stock'
FOLDER = LINUX.folder / 'mutants'
EQUIVALENT = 'equivalent'  # a file with lines NAME: why no check can find this mutant


# The contract's checks judge a mutant on the first of these configurations;
# if it survives, on the next.
JUDGES = (RELEASE, DEBUG)
# After a splat a boot may get stuck. It has this part of the original's CPU time left, in
# which a rule may name the fault.
AFTER_SPLAT = 1


@dataclass(frozen=True)
class Mutant:
    """A patch, and the argument why no check can tell it from the original, if there is one."""
    name: str
    patch: Path
    equivalent: str


@dataclass(frozen=True)
class Verdict:
    """The rule and the case that found a mutant; the mutant survived if there is no rule."""
    rule: str = ''
    case: str = ''
    detail: str = ''
    seconds: float = 0
    judge: str = ''

    def __str__(self) -> str:
        if not self.rule:
            return 'SURVIVED'
        case = f' ({self.case})' if self.case else ''
        judge = '' if self.judge == JUDGES[0].name else f' [{self.judge}]'
        return f'killed by {self.rule}{case}{judge}'


def try_all(build: Path, folder: Path = FOLDER, only: list[str] | None = None,
            judge: Configuration | None = None, shard: Shard = WHOLE) -> int:
    """Judge every mutant; returns the exit status (0: each killed, or argued equivalent)."""
    judges = (judge,) if judge else JUDGES
    asked = _mutants(folder, only or [])
    judged = left = shard.of(asked)
    width = max((len(mutant.name) for mutant in left), default=0)  # a part may be empty
    verdicts: dict[str, Verdict] = {}
    appliance = guest.ensure(build, [series.kernel(BASE, judges[0])])
    this = Run(NAME, appliance)
    for one in judges:
        if left:
            _judge_all(build, one, left, verdicts, width, one == judges[-1])
        left = [mutant for mutant in left if not verdicts[mutant.name].rule]
    this.end()
    this.store(this.result(boot_for_host(appliance), {
        'asked': {mutant.name: Patch(mutant.patch).digest for mutant in asked},
        'mutants': {mutant.name: asdict(verdicts[mutant.name]) | {'equivalent': mutant.equivalent}
                    for mutant in judged}}), {})
    return summary(judged, verdicts)


def _mutants(folder: Path, only: list[str]) -> list[Mutant]:
    arguments = _equivalent(folder / EQUIVALENT)
    patches = {patch.stem: patch for patch in sorted(folder.glob('*.patch'))}
    if not patches:
        raise Failure(f'{folder} has no *.patch')
    for name in (*only, *arguments):
        if name not in patches:
            raise Failure(f'{folder} has no {name}.patch')
    return [Mutant(name, patch, arguments.get(name, '')) for name, patch in patches.items()
            if not only or name in only]


def _equivalent(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    found = {}
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        name, _, argument = line.partition(':')
        if line.strip() and not line.startswith('#'):
            if not argument.strip():
                raise Failure(f"{path}:{number}: '{line}' is not NAME: ARGUMENT")
            found[name.strip()] = argument.strip()
    return found


def _judge_all(build: Path, judge: Configuration, mutants: list[Mutant],
               verdicts: dict[str, Verdict], width: int, last: bool) -> None:
    """Build one mutant while the one before it is judged."""
    appliance = guest.ensure(build, [series.kernel(BASE, judge)])
    for mutant in mutants:
        _of(mutant, builds.check_applies, build, _kernel(mutant, judge))
    with step(f'{BASE} itself, {judge}'):
        usual, known = _try_original(appliance)
    with concurrent.futures.ThreadPoolExecutor(1) as court, contextlib.ExitStack() as after:
        after.callback(court.shutdown, wait=False, cancel_futures=True)  # if it is interrupted
        trials: list[concurrent.futures.Future] = []
        for mutant in mutants:
            started = time.monotonic()
            built, = _of(mutant, builds.ensure, build, [_kernel(mutant, judge)])
            trials.append(court.submit(_try_mutant, mutant, built, appliance, usual, known,
                                       time.monotonic() - started, verdicts, width, last))
            _raise_first(trials)
        after.pop_all()
    _raise_first(trials)


def _kernel(mutant: Mutant, judge: Configuration) -> Kernel:
    return series.kernel(BASE, judge).plus('mutant', mutant.patch)


T = TypeVar('T')


def _of(mutant: Mutant, what: Callable[..., T], *arguments: Any) -> T:
    """Call it; a Failure names the mutant."""
    try:
        return what(*arguments)
    except Failure as failure:
        raise Failure(f'{mutant.name}: {failure}') from failure


def _raise_first(trials: list[concurrent.futures.Future]) -> None:
    for trial in trials:
        if trial.done():
            trial.result()


def _try_original(appliance: guest.Appliance) -> tuple[float, set[tuple[str, str]]]:
    """Return the seconds of CPU time of the original, and its faults.

    It is a Failure if the original fails a rule that it is not known to fail.
    """
    faults, seconds = _faults(appliance.kernels[BASE], appliance, float('inf'))
    for fault in faults:
        if fault.rule not in rules.expected(BASE):
            raise Failure(f'{BASE} itself is {fault}: {fault.detail}', FAILED)
    return seconds, {(fault.rule, fault.case) for fault in faults}


def _try_mutant(mutant: Mutant, built: Built, appliance: guest.Appliance,
                usual: float, known: set[tuple[str, str]], building: float,
                verdicts: dict[str, Verdict], width: int, last: bool) -> None:
    started = time.monotonic()
    faults, _ = _faults(built, appliance, usual, known)
    new = [fault for fault in faults if (fault.rule, fault.case) not in known]
    verdict = replace(new[0] if new else Verdict(), judge=built.kernel.configuration.name,
                      seconds=building + time.monotonic() - started)
    builds.release(built)
    verdicts[mutant.name] = verdict
    if verdict.rule or last:
        argued = '; argued equivalent' if mutant.equivalent else ''
        print(f'{mutant.name:{width}}  {verdict}{argued}, {verdict.seconds:.1f} s', flush=True)
        if verdict.detail:
            print(f'{"":{width}}    {verdict.detail}', flush=True)


def _faults(built: Built, appliance: guest.Appliance, usual: float,
            known: set[tuple[str, str]] | None = None) -> tuple[list[Verdict], float]:
    """Return what the contract's checks find, a bad end of the boot first, and its CPU time.

    The original takes usual seconds of CPU time. If the original's faults are known, the
    boot ends with the first case that fails and is none of them.
    """
    def enough(record: Record) -> bool:
        return (known is not None and isinstance(record, Rule) and not record.ok
                and (record.rule, record.case) not in known)

    seen = observe.observe_one(replace(appliance, kernels={'mutant': built}), 'mutant',
                               hang.Watch(hang.PATIENCE * usual), AFTER_SPLAT * usual,
                               enough=enough)
    found = [Verdict(_end(seen.status), '', seen.died.splitlines()[0])] if seen.died else []
    for rule, outcome in seen.rules.items():
        found += [Verdict(rule, case['case'], case['detail']) for case in outcome.failed]
    found += [Verdict('log', '', splat.splitlines()[0]) for splat in seen.splats]
    found += [Verdict('log', '', problem) for problem in seen.problems]
    return found, seen.cpu_seconds


def _end(status: int) -> str:
    return {TIME_LIMIT: 'hang', KERNEL_DIED: 'panic'}.get(status, f'exit status {status}')


def summary(mutants: list[Mutant], verdicts: dict[str, Verdict]) -> int:
    """Print what the verdicts come to; returns the exit status."""
    killed = [m for m in mutants if verdicts[m.name].rule]
    survived = [m for m in mutants if not verdicts[m.name].rule]
    unargued = [m.name for m in survived if not m.equivalent]
    wrong = [m.name for m in killed if m.equivalent]
    print(f'\n{len(mutants)} mutants: {len(killed)} killed, {len(survived)} survived, '
          f'{len(survived) - len(unargued)} of them argued equivalent')
    if unargued:
        print('SURVIVED without an argument: ' + ', '.join(unargued))
    if wrong:
        print('argued equivalent, but killed: ' + ', '.join(wrong))
    return FAILED if unargued or wrong else 0
