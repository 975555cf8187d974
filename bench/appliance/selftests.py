# SPDX-License-Identifier: GPL-2.0
"""`umwalk selftests`: the kernel tree's own hugetlb selftests, inside the guest."""

import subprocess
from pathlib import Path

from . import guest, kernel
from .failure import Failure
from .paths import TOP, locked
from .progress import step

SCRIPTS = TOP / 'workloads' / 'selftests'
MEMORY_MIB = 1024  # 260 huge pages are 520 MiB
TIME_LIMIT = 1800  # for one that hangs


def run(build: Path, name: str) -> int:
    """Build and run them; prints KTAP, returns the exit status (0: all passed)."""
    appliance = guest.ensure(build, [name])
    programs = build / 'selftests'
    with locked(build), step('building selftests'):
        tree = kernel.bring_tree_to(build, name)
        built = subprocess.run([SCRIPTS / 'build.sh', tree, programs], check=False)
    if built.returncode:
        raise Failure('the selftests do not build, see above')
    command = appliance.command('--host', f'--mem={MEMORY_MIB}', f'--timeout={TIME_LIMIT}',
                                argv=[str(SCRIPTS / 'run.sh'), str(programs)])
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
