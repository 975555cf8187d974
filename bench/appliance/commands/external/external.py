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
from . import libhugetlbfs, report, tools
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


def run(build: Path, kernels: Sequence[Kernel], sources: str | None) -> int:
    """Check, print the table, store; returns the exit status."""
    appliance = guest.ensure(build, kernels)
    job = Job(build / 'guest' / 'walks', tools.commands(build, appliance))
    programs = libhugetlbfs.ensure(build, sources) if sources else None
    this = Run(NAME, appliance)
    with step(f'other tests and tools on {", ".join(appliance.kernels)}'), guest.at_once() as pool:
        seen = list(pool.map(lambda name: _observe_all(appliance.only(name), name, job, programs),
                             appliance.kernels))
    this.end()
    problems = [problem for one in seen for problem in report.problems(one)]
    not_run = {} if programs else {libhugetlbfs.NAME: libhugetlbfs.NOT_RUN}
    result = this.result(seen[0].records, {
        'tests': report.outcomes(seen), 'not_run': not_run, 'reads': report.reads(seen),
        'problems': problems})
    folder = this.store(result, report.files(seen),
                        [record for one in seen for record in one.records])
    print(report.text(seen, problems, not_run))
    print(f'\n{len(seen)} kernel{"s" if len(seen) > 1 else ""}, {result["seconds"]} s: {folder}')
    return FAILED if problems else 0


def _observe_all(appliance: guest.Appliance, name: str, job: Job,
                 programs: libhugetlbfs.Programs | None) -> Seen:
    """Boot a kernel for the tests and the tools, and again for the programs that there are."""
    seen = observe(appliance, name, job)
    return programs.observe(appliance, seen) if programs else seen


def observe(appliance: guest.Appliance, name: str, job: Job) -> Seen:
    """Boot a kernel for the tests and the tools."""
    seen = boot(appliance, 0, '--host', argv=job.argv)
    return Seen(name, seen.records, cases(seen.records), seen.log, seen.splats, seen.died)
