# SPDX-License-Identifier: GPL-2.0
"""What a night observes, and the results of tests; measured.py has all times."""

import functools
from dataclasses import dataclass, field, replace
from pathlib import Path

from .. import golden, selftests
from ..bench import compare
from ..bench.session import Plan
from ..contract import observe as contract
from ..contract.rules import expected
from ..external import external, tools
from ..external.cases import FAIL, PASS, SKIP
from ..external.expected import PLAN, failing
from ..external.seen import Seen
from ..selftests import report
from ..selftests.tests import narrow
from ..stress import stress
from ..stress.row import Row
from ..validate import differential, readings
from ...boots import guest
from ...boots.counting import side_by_side
from ...kernels.build import Built
from ...kernels.version import LINUX
from ...runs.night import Point, Series, State

STRESS_SECONDS = 2  # of each stressor: half a minute for all of them


@dataclass(frozen=True)
class Subject:
    """The kernels of a night, the reference first, and how to measure."""
    build: Path
    appliance: guest.Appliance
    reference: Built
    plan: Plan
    placements: int
    last: Path | None  # the folder of the night before

    @property
    def kernels(self) -> dict[str, Built]:
        """Return the kernels under test by name."""
        return {name: built for name, built in self.appliance.kernels.items()
                if built is not self.reference}

    def against(self, first: Built, second: Built) -> dict:
        """Compare two kernels, which take turns; return what `umwalk bench` finds."""
        return compare.compare(self.build, self._of(first, second), self.plan,
                               self.placements).found

    def pair(self, built: Built) -> guest.Appliance:
        """Return the reference and one kernel, to boot them in turns."""
        return self._of(self.reference, built)

    def _of(self, *kernels: Built) -> guest.Appliance:
        return replace(self.appliance, kernels={one.kernel.name: one for one in kernels})


@dataclass
class Found:
    """What was found: points, states, files for the night's folder, the times of all boots."""
    points: dict[Series, Point] = field(default_factory=dict)
    states: list[State] = field(default_factory=list)
    files: dict[str, str | bytes] = field(default_factory=dict)
    samples: str = ''


def series(kernel: str, row: dict) -> Series:
    """Return the series of a row of `umwalk bench`."""
    return Series(LINUX.name, kernel, row['layout'], row['walk'])


def contracts(subject: Subject, found: Found) -> None:
    """Check the rules on each kernel."""
    appliance = replace(subject.appliance, kernels=subject.kernels)
    for one in contract.observe(appliance):
        known = expected(one.kernel)
        for rule, outcome in one.rules.items():
            details = [f"{case['case']}: {case['detail']}" for case in outcome.failed]
            found.states.append(State(one.kernel, 'contract', rule, outcome.state, rule in known,
                                      next(iter(details + outcome.skipped), '')))
        found.states += of_boot(one.kernel, 'contract', one.died, one.splats)
        found.files |= {f'{one.kernel}.ktap': one.ktap, f'{one.kernel}.console': one.console}


def walks(subject: Subject, found: Found) -> None:
    """Replay the recorded walks on each kernel that has any."""
    cases = golden.load(golden.CASES)
    for name in golden.kernels_of(golden.CASES, cases):
        if name in subject.kernels:
            of_kernel = [case for case in cases if name in case]
            replayed, _ = golden.observe(subject.build, subject.appliance.only(name), of_kernel)
            first = next((f'{case}: {why}' for case, why in replayed.failed.items()), '')
            found.states.append(State(name, 'golden', 'walks', 'fail' if first else 'pass',
                                      detail=first))


def readers(subject: Subject, found: Found) -> None:
    """Compare what each reader says on each kernel and on the reference."""
    for name, built in subject.kernels.items():
        for one in differential.compare(*readings.of_both(subject.appliance, subject.reference, built)):
            detail = one.findings[0].text if one.findings else one.summary
            found.states.append(State(name, 'differential', one.check, one.status, detail=detail))


def tests(subject: Subject, found: Found) -> None:
    """Run the tree's own selftests on each kernel."""
    wanted = narrow()
    for name, built in subject.kernels.items():
        programs = selftests.ensure_programs(subject.build, built.kernel, wanted)
        boots = side_by_side(functools.partial(
            selftests.observe, subject.appliance.only(name), programs), list(wanted))
        seen = {(name, test): one for test, one in zip(wanted, boots)}
        judged = report.judge(seen, selftests.expected())
        for (_, test), one in seen.items():
            known = all((name, test, fault) in judged.expected for fault in one.faults)
            found.states.append(State(name, 'selftests', test.name, one.state,
                                      known and one.state == FAIL,
                                      one.faults[0].text if one.faults else ''))
        found.files[f'{name}.selftests.ktap'] = report.ktap(judged)[f'{name}.ktap']


def outsiders(subject: Subject, found: Found) -> None:
    """Check each kernel by tests and tools that nobody here wrote."""
    job = external.Job(subject.build / 'guest' / 'walks',
                               tools.commands(subject.build, subject.appliance))
    for name in subject.kernels:
        found.states += of_external(external.observe(subject.appliance.only(name), name, job))


def of_external(seen: Seen) -> list[State]:
    """Return a state for each of those tests; one that did not run as planned fails."""
    return [*(_of_test(seen, test, plan) for test, plan in PLAN.items()),
            *of_boot(seen.kernel, 'external', seen.died, seen.splats)]


def _of_test(seen: Seen, test: str, plan: tuple[int, int]) -> State:
    ran = len(seen.of(test, PASS, FAIL)), len(seen.of(test, SKIP))
    if ran != plan:
        return State(seen.kernel, 'external', test, 'fail', detail=(
            f'{ran[0]} cases ran and {ran[1]} were skipped, expected {plan[0]} and {plan[1]}'))
    failed = seen.of(test, FAIL)
    known = {(case.test, case.name) for case in failed} <= failing(seen.kernel)
    return State(seen.kernel, 'external', test, FAIL if failed else PASS, bool(failed) and known,
                 next((f'{case.name}: {case.details[0]}' for case in failed), ''))


def stressors(subject: Subject, found: Found) -> None:
    """Read about processes whose memory changes all the time, on each kernel."""
    for name in subject.kernels:
        for row, seen in stress.observe(subject.appliance.only(name), STRESS_SECONDS, stress.ALL):
            found.states.append(of_stressor(name, row))
            if row.is_bad:
                found.files[f'{name}.stress-{row.stressor}.console'] = seen.log


def of_stressor(kernel: str, row: Row) -> State:
    """Return how it went; a stressor that did nothing fails, since all of them can run."""
    return State(kernel, stress.NAME, row.stressor, FAIL if row.is_bad else PASS,
                 detail=next(iter(row.faults), row.not_run))


def of_boot(kernel: str, suite: str, died: str, splats: list[str]) -> list[State]:
    """Return whether a boot came to its end, and whether its log is clean."""
    return [State(kernel, suite, 'boot', 'fail' if died else 'pass', detail=died),
            State(kernel, suite, 'log', 'fail' if splats else 'pass', detail='\n'.join(splats[:1]))]
