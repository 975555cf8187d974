# SPDX-License-Identifier: GPL-2.0
"""Try in a child process what UML, the runner and perf ask of a host.

Each function raises OSError if the host refuses. The numbers are those of x86-64.
"""

import ctypes
import mmap
import os
import signal
import struct
import time
from typing import Callable

LIBC = ctypes.CDLL(None, use_errno=True)
UNKNOWN = 255  # exit status of a child: its error has no errno

PTRACE_TRACEME, PTRACE_SINGLESTEP, PTRACE_SYSEMU = 0, 9, 31
MFD_EXEC = 0x10
RETURN_42 = b'\xb8\x2a\x00\x00\x00\xc3'  # mov $42, %eax; ret

PERF_EVENT_OPEN = 298
CPU_CLOCK, INSTRUCTIONS = (1, 0), (0, 1)  # perf_event_attr's type and config
USER_ONLY = 1 << 5 | 1 << 6  # exclude_kernel, exclude_hv


def ptrace() -> None:
    """Have a child ask to be traced; step it, and run it to its next system call."""
    child = os.fork()
    if not child:
        _end_child(_be_traced)
    try:
        for request in (PTRACE_SINGLESTEP, PTRACE_SYSEMU):
            _stopped(child)
            _checked(LIBC.ptrace(request, child, None, None))
        _stopped(child)
    except ChildProcessError as error:
        raise OSError(error.args[0], os.strerror(error.args[0])) from error
    except OSError:
        _reap(child)
        raise
    _reap(child)


def _be_traced() -> None:
    _checked(LIBC.ptrace(PTRACE_TRACEME, 0, None, None))
    os.kill(os.getpid(), signal.SIGSTOP)


def executable_memory(mib: int) -> None:
    """Map a file in memory of a guest's size as executable, and run what is in it."""
    def attempt() -> None:
        fd = _executable_memfd()
        os.ftruncate(fd, mib << 20)
        memory = mmap.mmap(fd, mib << 20, mmap.MAP_SHARED,
                           mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(RETURN_42)
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        if ctypes.CFUNCTYPE(ctypes.c_int)(address)() != 42:
            raise OSError(0, 'what it runs does not work')
    _in_child(attempt)


def fill_memory(mib: int) -> None:
    """Take that much memory, and give it back; if it is too much, this child is killed."""
    def attempt() -> None:
        with open('/proc/self/oom_score_adj', 'w', encoding='ascii') as score:
            score.write('1000')
        os.posix_fallocate(os.memfd_create('filled'), 0, mib << 20)
    _in_child(attempt)


def perf_event(event: tuple[int, int]) -> None:
    """Count an event in user space; it must count something."""
    kind, config = event
    attributes = struct.pack('IIQQQQQ16x', kind, 64, config, 0, 0, 0, USER_ONLY)
    fd = _checked(LIBC.syscall(PERF_EVENT_OPEN, attributes, 0, -1, -1, 0))
    try:
        sum(range(10000))
        if not int.from_bytes(os.read(fd, 8), 'little'):
            raise OSError(0, 'it counts nothing')
    finally:
        os.close(fd)


def free_cores(cpus: list[int], seconds: float = 0.2) -> float:
    """How many of the CPUs this process gets when it asks for all of them."""
    children = [_spin(cpu, seconds) for cpu in cpus]
    return sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children) / 100


def _spin(cpu: int, seconds: float) -> int:
    """Start a child that keeps a CPU busy; its exit status is how much it got, in percent."""
    child = os.fork()
    if not child:
        os.sched_setaffinity(0, [cpu])
        start = time.monotonic()
        while (wall := time.monotonic() - start) < seconds:
            pass
        # pylint: disable-next=protected-access # no exit handler of the parent's may run
        os._exit(min(100, round(100 * time.process_time() / wall)))
    return child


def _executable_memfd() -> int:
    try:
        return os.memfd_create('executable', os.MFD_CLOEXEC | MFD_EXEC)
    except OSError as error:
        if error.errno != 22:  # EINVAL: Linux before 6.3
            raise
        return os.memfd_create('executable')


def _stopped(child: int) -> None:
    """Wait until it has stopped; ChildProcessError with its errno if it has ended instead."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        raise ChildProcessError(1, '')
    if os.WIFEXITED(status):
        raise ChildProcessError(os.WEXITSTATUS(status), '')


def _reap(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _in_child(attempt: Callable[[], None]) -> None:
    """Run it in a process of its own, which it may leave in any state, or kill."""
    child = os.fork()
    if not child:
        _end_child(attempt)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        raise OSError(0, f'{signal.Signals(-code).name} ended it')
    if code:
        raise OSError(code, os.strerror(code) if code != UNKNOWN else 'it does not work')


def _end_child(attempt: Callable) -> None:
    status = UNKNOWN
    try:
        attempt()
        status = 0
    except OSError as error:
        status = error.errno or UNKNOWN
    finally:
        os._exit(status)  # pylint: disable=protected-access


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
