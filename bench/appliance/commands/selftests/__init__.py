# SPDX-License-Identifier: GPL-2.0
"""`umwalk selftests`: the kernel tree's own selftests, inside the guest."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Sequence

from ...boots import guest
from ...boots.counting import side_by_side
from ...failure import FAILED, Failure
from ...kernels.series import Kernel, kernel
from ...paths import build_folder
from ...progress import step
from ...runs.run import Run
from ..options import add_kernels, by_height
from . import report
from .observe import Seen, ensure_programs, observe
from .tests import ELSEWHERE, Selftest, expected, table

NAME = 'selftests'
HELP = "run the kernel tree's own selftests in the guest"
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)
    command.add_argument('--only', action='append', default=[], metavar='TEST',
                         help='a program of workloads/selftests/tests; may be repeated (all)')


def run(arguments: argparse.Namespace) -> int:
    """Build and run them; returns the exit status (0: all is as expected)."""
    kernels = [kernel(name) for name in arguments.kernels or by_height()]
    return run_on(build_folder(), kernels, _chosen(arguments.only))


def _chosen(programs: Sequence[str]) -> list[Selftest]:
    tests = table()
    there = {test.program: None for test in tests}
    for name in programs:
        if name not in there:
            raise Failure(f"no selftest '{name}': there are {', '.join(there)}")
    return [test for test in tests if not programs or test.program in programs]


def _elsewhere(build: Path, kernels: Sequence[Kernel],
               tests: Sequence[Selftest]) -> dict[str, guest.Appliance]:
    """Build the kernels in each configuration that a test needs, and return them by its name."""
    return {name: guest.ensure(build, [replace(one, configuration=ELSEWHERE[name])
                                       for one in kernels])
            for name in dict.fromkeys(test.elsewhere for test in tests if test.elsewhere)}


def run_on(build: Path, kernels: Sequence[Kernel], tests: Sequence[Selftest]) -> int:
    """Build and run them, print and store what they show; returns the exit status."""
    narrow = guest.ensure(build, kernels)
    elsewhere = _elsewhere(build, kernels, tests)
    programs = ensure_programs(build, kernels[0], tests)
    this = Run(NAME, replace(narrow, kernels=narrow.kernels | {
        f'{name}-{where}': built for where, appliance in elsewhere.items()
        for name, built in appliance.kernels.items()}))
    pairs = [(one.name, test) for test in tests for one in kernels]
    seen: dict[tuple[str, Selftest], Seen] = {}
    with step(f'{len(pairs)} boots') as shown:
        for pair, one in zip(pairs, side_by_side(
                lambda pair: observe(elsewhere.get(pair[1].elsewhere, narrow).only(pair[0]),
                                     programs, pair[1]), pairs)):
            seen[pair] = one
            shown.update(f'{len(seen)} of {len(pairs)}')
    this.end()
    judged = report.judge(seen, expected())
    text = report.text(judged)
    result = this.result(next(one.records for one in seen.values() if one.records),
                         report.result(judged))
    folder = this.store(result, {'report.txt': text, **report.ktap(judged)})
    print(f'{text}\n{len(pairs)} boots, {result["seconds"]} s: {folder}')
    return FAILED if judged.findings else 0
