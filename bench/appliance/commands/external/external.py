# SPDX-License-Identifier: GPL-2.0
"""Boot each kernel once for all tests and tools that nobody here wrote."""

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from ...boots import guest
from ...failure import FAILED
from ...kernels.series import Kernel
from ...progress import step
from ...runs.run import Run
from ..stress.seen import boot
from . import report, tools
from .cases import cases
from .seen import Seen

NAME = 'external'
IN_GUEST = '"$0" external && exec "$0" tools "$@"'


@dataclass(frozen=True)
class Job:
    """What each guest runs."""
    program: Path
    commands: Mapping[str, str]  # of the tools

    @property
    def argv(self) -> list[str]:
        """Return the arguments of the job."""
        named = [word for pair in self.commands.items() for word in pair]
        return ['sh', '-c', IN_GUEST, str(self.program), *named]


def run(build: Path, kernels: Sequence[Kernel]) -> int:
    """Check, print the table, store; returns the exit status."""
    appliance = guest.ensure(build, kernels)
    job = Job(build / 'guest' / 'walks', tools.commands(build, appliance))
    this = Run(NAME, appliance)
    with step(f'other tests and tools on {", ".join(appliance.kernels)}'), guest.at_once() as pool:
        seen = list(pool.map(lambda name: observe(appliance.only(name), name, job),
                             appliance.kernels))
    this.end()
    problems = [problem for one in seen for problem in report.problems(one)]
    result = this.result(seen[0].records, {'tests': report.outcomes(seen), 'problems': problems})
    folder = this.store(result, {f'{one.kernel}.console': one.console for one in seen},
                        [record for one in seen for record in one.records])
    print(report.text(seen, problems))
    print(f'\n{len(seen)} kernel{"s" if len(seen) > 1 else ""}, {result["seconds"]} s: {folder}')
    return FAILED if problems else 0


def observe(appliance: guest.Appliance, name: str, job: Job) -> Seen:
    """Boot a kernel for the tests and the tools."""
    seen = boot(appliance, 0, '--host', argv=job.argv)
    return Seen(name, seen.records, cases(seen.records), seen.log, seen.splats, seen.died)
