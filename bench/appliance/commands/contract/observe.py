# SPDX-License-Identifier: GPL-2.0
"""What a boot of a kernel shows of the rules: by its guest, its KUnit suite and its log."""

import contextlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Callable

from ...boots import guest, hang
from ...boots.records import Boot, Record, Rule, of_type
from ...failure import TIME_LIMIT, Failure, NoGuest
from ...host import doctor
from ...logs import ktap, splat
from ...progress import step
from .rules import RULES

BOOT_SECONDS = 1200  # far more than any boot takes; hang.py ends those that hang
SUITE = 'pagewalk'  # of KUnit

PASS, FAIL, SKIP, UNCHECKED = 'pass', 'fail', 'skip', '-'


@dataclass
class RuleOutcome:
    """The result of all cases of a rule on one kernel."""
    passed: int = 0
    failed: list[dict] = field(default_factory=list)  # case and detail, the smallest first
    skipped: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Tell the state: one case that fails is enough."""
        if self.failed:
            return FAIL
        return PASS if self.passed else SKIP if self.skipped else UNCHECKED

    def add(self, case: str, ok: bool, skipped: bool, detail: str) -> None:
        """Count a case."""
        if skipped:
            self.skipped.append(f'{case}: {detail}')
        elif ok:
            self.passed += 1
        else:
            self.failed.append({'case': case, 'detail': detail})


@dataclass
class Observation:
    """What a boot of a kernel has shown."""
    kernel: str
    records: list[Record] = field(default_factory=list)
    rules: dict[str, RuleOutcome] = field(
        default_factory=lambda: {rule: RuleOutcome() for rule in RULES})
    ktap: str = ''
    console: str = ''
    splats: list[str] = field(default_factory=list)  # whole, with their stacks
    died: str = ''  # why the boot did not come to its end
    status: int = 0  # of umrun; TIME_LIMIT: it hangs
    cpu_seconds: float = 0
    layout: str = ''  # that was checked, or '': the contract's own

    @property
    def title(self) -> str:
        """Name the kernel, and the layout if there is one."""
        return f'{self.layout}-{self.kernel}' if self.layout else self.kernel

    @property
    def problems(self) -> list[str]:
        """Results of KUnit that are missing; it knows nothing of layouts."""
        return [] if self.layout else ktap.read(self.console, SUITE).problems

    @property
    def dropped(self) -> int:
        """Bytes of the kernel's log that are missing."""
        return sum(boot.console_dropped for boot in of_type(Boot, self.records))

    def states(self) -> dict[str, str]:
        """Rule by rule."""
        return {rule: outcome.state for rule, outcome in self.rules.items()}


def observe(appliance: guest.Appliance, layout: str = '') -> list[Observation]:
    """Boot every kernel once, as many at a time as there are CPUs."""
    names = list(appliance.kernels)
    of = f', layout {layout}' if layout else ''
    with step(f'the contract on {", ".join(names)}{of}'), guest.at_once() as pool:
        return list(pool.map(lambda name: observe_one(appliance.only(name), name, layout=layout),
                             names))


def observe_pair(appliance: guest.Appliance) -> list[Observation]:
    """Boot a base and a kernel to compare with it; whatever the latter does is its own fault."""
    base, patched = appliance.kernels
    watches = hang.Pair()
    with step(f'the contract on {base}, {patched}'), guest.at_once() as pool:
        first = pool.submit(observe_one, appliance.only(base), base, watches.base)
        first.add_done_callback(lambda _: watches.base_ended())
        second = pool.submit(observe_one, appliance.only(patched), patched, watches.patched,
                             hosts_fault=False)
        return [first.result(), second.result()]


def observe_one(appliance: guest.Appliance, name: str, watch: hang.Watch | None = None,
                grace: float = float('inf'), hosts_fault: bool = True,
                enough: Callable[[Record], bool] | None = None, layout: str = '') -> Observation:
    """Boot one kernel, and judge what it shows.

    The boot ends when the watch says so, grace seconds of CPU time after a splat, and
    with a record that is enough.
    hosts_fault: if no guest has ever come up, whether that may be the host's fault.
    """
    seen = Observation(name, layout=layout)
    job = ['--layout', layout] if layout else []
    kunit = [] if layout else ['--append=kunit.enable=1']
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as console:
        oversee = Overseer(console, watch or hang.Watch(), grace)
        try:
            with contextlib.closing(guest.records(
                    appliance, f'--mem={appliance.memory_mib}', f'--timeout={BOOT_SECONDS}',
                    *kunit, argv=['/bin/walks', 'contract', *job], stdout=printed,
                    consoles=[console], hopeless=oversee)) as records:
                for record in records:
                    seen.records.append(record)
                    if enough and enough(record):
                        break
        except Failure as failure:
            if hosts_fault and isinstance(failure, NoGuest) and doctor.faults():
                raise
            seen.died = '' if oversee.splat_over else oversee.hang.explain(str(failure))
            seen.status = failure.status
        seen.cpu_seconds = oversee.hang.cpu_seconds
        seen.ktap = _read(printed)
        seen.console = _read(console)
    _judge(seen, appliance.kernels[name].debug)
    return seen


class Overseer:
    """Ends a boot that hangs, and one that had a splat, since its kernel may be stuck.

    It ends when the watch says so, and grace seconds of CPU time after a splat.
    """

    def __init__(self, console: IO[bytes], watch: hang.Watch, grace: float):
        self.hang = watch
        self.hang.console = console
        self.console = console
        self.judged = 0  # bytes of it
        self.grace = grace
        self.splat_at: float | None = None
        self.splat_over = False  # whether the splat ended the boot

    def __call__(self, runner: int) -> bool:
        hangs = self.hang(runner)
        if self.splat_at is None and self._any_splat():
            self.splat_at = self.hang.cpu_seconds
        if self.splat_at is not None:
            self.splat_over = hangs or self.hang.cpu_seconds - self.splat_at >= self.grace
        return hangs or self.splat_over

    def _any_splat(self) -> bool:
        """Look only where the kernel has printed since the last look: a log may be long."""
        before, self.judged = self.judged, _size(self.console)
        return self.judged > before and splat.any_splat(_read(self.console))


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _read(file: IO[bytes]) -> str:
    """Read all of it; where its writer goes on is not moved."""
    return os.pread(file.fileno(), _size(file), 0).decode(errors='replace')


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
    seen.splats = splat.splats(seen.console, program, stopped=seen.status == TIME_LIMIT)
