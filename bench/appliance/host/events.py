# SPDX-License-Identifier: GPL-2.0
"""Events that the host's CPU counts in a walk, such as cycles and cache misses.

The runner counts them in each turn of a guest, for the process of its kernel, in the host's
user space (bench/runner/events.h). perf need not be installed.
"""

from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Iterator

from .. import process
from ..boots.records import Events, Record, Sample, of_type
from ..boots.walks import Row
from ..failure import Failure
from . import perf

PMU = tuple(event.name for event in (perf.CYCLES, *perf.COUNTED))


def countable(umrun: Path, wanted: tuple[str, ...]) -> tuple[tuple[str, ...], list[str]]:
    """Those events that this host counts at once; of the others, a line for each reason."""
    ran = process.run([umrun, f'--which-events={",".join(wanted)}'])
    if ran.returncode:
        raise Failure(f'cannot find out what the host can count: {ran.stderr.strip()}')
    reasons = defaultdict(list)
    for line in ran.stderr.splitlines():
        _, name, reason = line.split(': ', 2)
        reasons[reason].append(name)
    return tuple(ran.stdout.split()), [f'{", ".join(names)}: {reason}'
                                       for reason, names in reasons.items()]


def per_walk(records: list[Record]) -> dict[Row, dict[str, dict[str, float]]]:
    """Row -> kernel -> event -> of it in a walk: the median over boots of their medians."""
    boots: dict = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(list))))
    for sample, counts in of_walks(records):
        walks = sample.parts * sample.repeat
        for event, count in counts.items():
            of_kernel = boots[sample.layout, sample.walk][sample.kernel]
            of_kernel[event][sample.boot].append(count / walks)
    return {row: {kernel: {event: median(median(values) for values in of_boots.values())
                           for event, of_boots in of_events.items()}
                  for kernel, of_events in kernels.items()}
            for row, kernels in boots.items()}


def of_walks(records: list[Record]) -> Iterator[tuple[Sample, dict[str, int]]]:
    """Yield each sample with the events of its walks: those of its turn minus the bare turn's.

    A turn goes on until the guest asks for the next one. After the last sample of a row the
    guest does other things in that turn, such as taking the layout down, so that sample is
    left out.
    """
    turns: dict[tuple[int, str, int | None], dict[str, int]] = {
        (r.boot, r.kernel, r.turn): r.counts for r in of_type(Events, records)}
    samples = of_type(Sample, records)
    last = {_series(sample): sample.turn for sample in samples}
    for sample in samples:
        guest = sample.boot, sample.kernel
        whole = turns.get((*guest, sample.turn))
        bare = turns.get((*guest, sample.bare_turn))
        if whole and bare and sample.turn != last[_series(sample)]:
            yield sample, {event: whole[event] - bare[event] for event in whole}


def _series(sample: Sample) -> tuple:
    """What the samples of one walk in one boot of a kernel have in common."""
    return sample.boot, sample.kernel, sample.layout, sample.walk
