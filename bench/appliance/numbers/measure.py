# SPDX-License-Identifier: GPL-2.0
"""Turn records into numbers: the time of a walk, the ratio of two kernels, the truth.

Kernels that are compared are alive at once and take turns on one CPU
(bench/runner/turns.h). In a round each of them takes two samples, in an order and its
reverse, so that a drift of the host cancels out. A boot is one draw: two boots of one kernel
differ in which of its pages compete for a place in the caches, and this does not average out
within either. So a boot gives one ratio, the middle of its rounds' ratios, and intervals come
from the spread of the boots (verdict.py).
"""

import math
from collections import defaultdict
from typing import Sequence

import numpy

from ..boots.records import Boot, Check, Host, Record, Sample, Turns, of_type
from ..boots.walks import Row


def ns_per_walk(records: list[Record]) -> dict[Row, dict[str, list[float]]]:
    """Map row and kernel to the median ns of a walk in each boot, in boot order."""
    tsc_khz = next(r.tsc_khz for r in records if isinstance(r, Host))
    boots: dict = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for r in of_type(Sample, records):
        ns = r.cycles / r.repeat / tsc_khz * 1e6
        boots[r.layout, r.walk][r.kernel][r.boot].append(ns)
    return {key: {name: [float(numpy.median(of_boot[b])) for b in sorted(of_boot)]
                  for name, of_boot in by_kernel.items()}
            for key, by_kernel in boots.items()}


def pages_of_walks(records: list[Record]) -> dict[Row, int]:
    """Map each row to the pages that one walk covers, including holes."""
    return {(r.layout, r.walk): r.pages for r in of_type(Sample, records)}


def log_ratios(records: list[Record], a: str, b: str) -> dict[Row, dict[int, float]]:
    """Map row and boot to ln(time of b / time of a), the middle of the boot's rounds."""
    kernels = {r.kernel for r in of_type(Sample, records)}
    rounds: dict = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(list))))
    for r in of_type(Sample, records):
        assert r.turn is not None  # kernels that are compared take turns
        number = r.turn // (2 * len(kernels))
        rounds[r.layout, r.walk][r.boot][number][r.kernel].append(
            numpy.log(r.cycles / r.repeat))
    return {row: {boot: _middle_half([float(numpy.mean(of[b]) - numpy.mean(of[a]))
                                      for of in numbers.values() if len(of[a]) == len(of[b]) == 2])
                  for boot, numbers in boots.items()}
            for row, boots in rounds.items()}


def clock_steps(records: list[Record]) -> dict[Row, float]:
    """Return the step of the clock as a fraction of the shortest time of each row.

    The TSC of some CPUs counts in steps of, say, 26 cycles: then all times are multiples.
    """
    samples = of_type(Sample, records)
    step = math.gcd(*(r.cycles for r in samples))
    shortest: dict[Row, int] = {}
    for r in samples:
        row = r.layout, r.walk
        shortest[row] = min(r.cycles, shortest.get(row, r.cycles))
    return {row: step / cycles for row, cycles in shortest.items()}


def _middle_half(values: list[float]) -> float:
    """Return the mean without the lowest and the highest quarter."""
    cut = len(values) // 4
    return float(numpy.mean(sorted(values)[cut:len(values) - cut]))


def cpu_seconds(records: list[Record]) -> tuple[float, float]:
    """Return the CPU time of guests and runner in all boots, and how long the boots took.

    The guests of a boot share one CPU and leave it idle for no time that counts.
    """
    ran = sum(r.cpu_ns for r in of_type(Turns, records))
    return ran / 1e9, sum(_boot_seconds(records))


def speed_range(records: list[Record]) -> float:
    """Return by how much the CPU's speed changed from boot to boot; 0.1: by 10 %.

    The speed in a boot is that of the middle guest, since a single guest may find its loops
    in another state of the branch predictors, which says nothing of the CPU. The fastest and
    the slowest tenth of the boots are left out.
    """
    logs = [numpy.log(times) - numpy.mean(numpy.log(times))
            for by_kernel in ns_per_walk(records).values() for times in by_kernel.values()]
    if not logs:
        return 0
    most = max(len(row) for row in logs)
    of_boots = numpy.median([row for row in logs if len(row) == most], axis=0)
    slow, fast = numpy.quantile(of_boots, [0.9, 0.1])
    return float(numpy.exp(slow - fast) - 1)


def longest_pause(records: list[Record]) -> float:
    """Return the largest number of seconds that a boot took longer than the one before.

    No boot has more to do than the one before, since rows are decided and none are added.
    """
    times = _boot_seconds(records)
    return max([0, *(later - before for before, later in zip(times, times[1:]))])


def _boot_seconds(records: list[Record]) -> list[float]:
    """Return how long each boot took, to the end of its last guest."""
    took: dict[int, float] = defaultdict(float)
    for r in of_type(Boot, records):
        took[r.boot] = max(took[r.boot], r.wall_ns / 1e9)
    return [took[boot] for boot in sorted(took)]


def checks(records: list[Record]) -> dict[tuple[str, str, str], dict]:
    """(kernel, layout, check) -> boots in which it passed, in which it failed, the first detail."""
    found: dict = defaultdict(lambda: {'passed': 0, 'failed': 0, 'detail': ''})
    for r in of_type(Check, records):
        entry = found[r.kernel, r.layout, r.check]
        entry['passed' if r.ok else 'failed'] += 1
        if not r.ok and not entry['detail']:
            entry['detail'] = r.detail
    return dict(found)


def truth(found: dict, kernel: str, layout: str, walk: str) -> str:
    """'pass' or 'fail', of the check that decides a walk's truth; 'unchecked' without one."""
    entry = found.get((kernel, layout, walk))
    if entry is None:
        return 'unchecked'
    return 'fail' if entry['failed'] else 'pass'


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return float(numpy.median(values))
