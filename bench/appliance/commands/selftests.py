# SPDX-License-Identifier: GPL-2.0
"""`umwalk selftests`: the kernel tree's own hugetlb selftests, inside the guest."""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Sequence

from .. import process
from ..boots import guest
from ..boots.records import Record, parse
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
    programs = build / 'selftests'
    with locked(build), step('building selftests'):
        tree = bring_tree_to(build, wanted)
        built = process.run([SCRIPTS / 'build.sh', tree, programs], stdout=None, stderr=None)
    if built.returncode:
        raise Failure('the selftests do not build, see above')
    this = Run(NAME, appliance)
    status, said, records = _boot(appliance, programs, tests)
    this.end()
    if status in (0, FAILED):  # the guest came to its end
        this.store(this.result(records, {'tests': _states(said)}), {'selftests.ktap': said}, records)
    return status


def _boot(appliance: guest.Appliance, programs: Path,
          tests: Sequence[str]) -> tuple[int, str, list[Record]]:
    """Run the tests and print what they say; return their exit status, that, and the records."""
    with tempfile.TemporaryFile('w+', encoding='utf-8') as records:
        command = appliance.command('--host', f'--mem={MEMORY_MIB}', f'--timeout={TIME_LIMIT}',
                                    f'--records={records.fileno()}',
                                    argv=[str(SCRIPTS / 'run.sh'), str(programs), *tests])
        said = ''
        with process.start(command, stdout=subprocess.PIPE, pass_fds=[records.fileno()],
                           **process.TEXT) as ran:
            assert ran.stdout
            for line in ran.stdout:
                print(line, end='', flush=True)
                said += line
        records.seek(0)
        return ran.returncode, said, [parse(line, 'a record of the boot') for line in records]


def _states(ktap: str) -> dict[str, str]:
    """Map each test to pass, fail or skip."""
    return {name: 'skip' if skip else 'fail' if no else 'pass' for no, name, skip in
            re.findall(r'^(not )?ok \d+ (?:- )?(\S+)(?: *# *(SKIP))?', ktap, re.M)}
