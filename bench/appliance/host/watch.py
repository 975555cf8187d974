# SPDX-License-Identifier: GPL-2.0
"""Tell whether the host was fit to measure on: who else used its CPUs, and did they change?

The intervals come from the data, and widen when something goes wrong on the host. This
module tells why. It also tells what no interval can know: that the CPU was another one.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from ..boots.records import Host, Record, of_type
from ..numbers import measure
from . import cgroup

STAT = Path('/proc/stat')
CPUS = Path('/sys/devices/system/cpu')

# From these limits on the report says that the host was unfit.

# The guests of a run have 99 to 101 % of their CPU when alone (98 to 104 % in one boot),
# and 50 to 51 % beside an endless loop, whatever they walk. How much longer a sample took
# than its undisturbed parts is no such sign: on average 7 to 16 % when alone, depending on
# the row, and 16 to 122 % beside that loop. The median sample of most rows is the same.
MUCH_OTHERS = 0.10  # of the CPU's time while guests were alive
MUCH_STOLEN = 0.02  # of a CPU's time
THROTTLED = 0.1  # seconds: the usual period of a limit
LONG_PAUSE = 1  # seconds that a boot took longer than the one before
MUCH_FASTER = 0.10  # between the slowest and the fastest boot
CLOCK_STEP = 1  # seconds; slewing by NTP moves both clocks alike
TSC_DRIFT = 200e-6  # of the TSC against the clock


@dataclass(frozen=True)
class Usage:
    """The host's counters at one moment."""
    ticks: dict[str, tuple[int, int]]  # of each CPU: all, and those that the hypervisor took
    throttled_s: float  # for which a CPU limit stopped us
    too_hot: int  # how often a CPU was slowed down because it was hot
    clock_s: float  # wall clock minus a clock that nobody sets and a suspend stops


def usage() -> Usage:
    """Read the counters now."""
    lines = (line.split() for line in STAT.read_text(encoding='ascii').splitlines())
    ticks = {cpu: [int(value) for value in values[:8]] for cpu, *values in lines
             if cpu.startswith('cpu') and cpu != 'cpu'}
    hot = [int(path.read_text(encoding='ascii'))
           for path in CPUS.glob('cpu*/thermal_throttle/*_throttle_count')]
    return Usage({cpu: (sum(values), values[7]) for cpu, values in ticks.items()},
                 cgroup.throttled_seconds(), sum(hot), time.time() - time.monotonic())


def health(records: list[Record], before: Usage, after: Usage) -> dict:
    """Return the numbers for result.json; docs/formats.md describes each."""
    hosts = of_type(Host, records)
    clocks = [r.tsc_khz for r in hosts]
    ran, alive = measure.cpu_seconds(records)
    throttled = after.throttled_s - before.throttled_s
    pause = measure.longest_pause(records)
    return {
        'others': max(0, 1 - (ran + throttled + pause) / alive) if alive else 0,
        'stolen': max(_stolen(before.ticks[cpu], after.ticks[cpu])
                      for cpu in before.ticks.keys() & after.ticks.keys()),
        'throttled_s': throttled,
        'too_hot': after.too_hot - before.too_hot,
        'pause_s': pause,
        'clock_step_s': after.clock_s - before.clock_s,
        'speed_range': measure.speed_range(records),
        'tsc_drift': max(clocks) / min(clocks) - 1,
        'cpus': sorted({r.cpu for r in hosts}),
    }


def _stolen(before: tuple[int, int], after: tuple[int, int]) -> float:
    return (after[1] - before[1]) / max(1, after[0] - before[0])


def moved(found: dict) -> bool:
    """Whether boots are of two machines: a ratio is a property of one."""
    return len(found['cpus']) > 1 or found['tsc_drift'] > TSC_DRIFT


def warnings(found: dict) -> list[str]:
    """Return a line for each thing that makes the host unfit."""
    lines = []
    if found['others'] > MUCH_OTHERS:
        lines.append(f"other programs had {found['others']:.0%} of the CPU on which the guests ran")
    if found['stolen'] > MUCH_STOLEN:
        lines.append(f"the hypervisor took {found['stolen']:.0%} of a CPU's time")
    if found['throttled_s'] > THROTTLED:
        lines.append(f"a CPU limit (cgroup) stopped everything for {found['throttled_s']:.1f} s")
    if found['too_hot']:
        lines.append('the CPU was too hot and was slowed down')
    if found['pause_s'] > LONG_PAUSE:
        lines.append(f"a boot took {found['pause_s']:.1f} s longer than the one before: the machine "
                     'was stopped, suspended or moved to another one, or other programs took '
                     'the CPU')
    if abs(found['clock_step_s']) > CLOCK_STEP:
        lines.append(f"the wall clock jumped by {found['clock_step_s']:.1f} s: was the machine "
                     'suspended, or moved to another one?')
    if found['speed_range'] > MUCH_FASTER:
        lines.append(f"the CPU's speed changed by {found['speed_range']:.0%} from boot to boot: "
                     'it was throttled or shared')
    if found['tsc_drift'] > TSC_DRIFT:
        lines.append(f"the TSC's rate changed by {found['tsc_drift'] * 1e6:.0f} parts in a "
                     'million: the run moved to another machine')
    if len(found['cpus']) > 1:
        lines.append('the run moved to another machine: ' + ', '.join(found['cpus']))
    return lines
