# SPDX-License-Identifier: GPL-2.0
"""Boot kernels: build the runner and the guest's root, run them, yield the records."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Callable, Generator, Iterator, Sequence

from .. import process
from ..failure import CANNOT_START, OF_UMRUN, Failure, NoGuest
from ..kernels import build as builds
from ..kernels.build import Built
from ..kernels.series import Kernel
from ..logs import trace
from ..paths import TOP, locked
from ..sandbox import OPEN, Sandbox
from . import layouts
from .records import Boot, Record, parse

CAME_UP = threading.Event()  # a guest came up: no later failure is the host's fault
WATCH_SECONDS = 0.25  # between two looks at a boot that is watched

# The runners of the threads that at_once() has started together.
_together: ContextVar[set[subprocess.Popen]] = ContextVar('_together')


@dataclass(frozen=True)
class Appliance:
    """Everything that a boot needs: the runner, the initramfs, the kernels, maybe a disk."""
    umrun: Path
    initramfs: Path
    kernels: dict[str, Built]  # by the names that records have
    sandbox: Sandbox = OPEN  # in which the runner runs
    disk: Path | None = None  # an image, of which each guest gets a copy

    @property
    def memory_mib(self) -> int:
        """Return the memory that each guest needs."""
        return max(built.kernel.configuration.memory_mib for built in self.kernels.values())

    def only(self, name: str) -> 'Appliance':
        """Return the same appliance with one of its kernels."""
        return replace(self, kernels={name: self.kernels[name]})

    def command(self, *options: str, argv: list[str]) -> list[str]:
        """The runner's command line (bench/runner/ documents it), in the sandbox."""
        named = [f'--kernel={name}={built.program}' for name, built in self.kernels.items()]
        disk = [f'--disk={self.disk}'] if self.disk else []
        return [*self.sandbox.under(), str(self.umrun), *named, f'--initrd={self.initramfs}',
                *disk, *options, '--', *argv]


def ensure(build: Path, kernels: Sequence[Kernel], sandbox: Sandbox = OPEN) -> Appliance:
    """Build kernels, runner, root, and a disk for who has one, as far as they are not up to date.

    In the sandbox are the builds of kernels, and later the boots. The rest is umwalk's own code.
    """
    built = builds.ensure(build, kernels, sandbox)
    with locked(build):
        _make('bench', build / 'host')
        _make_program(build)
        maker = builds.original(build, 'usr/gen_init_cpio.c')  # runs here, so it is no series'
        initramfs, disk = build / 'guest' / 'initramfs.cpio', build / 'guest' / 'disk.ext4'
        has_disk = any(one.configuration.disk for one in kernels)
        _make('rootfs', build / 'guest', f'GEN_INIT_CPIO={maker}',
              f'WALKS={build / "guest" / "walks"}', initramfs, *([disk] if has_disk else []))
    return Appliance(build / 'host' / 'umrun', layouts.root(initramfs),
                     {one.kernel.name: one for one in built}, sandbox, disk if has_disk else None)


def ensure_program(build: Path) -> Path:
    """Build the guest's program, which takes no kernel."""
    with locked(build):
        return _make_program(build)


def _make_program(build: Path) -> Path:
    _make('workloads', build / 'guest')
    return build / 'guest' / 'walks'


def _make(folder: str, out: Path, *words: str | Path) -> None:
    ran = process.run(['make', '-s', f'-j{len(os.sched_getaffinity(0))}', '-C', TOP / folder,
                       f'OUT={out}', *words], stderr=subprocess.STDOUT)
    if ran.returncode:
        raise Failure(f'building {folder}/ failed:\n{ran.stdout.strip()}')


@contextlib.contextmanager
def at_once() -> Iterator[Executor]:
    """Boot in threads, as many at a time as there are CPUs; if interrupted, all of them end."""
    runners: set[subprocess.Popen] = set()
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)), initializer=_together.set,
                            initargs=(runners,)) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for runner in list(runners):
                runner.terminate()
            raise


def records(appliance: Appliance, *options: str, argv: list[str], under: list[str] | None = None,
            stdout: IO | int = subprocess.DEVNULL, consoles: Sequence[IO] = (),
            hopeless: Callable[[int], bool] | None = None,
            boot: int | None = None) -> Generator[Record, None, None]:
    """Boot and yield the records as they come; raises Failure when a boot fails.

    under is a command that runs the runner and ends with its exit status; it writes to stdout.
    What kernels print goes to consoles: one, or if they take turns one for each.
    hopeless is called with the runner's process ID; once it returns true, the time of the boot
    is up: it is ended, has failed, and the failure shows where its kernel was.
    boot is the number that records get in place of the runner's.
    """
    reading, writing = os.pipe()
    printed = [console.fileno() for console in consoles]
    options += (f'--records={writing}', *(f'--console={fd}' for fd in printed))
    boots: list[Boot] = []
    with tempfile.TemporaryFile('w+', encoding='utf-8', errors='replace') as said:
        with process.start((under or []) + appliance.command(*options, argv=argv),
                           pass_fds=[writing, *printed], stdout=stdout, stderr=said) as runner:
            os.close(writing)
            with open(reading, encoding='utf-8', errors='backslashreplace') as lines, \
                    _watched(runner, hopeless):
                for number, line in enumerate(lines, 1):
                    record = parse(line, f'record {number} of a boot', boot)
                    if isinstance(record, Boot):
                        boots.append(record)
                    yield record
        if any(one.came_up for one in boots):
            CAME_UP.set()
        said.seek(0)
        if runner.returncode:
            raise failure(appliance, runner.returncode, boots, said.read().strip())


def failure(appliance: Appliance, status: int, boots: list[Boot], said: str) -> Failure:
    """Return how a runner failed that ended with this status and said why."""
    kind = NoGuest if never_came_up(status, boots) else Failure
    why = OF_UMRUN.get(status, process.ending(status))
    return kind(f'a boot failed ({why}):\n{explain(appliance, said)}',
                status if status > 0 else 128 - status)


def never_came_up(status: int, boots: list[Boot]) -> bool:
    """Whether no guest has ever come up, neither in this run, which ended so, nor before.

    A kernel that panics shows that this host can start one.
    """
    if CAME_UP.is_set():
        return False
    return status == CANNOT_START or any(
        boot.outcome in ('died', 'timeout') and not boot.came_up for boot in boots)


@contextlib.contextmanager
def _watched(runner: subprocess.Popen,
             hopeless: Callable[[int], bool] | None) -> Iterator[None]:
    done = threading.Event()

    def watch(hopeless: Callable[[int], bool]) -> None:
        while not done.wait(WATCH_SECONDS):
            if hopeless(runner.pid):
                runner.send_signal(signal.SIGALRM)
                return

    watcher = threading.Thread(target=watch, args=[hopeless], daemon=True)
    if hopeless:
        watcher.start()
    runners = _together.get(set())
    runners.add(runner)
    try:
        yield
    except BaseException:  # nobody reads the records any more
        runner.terminate()
        raise
    finally:
        runners.remove(runner)
        done.set()
        if hopeless:
            watcher.join()  # what it looks at may be closed from now on


def explain(appliance: Appliance, said: str) -> str:
    """Return what the runner said; call traces have file and line if the kernel knows them."""
    match = re.search(r'^umrun: (\S+), boot \d+:', said, re.M)
    built = match and appliance.kernels.get(match[1])
    return '\n'.join(trace.decode(said.splitlines(), built.debug)) if built else said
