# SPDX-License-Identifier: GPL-2.0
"""Fixtures of the runner's tests: umrun in a sandbox that shows what it leaves behind."""

import ctypes
import fcntl
import json
import os
import pty
import shutil
import struct
import subprocess
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import pytest

from appliance.paths import TOP

HANGS = 600  # seconds: more than anything here takes on a slow host


def wait_for(condition):
    """Wait until a condition holds; return its value."""
    end = time.monotonic() + HANGS
    while not (found := condition()):
        assert time.monotonic() < end, 'waited in vain'
        time.sleep(0.01)
    return found


def processes(program: Path) -> list[int]:
    """Return the living processes that run this file, or a copy of it in memory.

    The copy is known by the file's name, which no other program that runs here may have.
    """
    return running(str(program), f'/memfd:{program.name} (deleted)')


def running(*programs: str) -> list[int]:
    """Return the living processes that run one of these."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.readlink(f'/proc/{pid}/exe') in programs:
                found.append(int(pid))
        except OSError:
            continue
    return sorted(found)


@dataclass
class Runner:
    """umrun with its own copy of a kernel, which tells its processes from others."""
    umrun: Path
    kernel: Path
    initrd: Path
    home: Path
    shm: Path

    def command(self, *arguments: str) -> list[str]:
        return [str(self.umrun), '--kernel', f'k={self.kernel}', '--initrd', str(self.initrd),
                *arguments]

    def environment(self) -> dict[str, str]:
        return os.environ | {'HOME': str(self.home), 'TMPDIR': str(self.shm)}

    def start(self, *arguments: str, **popen) -> subprocess.Popen:
        return subprocess.Popen(self.command(*arguments), env=self.environment(),
                                stdin=subprocess.DEVNULL, **popen)

    def run(self, *arguments: str, timeout: float = HANGS,
            **popen) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(*arguments), env=self.environment(), check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              **popen)

    def living(self) -> list[int]:
        return processes(self.kernel) + processes(self.umrun)

    def wait_for_guest(self, least: int = 3) -> list[int]:
        """Wait for UML and a process of its user space, so that the job runs."""
        return wait_for(lambda: len(pids := processes(self.kernel)) >= least and pids)

    def assert_nothing_left(self, at_once: bool = False) -> None:
        """Check that no process is left right after the end."""
        if at_once:
            assert not self.living()
        wait_for(lambda: not self.living())
        assert not list(self.home.iterdir()), 'files left in $HOME'
        assert not list(self.shm.iterdir()), 'files left in $TMPDIR'


def make_runner(umrun: Path, kernel: Path, initrd: Path, folder: Path, shm: Path) -> Runner:
    (folder / 'home').mkdir()
    own = folder / f'linux.{os.getpid()}.{folder.name}'[:60]
    for name, source in (('umrun', umrun), (own.name, kernel)):
        shutil.copy2(source, folder / name)
    return Runner(folder / 'umrun', own, initrd, folder / 'home', shm)


def run_with_records(runner: Runner, *arguments: str, also: Sequence[int] = (),
                     **popen) -> tuple[int, list[dict], bytes]:
    """Run umrun, also with other descriptors; return exit status, records and messages."""
    read, write = os.pipe()
    process = runner.start('--records', str(write), *arguments, pass_fds=[write, *also],
                           stderr=subprocess.PIPE, **popen)
    os.close(write)
    with os.fdopen(read) as stream:
        lines = stream.read().splitlines()
    return process.wait(), [json.loads(line) for line in lines], process.stderr.read()


def turns_command(runner: Runner, *arguments: str) -> list[str]:
    """Return the arguments for three guests that take turns."""
    second = [f'{option}={runner.kernel}' for option in ('--kernel=b', '--kernel=c')]
    return ['--turns', '7', *second, *arguments]


def forbid(system_call: int):
    """Refuse a system call, as containers do: it fails with EPERM from now on."""
    code = [(0x20, 0, 0, 0), (0x15, 0, 1, system_call),
            (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
    program = struct.pack('HxxxxxxP', len(code), ctypes.addressof(
        instructions := ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *i) for i in code))))
    libc = ctypes.CDLL(None)
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    libc.prctl(22, 2, program, instructions)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def private_mounts() -> list[str]:
    """Return a command that lets another one mount; skip the test if that is not allowed."""
    if os.geteuid() == 0:
        prefix = ['unshare', '--mount']
    else:
        prefix = ['unshare', '--user', '--map-root-user', '--mount']
    if subprocess.run([*prefix, 'true'], capture_output=True, check=False).returncode:
        pytest.skip('may not mount, not even in a namespace of its own')
    return prefix


def forbid_perf():
    """Refuse perf_event_open()."""
    forbid(298)


@pytest.fixture(scope='session')
def sanitized_umrun(tmp_path_factory) -> Path:
    """Build umrun with AddressSanitizer, LeakSanitizer and UBSan."""
    folder = tmp_path_factory.mktemp('sanitized')
    subprocess.run(['make', '-s', '-C', TOP / 'bench', f'OUT={folder}', 'sanitized'], check=True)
    return folder / 'umrun-sanitized'


@pytest.fixture
def runner(tmp_path, request, monkeypatch) -> Runner:
    """From UMRUN, UMLINUX and UMINITRD if they are set, else from this clone's build.

    With sanitizers for a test that is marked so: they must find nothing in any process of umrun.
    """
    if 'UMRUN' in os.environ:
        paths = [Path(os.environ[name]) for name in ('UMRUN', 'UMLINUX', 'UMINITRD')]
    else:
        built = request.getfixturevalue('appliance')
        paths = [built.umrun, built.kernels['stock'].program, built.initramfs]
    found = tmp_path / 'sanitizers'
    found.mkdir()
    if getattr(request, 'param', '') == 'sanitized':
        paths[0] = request.getfixturevalue('sanitized_umrun')
        monkeypatch.setenv('ASAN_OPTIONS', f'log_path={found}/log:handle_sigill=1')
    shm = Path(tempfile.mkdtemp(dir='/dev/shm'))
    yield make_runner(*paths, tmp_path, shm)
    shutil.rmtree(shm)
    if reports := [log.read_text() for log in found.iterdir()]:
        pytest.fail('\n'.join(reports))


@pytest.fixture
def terminal():
    """Open a pseudo terminal; return the user's end and umrun's."""
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack('HHHH', 33, 101, 0, 0))
    yield mine, its
    os.close(mine)
    os.close(its)
