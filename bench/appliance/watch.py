# SPDX-License-Identifier: GPL-2.0
"""Whether the host was fit to measure on: who else used its CPUs, did their speed change.

The intervals come from the data and widen with what goes wrong on the host;
this tells why, and what no interval can know: that the CPU was another one.
"""

from dataclasses import dataclass
from pathlib import Path

from . import measure

STAT = Path('/proc/stat')
CGROUP_STAT = Path('/sys/fs/cgroup/cpu.stat')

# From these on the report says so.
MUCH_DISTURBED = 0.25  # walks took so much longer on average than undisturbed
MUCH_STOLEN = 0.02  # of the CPU's time
MUCH_FASTER = 0.10  # between the slowest and the fastest boot
TSC_DRIFT = 200e-6  # of the TSC against the clock


@dataclass(frozen=True)
class Usage:
    """The host's counters at one moment."""
    total: int  # ticks of all CPUs
    stolen: int  # of them taken by the hypervisor
    throttled_us: int  # for which a CPU limit stopped us


def usage() -> Usage:
    """Read the counters now."""
    ticks = [int(field) for field in STAT.read_text(encoding='ascii').split('\n', 1)[0].split()[1:9]]
    return Usage(sum(ticks), ticks[7], _throttled_us())


def _throttled_us() -> int:
    try:
        lines = CGROUP_STAT.read_text(encoding='ascii').splitlines()
    except OSError:
        return 0  # no cgroup v2: no limit that it could tell of
    return sum(int(line.split()[1]) for line in lines if line.startswith('throttled_usec'))


def health(records: list[dict], kernel: str, before: Usage, after: Usage) -> dict:
    """Numbers for result.json; kernel: the one whose times tell the CPU's speed."""
    hosts = [r for r in records if r['type'] == 'host']
    clocks = [r['tsc_khz'] for r in hosts]
    return {
        'disturbed': measure.disturbance(records),
        'stolen': (after.stolen - before.stolen) / max(1, after.total - before.total),
        'throttled_s': (after.throttled_us - before.throttled_us) / 1e6,
        'speed_range': measure.speed_range(records, kernel),
        'tsc_drift': max(clocks) / min(clocks) - 1,
        'cpus': sorted({r['cpu'] for r in hosts}),
    }


def warnings(found: dict) -> list[str]:
    """A line for each thing that makes the host unfit."""
    lines = []
    if found['disturbed'] > MUCH_DISTURBED:
        lines.append(f"walks took {found['disturbed']:.0%} longer on average than undisturbed: "
                     'something else runs on this CPU')
    if found['stolen'] > MUCH_STOLEN:
        lines.append(f"the hypervisor took {found['stolen']:.0%} of the time of the CPUs")
    if found['throttled_s'] > 0:
        lines.append(f"a CPU limit (cgroup) stopped everything for {found['throttled_s']:.1f} s")
    if found['speed_range'] > MUCH_FASTER:
        lines.append(f"the CPU's speed changed by {found['speed_range']:.0%} from boot to boot: "
                     'throttled, or shared')
    if found['tsc_drift'] > TSC_DRIFT:
        lines.append(f"the TSC's rate changed by {found['tsc_drift'] * 1e6:.0f} parts in a million: "
                     'moved to another machine?')
    if len(found['cpus']) > 1:
        lines.append('moved to another machine: ' + ', '.join(found['cpus']))
    return lines
