# SPDX-License-Identifier: GPL-2.0
"""Tell a boot that hangs from a slow one by what its processes do, not by a clock.

A boot that loops uses more and more CPU time, to which other programs and CPU limits add
nothing. In a boot that waits for what never comes, all processes sleep, except for the
guest's timer. In a boot that waits for a CPU, some process is always ready to run.
"""

import os
from collections import defaultdict, deque
from pathlib import Path
from typing import Iterator, NamedTuple

TICKS = os.sysconf('SC_CLK_TCK')
LOOKS = 40  # in ten seconds; a guest never waits for a second by itself
MOST_AWAKE = 10  # looks at which the timer ran: 1 on a host with ten processes to a CPU


class Process(NamedTuple):
    """A process, as proc(5) describes it."""
    state: str
    ticks: int  # CPU time, including children that have ended


class Watch:
    """Watches one boot; call it every now and then with the runner's process ID.

    A boot that uses more seconds of CPU time than the limit loops.
    """

    def __init__(self, limit: float = float('inf')):
        self.limit = limit
        self.cpu_seconds = 0.0
        self.found = ''  # how it hangs
        self.awake: deque[bool] = deque(maxlen=LOOKS)  # whether a process was, at each look

    def __call__(self, runner: int) -> bool:
        """Whether the boot hangs."""
        guest = list(_descendants(runner))
        self.cpu_seconds = max(self.cpu_seconds, sum(p.ticks for p in guest) / TICKS)
        self.awake.append(any(p.state not in 'StZX' for p in guest))  # t: waits for its tracer
        if self.cpu_seconds > self.limit:
            self.found = f'it loops: more than {self.limit:.0f} s of CPU time'
        elif len(self.awake) == LOOKS and sum(self.awake) <= MOST_AWAKE:
            self.found = f'it sleeps: nothing in it ran at {LOOKS} looks'
        return bool(self.found)


def _descendants(pid: int) -> Iterator[Process]:
    children: dict[int, list[tuple[int, Process]]] = defaultdict(list)
    for name in filter(str.isdigit, os.listdir('/proc')):
        try:
            text = Path('/proc', name, 'stat').read_text(encoding='utf-8', errors='replace')
        except OSError:  # it has just ended
            continue
        fields = text.rpartition(')')[2].split()
        process = Process(fields[0], sum(map(int, fields[11:15])))
        children[int(fields[1])].append((int(name), process))
    left = [pid]
    while left:
        for child, process in children[left.pop()]:
            left.append(child)
            yield process
