# SPDX-License-Identifier: GPL-2.0
"""`umwalk selftests`: the kernel tree's own hugetlb selftests, inside the guest."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Sequence

from .. import process
from ..boots import guest
from ..boots.records import Boot, Record, of_type, parse
from ..failure import FAILED, Failure
from ..kernels.build import bring_tree_to
from ..kernels.series import Kernel, kernel
from ..paths import TOP, build_folder, locked
from ..progress import step
from ..runs.run import Run
from .options import add_kernel

NAME = 'selftests'
HELP = "run the kernel tree's own hugetlb selftests in the guest"
STORES = True

SCRIPTS = TOP / 'workloads' / 'selftests'
TESTS = ('map_hugetlb', 'hugepage-mmap', 'hugepage-mremap', 'hugepage-shm', 'hugetlb-madvise',
         'madv_populate', 'mkdirty', 'pagemap_ioctl')
MEMORY_MIB = 1024  # 260 huge pages are 520 MiB
TIME_LIMIT = 1800  # ends a boot that hangs


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernel(command)
    command.add_argument('--only', action='append', default=[], choices=TESTS, metavar='TEST',
                         help=f'one of {", ".join(TESTS)}; may be repeated (all)')


def run(arguments: argparse.Namespace) -> int:
    """Build and run them; prints KTAP, returns the exit status (0: all passed)."""
    return run_on(build_folder(), kernel(arguments.kernel), arguments.only or TESTS)


def run_on(build: Path, wanted: Kernel, tests: Sequence[str]) -> int:
    """Build and run them; prints KTAP, returns the exit status (0: all passed)."""
    appliance = guest.ensure(build, [wanted])
    programs = ensure_programs(build, wanted)
    this = Run(NAME, appliance)
    seen = observe(appliance, programs, tests, lambda line: print(line, end='', flush=True))
    this.end()
    if seen.died:
        print(seen.died, file=sys.stderr)
    else:
        this.store(this.result(seen.records, {'tests': seen.states}), {'selftests.ktap': seen.said},
                   seen.records)
    return seen.status


@dataclass(frozen=True)
class Seen:
    """What a boot of selftests has shown: umrun's exit status, the KTAP, the records."""
    status: int
    said: str
    records: list[Record]
    died: str = ''  # why the guest did not come to its end, with its stack

    @property
    def is_whole(self) -> bool:
        """Return whether the guest came to its end."""
        return self.status in (0, FAILED)

    @property
    def states(self) -> dict[str, str]:
        """Map each test to pass, fail or skip."""
        return {name: 'skip' if skip else 'fail' if no else 'pass' for no, name, skip in
                re.findall(r'^(not )?ok \d+ (?:- )?(\S+)(?: *# *(SKIP))?', self.said, re.M)}


def ensure_programs(build: Path, wanted: Kernel) -> Path:
    """Build the selftests of a kernel's tree, unless they are up to date; return their folder."""
    programs = build / 'selftests'
    with locked(build), step('building selftests'):
        tree = bring_tree_to(build, wanted)
        built = process.run([SCRIPTS / 'build.sh', tree, programs, *TESTS],
                            stdout=None, stderr=None)
    if built.returncode:
        raise Failure('the selftests do not build, see above')
    return programs


def observe(appliance: guest.Appliance, programs: Path, tests: Sequence[str],
            said: Callable[[str], None] = lambda line: None) -> Seen:
    """Run tests in a boot; said gets each line of theirs at once."""
    with tempfile.TemporaryFile('w+', encoding='utf-8') as records, \
            tempfile.TemporaryFile('w+', **process.TEXT) as why, \
            os.fdopen(os.dup(2), 'wb') as errors:  # the job's, which come straight from the runner
        command = appliance.command('--host', f'--mem={MEMORY_MIB}', f'--timeout={TIME_LIMIT}',
                                    f'--records={records.fileno()}', f'--stderr={errors.fileno()}',
                                    argv=[str(SCRIPTS / 'run.sh'), str(programs), *tests])
        lines = []
        with process.start(command, stdout=subprocess.PIPE, stderr=why, **process.TEXT,
                           pass_fds=[records.fileno(), errors.fileno()]) as ran:
            assert ran.stdout
            for line in ran.stdout:
                said(line)
                lines.append(line)
        records.seek(0)
        why.seek(0)
        found = [parse(line, 'a record of the boot') for line in records]
        seen = Seen(ran.returncode, ''.join(lines), found)
        return seen if seen.is_whole else replace(seen, died=str(guest.failure(
            appliance, ran.returncode, of_type(Boot, found), why.read().strip())))
