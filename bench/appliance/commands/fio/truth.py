# SPDX-License-Identifier: GPL-2.0
"""Boots in which walks of fio's process are checked, and the kernel's log is read."""

from collections import Counter
from dataclasses import dataclass

from ...boots import guest
from ...boots.records import Check, of_type
from ...progress import step
from ..stress.seen import Seen, boot
from . import jobs

JOB_SECONDS = 60  # of CPU time that a job may take, and hang.PATIENCE times as many


@dataclass(frozen=True)
class Truth:
    """What a boot of one kernel has shown."""
    kernel: str
    seen: Seen
    jobs: tuple[str, ...]

    @property
    def checks(self) -> list[Check]:
        """Return one for each job and walk that was checked."""
        return [check for check in of_type(Check, self.seen.records)
                if check.checked or not check.ok]

    @property
    def problems(self) -> list[str]:
        """Return what is not as expected, a line each, or several if there is a stack."""
        wanted = {(job, walk) for job in self.jobs for walk in jobs.WALKS}
        made = {(one.layout, one.check) for one in self.checks}
        missing = set() if self.seen.died else wanted - made
        return [*(f'{self.kernel}: nothing checked {walk} of {job}'
                  for job, walk in sorted(missing)),
                *(f'{self.kernel}: {one.check} of {one.layout}: {one.detail}'
                  for one in self.checks if not one.ok),
                *(f'{self.kernel}: {fault}' for fault in self.seen.faults)]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many checks there should be, how many passed and how many failed."""
        found = Counter('passed' if one.ok else 'failed' for one in self.checks)
        return {'expected': len(self.jobs) * len(jobs.WALKS),
                'passed': found['passed'], 'failed': found['failed']}


def observe(appliance: guest.Appliance) -> list[Truth]:
    """Boot every kernel once, as many at a time as there are CPUs."""
    names = list(appliance.kernels)
    with step(f'the truth of walks of fio on {", ".join(names)}'), guest.at_once() as pool:
        return list(pool.map(lambda name: _observe(appliance.only(name), name), names))


def _observe(appliance: guest.Appliance, name: str) -> Truth:
    files = jobs.of(appliance)
    argv = jobs.command(appliance, '--check', jobs.fio(), *map(str, files.values()))
    return Truth(name, boot(appliance, JOB_SECONDS * len(files), '--host', argv=argv), tuple(files))
