# SPDX-License-Identifier: GPL-2.0
"""Boots in which guests take turns to run fio: in each turn one run, walked or alone.

A row is a job and a walk, or a job and `fio`: the time of one I/O while there are walks. A
boot gives each kernel one number for a row: of walks the median, which a single interruption
does not move.
"""

import json
import math
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field

from ...boots import guest
from ...boots.records import Fio, Living, Record, of_type
from ...boots.walks import Row
from ...failure import FAILED, Failure
from ...logs import splat
from ...kernels.build import Built
from ...numbers import measure
from ..bench.session import Plan, Session
from . import jobs

IO = 'fio'  # in place of a walk
WAYS = ('read', 'write')  # in which fio does I/O


def rows() -> tuple[Row, ...]:
    """Return all rows."""
    return tuple((job, what) for job in jobs.FILES for what in (*jobs.WALKS, IO))


@dataclass
class Runs:
    """What fio said of a job's runs on a kernel: I/Os a second in each boot, and all latencies."""
    iops: dict[int, float] = field(default_factory=dict)
    latencies: dict[float, int] = field(default_factory=lambda: defaultdict(int))  # ns: I/Os

    def add(self, boot: int, job: dict) -> None:
        """Add a run, from fio's JSON."""
        self.iops[boot] = sum(job[way]['iops'] for way in WAYS)
        for way in WAYS:
            for ns, count in job[way]['clat_ns'].get('bins', {}).items():
                self.latencies[float(ns)] += count


def fio_runs(records: list[Record]) -> dict[tuple[str, str, bool], Runs]:
    """Map job, kernel, and whether there were walks, to what fio said."""
    found: dict[tuple[str, str, bool], Runs] = defaultdict(Runs)
    for record in of_type(Fio, records):
        found[record.job, record.kernel, record.walked].add(record.boot, _run(record))
    return found


def _run(record: Fio) -> dict:
    """Return what fio's JSON has of the run; there may be lines of text in front."""
    runs = json.loads(record.said[record.said.index('{'):])['jobs']
    if len(runs) != 1:
        raise Failure(f'fio reports {len(runs)} groups of {record.job}: a job file has one job, '
                      'with group_reporting=1', FAILED)
    return runs[0]


def walk_cycles(records: list[Record]) -> dict[Row, dict[str, dict[int, list[int]]]]:
    """Map row, kernel and boot to the TSC cycles of each walk."""
    found: dict = defaultdict(lambda: defaultdict(dict))
    for record in of_type(Living, records):
        found[record.job, record.walk][record.kernel][record.boot] = record.cycles
    return found


class FioSession(Session):
    """The boots of a pair of kernels, and what their logs complain of."""

    BOOT_SECONDS = 600

    def __init__(self, appliance: guest.Appliance, kernels: dict[str, list[Built]], plan: Plan):
        super().__init__(appliance, kernels, plan)
        self.splats: list[str] = []  # each with its stack, and the kernel's name in front

    def _found(self, appliance: guest.Appliance, options: list[str]) -> list[Record]:
        names = list(dict.fromkeys(job for job, _ in self.undecided()))
        self.random.shuffle(names)
        argv = jobs.command(appliance, jobs.fio(), *(str(jobs.FILES[name]) for name in names))
        with ExitStack() as files:
            consoles = [files.enter_context(tempfile.TemporaryFile()) for _ in appliance.kernels]
            found = list(guest.records(appliance, '--host', *options, argv=argv, under=self.under,
                                       consoles=consoles, boot=self.boots))
            for (name, built), console in zip(appliance.kernels.items(), consoles):
                console.seek(0)
                log = console.read().decode(errors='replace')
                self.splats += [f'{name}: {one}' for one in splat.all_of(log, built.debug)]
        return found

    def _log_ratios(self, a: str, b: str) -> dict[Row, dict[int, float]]:
        found: dict[Row, dict[int, float]] = {}
        for row, by_kernel in walk_cycles(self.records).items():
            found[row] = {boot: math.log(measure.middle(cycles) / measure.middle(ours))
                          for boot, cycles in by_kernel[b].items()
                          if cycles and (ours := by_kernel[a][boot])}
        runs = fio_runs(self.records)
        for job in jobs.FILES:
            of_a, of_b = runs[job, a, True].iops, runs[job, b, True].iops
            found[job, IO] = {boot: math.log(of_a[boot] / of_b[boot]) for boot in of_b}
        return found
