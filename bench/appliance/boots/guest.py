# SPDX-License-Identifier: GPL-2.0
"""Boot kernels: build the runner and the guest's root, run them, yield the records."""

import contextlib
import os
import re
import subprocess
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Callable, Iterator

from .. import process
from ..failure import CANNOT_START, OF_UMRUN, Failure, NoGuest
from ..kernels import kernel
from ..logs import trace
from ..paths import TOP, locked
from .records import Boot, Record, parse

MEMORY_MIB = 512
CAME_UP = threading.Event()  # a guest came up: no later failure is the host's fault
WATCH_SECONDS = 0.25  # between two looks at a boot that is watched


def _memory_mib(configuration: str) -> int:
    """Double the memory for KASAN's redzones and quarantine and lockdep's tables."""
    return MEMORY_MIB * (1 if configuration == 'release' else 2)


@dataclass(frozen=True)
class Appliance:
    """Everything that a boot needs: the runner, the initramfs, the kernels."""
    umrun: Path
    initramfs: Path
    kernels: dict[str, Path]
    memory_mib: int = MEMORY_MIB

    def only(self, name: str) -> 'Appliance':
        """Return the same appliance with one of its kernels."""
        return replace(self, kernels={name: self.kernels[name]})

    def command(self, *options: str, argv: list[str]) -> list[str]:
        """Return the runner's command line (`umrun --help` documents it)."""
        named = [f'--kernel={name}={path}' for name, path in self.kernels.items()]
        return [str(self.umrun), *named, f'--initrd={self.initramfs}', *options, '--', *argv]


def ensure(build: Path, names: list[str], configuration: str = 'release') -> Appliance:
    """Build the kernels, the runner and the guest's root, unless they are up to date."""
    programs = kernel.ensure(build, names, configuration)
    with locked(build):
        _make('bench', build / 'host')
        _make('workloads', build / 'guest', f'KERNEL_HEADERS={build / "headers"}')
        _make('rootfs', build / 'guest', f'TREE={build / "linux-6.12"}',
              f'WALKS={build / "guest" / "walks"}')
    return Appliance(build / 'host' / 'umrun', build / 'guest' / 'initramfs.cpio',
                     dict(zip(names, programs)), _memory_mib(configuration))


def _make(folder: str, out: Path, *variables: str) -> None:
    ran = process.run(['make', '-s', '-C', TOP / folder, f'OUT={out}', *variables],
                      stderr=subprocess.STDOUT)
    if ran.returncode:
        raise Failure(f'building {folder}/ failed:\n{ran.stdout.strip()}')


def records(appliance: Appliance, *options: str, argv: list[str], under: list[str] | None = None,
            stdout: IO | int = subprocess.DEVNULL, console: IO | None = None,
            hopeless: Callable[[int], bool] | None = None,
            boot: int | None = None) -> Iterator[Record]:
    """Boot and yield the records as they come; raises Failure when a boot fails.

    under is a command that runs the runner and ends with its exit status; it writes to stdout.
    What the kernel prints goes to console.
    hopeless is called with the runner's process ID; once it returns true, the boot is ended and
    has failed. boot is the number that records get in place of the runner's.
    """
    reading, writing = os.pipe()
    passed = {'records': writing} | ({'console': console.fileno()} if console else {})
    options += tuple(f'--{option}={fd}' for option, fd in passed.items())
    boots: list[Boot] = []
    with tempfile.TemporaryFile('w+', encoding='utf-8', errors='replace') as said:
        with process.start((under or []) + appliance.command(*options, argv=argv),
                           pass_fds=passed.values(), stdout=stdout, stderr=said) as runner:
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
            raise _failure(appliance, runner.returncode, boots, said.read().strip())


def _failure(appliance: Appliance, status: int, boots: list[Boot], said: str) -> Failure:
    kind = NoGuest if never_came_up(status, boots) else Failure
    why = OF_UMRUN.get(status, process.ending(status))
    return kind(f'a boot failed ({why}):\n{explain(appliance, said)}',
                status if status > 0 else 128 - status)


def never_came_up(status: int, boots: list[Boot]) -> bool:
    """Whether no guest has ever come up, neither in this run, which ended so, nor before.

    A kernel that panics has come up.
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
                runner.terminate()
                return

    if hopeless:
        threading.Thread(target=watch, args=[hopeless], daemon=True).start()
    try:
        yield
    except BaseException:  # nobody reads the records any more
        runner.terminate()
        raise
    finally:
        done.set()


def explain(appliance: Appliance, said: str) -> str:
    """Return what the runner said; call traces have file and line if the kernel knows them."""
    match = re.search(r'^umrun: (\S+), boot \d+:', said, re.M)
    program = match and appliance.kernels.get(match[1])
    return trace.decode(said, program) if program else said
