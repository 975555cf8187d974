# SPDX-License-Identifier: GPL-2.0
"""Tell a boot that hangs from a slow one by what its processes do, not by a clock.

A boot that loops uses more and more CPU time, to which other programs and CPU limits add
nothing. In a boot that waits for what never comes, all processes sleep, except for the
guest's timer. In a boot that waits for a CPU, some process is always ready to run.
What the kernel prints tells, too: it may print without end, or restart itself.
"""

import os
import re
from collections import defaultdict, deque
from pathlib import Path
from typing import IO, Iterator, NamedTuple

from ..logs import signs

TICKS = os.sysconf('SC_CLK_TCK')
LOOKS = 40  # in ten seconds; a guest never waits for a second by itself
MOST_AWAKE = 10  # looks at which the timer ran: 1 on a host with ten processes to a CPU

# Of CPU time: far more than any boot takes. Of a pair of boots the second may take no more than
# so many times what the first has taken.
MOST_SECONDS = 300
PATIENCE = 4
MOST_PRINTED = 4 << 20  # bytes; a kernel that is well prints some KiB
FIRST_LINE = 'Linux version '  # of what a kernel prints

STOPPED = re.compile(r'RIP: \w+:(.+)')  # in the stack of a kernel that was stopped


class Process(NamedTuple):
    """A process, as proc(5) describes it."""
    state: str
    ticks: int  # CPU time, including children that have ended


class Watch:
    """Watches one boot; call it every now and then with the runner's process ID.

    A boot that uses more seconds of CPU time than the limit loops. The kernel prints to console.
    """

    def __init__(self, limit: float = float('inf'), console: IO[bytes] | None = None):
        self.limit = limit
        self.console = console
        self.printed = 0  # bytes of it, at the last look
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
        elif self.console:
            self.found = self._of_log(self.console)
        return bool(self.found)

    def _of_log(self, console: IO[bytes]) -> str:
        """Tell what is wrong with a log that is not yet at its end; '' if nothing is."""
        before, self.printed = self.printed, os.fstat(console.fileno()).st_size
        if self.printed > MOST_PRINTED:
            return f'it prints without end: more than {MOST_PRINTED >> 20} MiB'
        if self.printed == before:
            return ''
        log = os.pread(console.fileno(), self.printed, 0).decode(errors='replace')
        begun = sum(signs.message(line).startswith(FIRST_LINE) for line in log.splitlines())
        return f'it restarts itself: its log begins {begun} times' if begun > 1 else ''

    def explain(self, failure: str) -> str:
        """Say why the boot ended, with the failure of it: how it hangs, and where."""
        if not self.found:
            return failure
        place = STOPPED.search(failure)
        return f'{self.found}{f", at the end in {place[1]}" if place else ""}\n{failure}'


class Pair:
    """Watches of two boots: the second may not take much more CPU time than the first has taken."""

    def __init__(self) -> None:
        self.base, self.patched = Watch(MOST_SECONDS), Watch(MOST_SECONDS)

    def base_ended(self) -> None:
        """Say that the first is over, and how much the second may take."""
        self.patched.limit = PATIENCE * max(1.0, self.base.cpu_seconds)


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
