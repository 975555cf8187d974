# SPDX-License-Identifier: GPL-2.0
"""`umwalk selftests`: the kernel tree's own hugetlb selftests, inside the guest."""

import argparse
from pathlib import Path

from .. import process
from ..boots import guest
from ..failure import Failure
from ..kernels.build import bring_tree_to
from ..kernels.series import Kernel, kernel
from ..paths import TOP, build_folder, locked
from ..progress import step
from .options import add_kernel

NAME = 'selftests'
HELP = "run the kernel tree's own hugetlb selftests in the guest"

SCRIPTS = TOP / 'workloads' / 'selftests'
MEMORY_MIB = 1024  # 260 huge pages are 520 MiB
TIME_LIMIT = 1800  # ends a boot that hangs


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernel(command)


def run(arguments: argparse.Namespace) -> int:
    """Build and run them; prints KTAP, returns the exit status (0: all passed)."""
    return run_on(build_folder(), kernel(arguments.kernel))


def run_on(build: Path, wanted: Kernel) -> int:
    """Build and run them; prints KTAP, returns the exit status (0: all passed)."""
    appliance = guest.ensure(build, [wanted])
    programs = build / 'selftests'
    with locked(build), step('building selftests'):
        tree = bring_tree_to(build, wanted)
        built = process.run([SCRIPTS / 'build.sh', tree, programs], stdout=None, stderr=None)
    if built.returncode:
        raise Failure('the selftests do not build, see above')
    command = appliance.command('--host', f'--mem={MEMORY_MIB}', f'--timeout={TIME_LIMIT}',
                                argv=[str(SCRIPTS / 'run.sh'), str(programs)])
    return process.run(command, stdout=None, stderr=None).returncode
