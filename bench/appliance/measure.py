# SPDX-License-Identifier: GPL-2.0
"""From records to numbers: time of a walk, ratio of two kernels, truth.

A boot is one draw: what differs between two boots of one kernel (where its
memory landed, what the host did) does not average out within either. So the
samples of a boot are reduced to their median, neighbouring boots of the two
kernels make a pair, and the interval comes from the spread of the pairs.
"""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy
from scipy import stats


@dataclass(frozen=True)
class Ratio:
    """b / a with its 95 % interval; low and high are None with fewer than two pairs."""
    value: float
    low: float | None
    high: float | None


def ns_per_walk(records: list[dict]) -> dict[tuple[str, str], dict[str, list[float]]]:
    """(layout, walk) -> kernel -> median ns of a walk for each boot, in boot order."""
    tsc_khz = next(r['tsc_khz'] for r in records if r['type'] == 'host')
    boots: dict = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for r in records:
        if r['type'] == 'sample':
            ns = r['cycles'] / r['repeat'] / tsc_khz * 1e6
            boots[r['layout'], r['walk']][r['kernel']][r['boot']].append(ns)
    return {key: {name: [float(numpy.median(of_boot[b])) for b in sorted(of_boot)]
                  for name, of_boot in by_kernel.items()}
            for key, by_kernel in boots.items()}


def pages_of_walks(records: list[dict]) -> dict[tuple[str, str], int]:
    """(layout, walk) -> pages of the address space that one walk covers, holes included."""
    return {(r['layout'], r['walk']): r['pages'] for r in records if r['type'] == 'sample'}


def ratio(a: list[float], b: list[float]) -> Ratio:
    """The ratio b / a of paired boots: Student's t on the logarithms of the pairs.

    With some ten pairs a percentile bootstrap comes out too narrow; t does not,
    as long as the logarithms are near normal.
    """
    logs = numpy.log(numpy.divide(b, a))
    middle = float(logs.mean())
    if len(logs) < 2:
        return Ratio(math.exp(middle), None, None)
    error = float(logs.std(ddof=1)) / math.sqrt(len(logs))
    reach = float(stats.t.ppf(0.975, len(logs) - 1)) * error
    return Ratio(math.exp(middle), math.exp(middle - reach), math.exp(middle + reach))


def checks(records: list[dict]) -> dict[tuple[str, str, str], dict]:
    """(kernel, layout, check) -> boots that held, boots that did not, the first detail."""
    found: dict = defaultdict(lambda: {'held': 0, 'broken': 0, 'detail': ''})
    for r in records:
        if r['type'] == 'check':
            entry = found[r['kernel'], r['layout'], r['check']]
            entry['held' if r['ok'] else 'broken'] += 1
            if not r['ok'] and not entry['detail']:
                entry['detail'] = r['detail']
    return dict(found)


def truth(found: dict, kernel: str, layout: str, walk: str) -> str:
    """'held' or 'broken' for the check that decides a walk's truth, else 'unchecked'."""
    entry = found.get((kernel, layout, walk))
    if entry is None:
        return 'unchecked'
    return 'broken' if entry['broken'] else 'held'


def middle(values: list[float]) -> float:
    """The median."""
    return float(numpy.median(values))
