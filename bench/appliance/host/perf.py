# SPDX-License-Identifier: GPL-2.0
"""perf on the host: find out what it can sample, record, and read the samples.

Only user space is sampled, since a UML kernel is a program of the host. perf allows this to
an ordinary user if kernel.perf_event_paranoid is 2.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Iterable, Iterator

from .. import process
from ..failure import Failure

# Bytes of the stack in each sample; the deepest walk takes about 2 KiB.
STACK = 4096
PARANOID = Path('/proc/sys/kernel/perf_event_paranoid')


@dataclass(frozen=True)
class Event:
    """What is sampled: every so many of it, a sample."""
    name: str
    period: int
    unit: str

    def option(self, chain: bool) -> str:
        """For perf record -e; one event of a recording takes the call chains."""
        chains = '' if chain else ',call-graph=no'
        return f'{self.name}/period={self.period}{chains}/u'


# About 2,000 samples a second. Periods are odd, so that nothing in a guest keeps step.
CLOCK = Event('cpu-clock', 499_979, 'ns')
CYCLES = Event('cycles', 1_499_977, 'cycles')
# Further events of a PMU.
COUNTED = (Event('instructions', 1_999_993, 'instructions'),
           Event('cache-misses', 10_007, 'cache misses'),
           Event('dTLB-load-misses', 10_007, 'dTLB load misses'))


@dataclass(frozen=True)
class Sample:
    """Where a process was, innermost function first; time in ns of CLOCK_REALTIME."""
    pid: int
    time: int
    event: str
    program: Path | None  # the kernel whose own process this is
    chain: tuple[str, ...]


def choose() -> list[Event]:
    """Return the event to sample with call chains, and further events that can be counted.

    If perf may not sample at all, raise Failure with the remedy.
    """
    there = [event for event in (CYCLES, *COUNTED) if _can_count(event.name)]
    events = there if CYCLES in there else [CLOCK]
    _check(events)
    return events


def _can_count(name: str) -> bool:
    """Whether this host counts an event: a PMU is there, and may be used."""
    ran = _run(['stat', '-x,', '-e', f'{name}:u', '--', 'true'])
    return ran.returncode == 0 and counted(ran.stderr, name)


def counted(said: str, name: str) -> bool:
    """Whether perf stat -x, gives a number for an event, not '<not supported>'."""
    return re.search(rf'^\d+,[^,]*,{re.escape(name)}:u,', said, re.M) is not None


def _check(events: list[Event]) -> None:
    ran = _run([*_record(events), '-o', '-', '--', 'true'], stdout=subprocess.DEVNULL)
    if ran.returncode == 0:
        return
    said = ' '.join(ran.stderr.split()).rpartition('Error: ')[2][:100]
    level = int(PARANOID.read_text(encoding='ascii')) if PARANOID.exists() else 0
    if level > 2:
        raise Failure(f'perf is not allowed to record, since kernel.perf_event_paranoid is {level}. '
                      'Run: sudo sysctl kernel.perf_event_paranoid=2')
    raise Failure(f'perf is not allowed to record, although kernel.perf_event_paranoid is {level}. '
                  'If this is a container, let it call perf_event_open() (Docker: '
                  f"--cap-add=PERFMON). perf says: '{said}...'")


def _run(arguments: list[str], stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess:
    return process.run(['perf', *arguments], stdout=stdout)


def _record(events: list[Event]) -> list[str]:
    first, *rest = events
    asked = ','.join([first.option(True), *(event.option(False) for event in rest)])
    return ['record', '-q', '--no-buildid', '--no-buildid-cache', '--clockid=CLOCK_REALTIME',
            f'--call-graph=dwarf,{STACK}', '-e', asked]


def command(events: list[Event]) -> list[str]:
    """Return a command that runs another one, and records it to standard output.

    Both end when the process ends that started them.
    """
    return ['setpriv', '--pdeathsig=TERM', 'perf', *_record(events), '-o', '-', '--']


def samples(recording: IO, programs: Iterable[Path]) -> Iterator[Sample]:
    """Yield the samples of a recording in time order; programs are kernels."""
    recording.seek(0)
    script = ['perf', 'script', '-i', '-', '--ns', '--show-mmap-events',
              '-F', 'pid,tid,time,event,ip,sym,dso']
    with tempfile.TemporaryFile('w+', encoding='utf-8', errors='replace') as said:
        with process.start(script, stdin=recording, stdout=subprocess.PIPE, stderr=said,
                           **process.TEXT) as ran:
            assert ran.stdout
            yield from parse(ran.stdout, programs)
        said.seek(0)
        if ran.returncode:
            raise Failure(f'perf script failed: {said.read().strip()[-300:]}')


MAPPED = re.compile(r'PERF_RECORD_MMAP2 (\d+)/\d+: .* r-xp (.+)$')
# A sample is one line, or with a call chain the first of several.
HEAD = re.compile(r' *(\d+)/\d+ +(\d+)\.(\d{9}): +([\w-]+)(?:/\S*)?:')
FRAME = re.compile(r'\t +[0-9a-f]+ (.+?) \(.*\)$')


def parse(lines: Iterable[str], programs: Iterable[Path]) -> Iterator[Sample]:
    """Yield the samples in what perf script printed."""
    paths = {str(program.resolve()): program for program in programs}
    kernels: dict[int, Path] = {}
    head: re.Match | None = None
    chain: list[str] = []
    for line in lines:
        if frame := FRAME.match(line):
            chain.append(frame[1])
        elif mapped := MAPPED.search(line):
            # Only exec() maps a program, so processes that UML forks are not the kernel.
            if mapped[2] in paths:
                kernels[int(mapped[1])] = paths[mapped[2]]
        elif found := HEAD.match(line):
            if head:
                yield _sample(head, chain, kernels)
            head, chain = found, []
    if head:
        yield _sample(head, chain, kernels)


def _sample(head: re.Match, chain: list[str], kernels: dict[int, Path]) -> Sample:
    pid = int(head[1])
    while len(chain) > 1 and chain[-1] == '[unknown]':  # where the stack ends
        chain.pop()
    return Sample(pid, int(head[2] + head[3]), head[4], kernels.get(pid), tuple(chain))
