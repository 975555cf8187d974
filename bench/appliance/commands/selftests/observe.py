# SPDX-License-Identifier: GPL-2.0
"""Build selftests, and run each in a guest of its own."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from ... import process
from ...boots import guest
from ...boots.records import Boot, Record, of_type, parse
from ...failure import Failure
from ...kernels.build import bring_tree_to
from ...kernels.series import Kernel
from ...logs import ktap
from ...paths import locked
from ...progress import step
from .tests import SCRIPTS, Selftest

FOLDER = 'tools/testing/selftests'  # of the kernel tree
TIME_LIMIT = 1800  # ends a boot that hangs
PASS, FAIL, SKIP = 'pass', 'fail', 'skip'
STATUS_SKIP = 4  # kselftest's


@dataclass(frozen=True)
class Fault:
    """A case that did not pass, or what else is wrong with a test."""
    result: str  # FAIL or SKIP
    text: str


@dataclass(frozen=True)
class Seen:
    """What a boot of a test has shown."""
    said: str
    records: list[Record]
    passed: int  # cases
    faults: tuple[Fault, ...]
    died: str = ''  # why the guest did not come to its end, with its stack

    @property
    def state(self) -> str:
        """Return pass, fail or skip."""
        results = {fault.result for fault in self.faults}
        return FAIL if FAIL in results else PASS if self.passed else SKIP


Programs = dict[Selftest, Path]


def ensure_programs(build: Path, wanted: Kernel, tests: Sequence[Selftest]) -> Programs:
    """Build those tests that a kernel's tree has, unless they are up to date."""
    programs = build / 'selftests'
    with locked(build), step('building selftests'):
        tree = bring_tree_to(build, wanted)
        there = [test for test in tests if (tree / FOLDER / f'{test.source}.c').exists()]
        names = sorted({test.source for test in there})
        ran = process.run(['make', '-s', f'-j{len(os.sched_getaffinity(0))}', '-C', SCRIPTS,
                           f'TREE={tree}', f'OUT={programs}', f'TESTS={" ".join(names)}'])
    if ran.returncode:
        raise Failure(f'the selftests do not build:\n{ran.stderr.strip()}')
    return {test: programs / test.source for test in there}


def observe(appliance: guest.Appliance, programs: Programs, test: Selftest) -> Seen:
    """Run a test in a boot of its own."""
    if test not in programs:
        return Seen('', [], 0, (Fault(SKIP, 'this kernel tree does not have the test'),))
    with tempfile.TemporaryFile('w+', encoding='utf-8') as records, \
            tempfile.TemporaryFile('w+', **process.TEXT) as why:
        options = ['--host', f'--mem={test.memory_mib}', f'--timeout={TIME_LIMIT}',
                   f'--records={records.fileno()}']
        command = appliance.command(*options, argv=[
            str(SCRIPTS / 'run.sh'), test.user, test.huge_pages, str(programs[test]),
            *test.arguments])
        ran = process.run(command, stdout=subprocess.PIPE, stderr=why,
                          pass_fds=[records.fileno()])
        records.seek(0)
        why.seek(0)
        found = [parse(line, 'a record of the boot') for line in records]
        boots = of_type(Boot, found)
        if boots and boots[-1].outcome == 'exit':
            return judge(ran.stdout, boots[-1].status, found)
        died = str(guest.failure(appliance, ran.returncode, boots, why.read().strip()))
        return Seen(ran.stdout, found, 0, (Fault(FAIL, died.splitlines()[0]),), died)


def judge(said: str, status: int, records: list[Record]) -> Seen:
    """Judge each case that a test has told, and how it ended."""
    report = ktap.cases(said)
    faults = [Fault(SKIP if one.skipped else FAIL, _text(one))
              for one in report.results if one.skipped or not one.ok]
    passed = sum(one.ok and not one.skipped for one in report.results)
    if status == STATUS_SKIP and not passed and FAIL not in (one.result for one in faults):
        return Seen(said, records, 0, tuple(faults) or (Fault(SKIP, process.last_line(said)),))
    faults += [Fault(FAIL, problem) for problem in report.problems]
    if status and FAIL not in (one.result for one in faults):
        faults.append(Fault(FAIL, f'exit status {status}: {process.last_line(said)}'))
    if not report.results and not faults:
        passed = 1
    return Seen(said, records, passed, tuple(faults))


def _text(case: ktap.Result) -> str:
    return ': '.join(filter(None, (case.name, case.detail)))
