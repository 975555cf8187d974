# SPDX-License-Identifier: GPL-2.0
"""Run a command in a sandbox: it has no network, writes only where it may, and has limits.

The warden stays outside and watches. It ends the sandbox, to the last process, when the
command ends, a limit is exceeded, or the thread that started the warden is gone. Its exit
status is the command's, as a shell gives it. It needs Python's standard library alone.
"""

import argparse
import contextlib
import ctypes
import os
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
from typing import NoReturn

LIBC = ctypes.CDLL(None, use_errno=True)
PAGE = os.sysconf('SC_PAGE_SIZE')
WATCH_SECONDS = 0.25  # between two looks
ROOM_MIB = 256  # that has to stay free where the command may write
IN_MEMORY_MIB = 1024  # that each folder in memory holds
ENDED, TIME_LIMIT = 128 + signal.SIGKILL, 124  # exit statuses, the second as umrun's
TO_BE_HEARD = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38

# The numbers are those of x86-64.
X86_64, X32, SOCKET, IO_URING_SETUP = 0xc000003e, 0x40000000, 41, 425
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
REFUSE, ALLOW = 0x00050001, 0x7fff0000  # EPERM
# A socket in a file is reached from any namespace: by it, the user's session, Docker or an
# agent would run commands outside. So there are no sockets but pairs, in no calling convention.
NO_SOCKETS = b''.join(struct.pack('HBBI', *step) for step in (
    (LOAD, 0, 0, 4), (EQUAL, 0, 4, X86_64),
    (LOAD, 0, 0, 0), (AT_LEAST, 2, 0, X32), (EQUAL, 1, 0, SOCKET), (EQUAL, 0, 1, IO_URING_SETUP),
    (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)))

CREATE_RULESET, ADD_RULE, RESTRICT_SELF, PATH_BENEATH = 444, 445, 446, 1
LEAST_ABI = 3  # before it, a file that may not be written can be truncated
WRITE_FILE, TRUNCATE = 1 << 1, 1 << 14
WRITES = WRITE_FILE | sum(1 << right for right in range(4, 15))  # all that changes a file system
NET, SCOPED = 0b11, 0b11  # all of TCP; abstract sockets and signals
DEVICES = ('/dev/null', '/dev/zero', '/dev/full')


def main() -> int:
    """Run the command; returns its exit status, or the warden's own."""
    wanted = _options()
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.pthread_sigmask(signal.SIG_BLOCK, TO_BE_HEARD)
    _come_first()
    with _temporary_folder(wanted.by) as folder:
        command = os.fork()
        if not command:
            _become(wanted, folder)
        try:
            return _watch(wanted, command)
        finally:
            _end_all()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--by', choices=('bwrap', 'landlock'), required=True)
    parser.add_argument('--readable', action='append', default=[], help='even below /tmp')
    parser.add_argument('--writable', action='append', default=[])
    parser.add_argument('--kept', action='append', default=[], type=int,
                        help='a descriptor of the warden alone: a lock that ends with it')
    for limit in ('processes', 'memory-mib', 'file-mib', 'seconds'):
        parser.add_argument(f'--{limit}', type=int, required=True)
    parser.add_argument('command', nargs='+')
    return parser.parse_args()


def _come_first() -> None:
    """Get a CPU at each look, however many processes want one; only root may ask for that."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def _temporary_folder(by: str) -> contextlib.AbstractContextManager[str]:
    """Return the command's folder for temporary files; bwrap has one in memory."""
    if by == 'bwrap':
        return contextlib.nullcontext('/tmp')
    return tempfile.TemporaryDirectory(prefix='umwalk-')


def _become(wanted: argparse.Namespace, folder: str) -> NoReturn:
    """Be the command in its sandbox; folder is for its temporary files."""
    try:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TO_BE_HEARD)
        for descriptor in wanted.kept:
            os.close(descriptor)
        with open('/proc/self/oom_score_adj', 'w', encoding='ascii') as score:
            score.write('1000')
        size = wanted.file_mib << 20
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _limit_tasks(wanted.processes)
        # The user's ccache is read, never written: what is in there is run outside later.
        os.environ |= {'TMPDIR': folder, 'CCACHE_TEMPDIR': folder, 'CCACHE_READONLY': '1'}
        command = (_by_bwrap if wanted.by == 'bwrap' else _by_landlock)(wanted, folder)
        os.execvp(command[0], command)
    except OSError as error:
        print(f'sandbox: {error.strerror}: {error.filename or wanted.by}', file=sys.stderr)
    os._exit(1)  # pylint: disable=protected-access


def _limit_tasks(processes: int) -> None:
    """Let Linux refuse what comes faster than the warden looks; root is not bound by this."""
    most = _own_tasks() + 2 * processes
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _own_tasks() -> int:
    """Return how many threads the user has."""
    tasks = 0
    for pid in filter(str.isdigit, os.listdir('/proc')):
        with contextlib.suppress(OSError):  # it has just ended
            if os.stat(f'/proc/{pid}').st_uid == os.getuid():
                tasks += len(os.listdir(f'/proc/{pid}/task'))
    return tasks


def _by_bwrap(wanted: argparse.Namespace, folder: str) -> list[str]:
    in_memory = ['--size', str(IN_MEMORY_MIB << 20), '--tmpfs']
    seccomp = os.memfd_create('seccomp', 0)
    os.write(seccomp, NO_SOCKETS)
    os.lseek(seccomp, 0, os.SEEK_SET)
    return ['bwrap', '--ro-bind', '/', '/', '--dev', '/dev', '--remount-ro', '/dev',
            # Root without capabilities may still write to /proc/sys.
            '--proc', '/proc', '--remount-ro', '/proc',
            *in_memory, '/dev/shm', *in_memory, folder, *in_memory, '/run',
            *(word for path in wanted.readable for word in ('--ro-bind', path, path)),
            *(word for path in wanted.writable for word in ('--bind', path, path)),
            '--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-net', '--unshare-uts',
            '--unshare-cgroup-try', '--cap-drop', 'ALL', '--new-session', '--die-with-parent',
            '--seccomp', str(seccomp), '--', *wanted.command]


def _by_landlock(wanted: argparse.Namespace, folder: str) -> list[str]:
    os.setsid()
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    abi = LIBC.syscall(CREATE_RULESET, None, 0, 1)
    if abi < LEAST_ABI:
        raise OSError(0, 'Linux 6.2 or later with CONFIG_SECURITY_LANDLOCK is needed')
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    rules = _checked(LIBC.syscall(CREATE_RULESET, struct.pack('QQQ', WRITES, NET, SCOPED), size, 0))
    for paths, rights in (((*wanted.writable, folder), WRITES), (DEVICES, WRITE_FILE | TRUNCATE)):
        for path in paths:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rule = struct.pack('=Qi', rights, place)
            _checked(LIBC.syscall(ADD_RULE, rules, PATH_BENEATH, rule, 0))
            os.close(place)
    _checked(LIBC.syscall(RESTRICT_SELF, rules, 0))
    os.close(rules)
    code = ctypes.create_string_buffer(NO_SOCKETS)
    _prctl(PR_SET_SECCOMP, 2, struct.pack('HxxxxxxP', len(NO_SOCKETS) // 8, ctypes.addressof(code)))
    return wanted.command


def _watch(wanted: argparse.Namespace, command: int) -> int:
    """Wait for the end of the command, or a reason to end it; returns the exit status."""
    end = time.monotonic() + wanted.seconds
    while True:
        heard = signal.sigtimedwait(TO_BE_HEARD, WATCH_SECONDS)
        if heard and heard.si_signo != signal.SIGCHLD:
            return 128 + heard.si_signo
        if (status := _reap(command)) is not None:
            return status if status >= 0 else 128 - status
        if time.monotonic() > end:
            return _stopped(f'the time limit of {wanted.seconds} s', TIME_LIMIT)
        if exceeded := _exceeded(wanted):
            return _stopped(exceeded, ENDED)


def _reap(command: int) -> int | None:
    """Wait for all that have ended; returns how the command ended, if it has."""
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == command:
                return os.waitstatus_to_exitcode(ended[1])
    except ChildProcessError:
        pass
    return None


def _exceeded(wanted: argparse.Namespace) -> str:
    """Which limit is exceeded, '' if none is."""
    inside = _descendants()
    if len(inside) > wanted.processes:
        return f'the limit of {wanted.processes} processes'
    if sum(map(_own_memory, inside)) >> 20 > wanted.memory_mib:
        return f'the limit of {wanted.memory_mib} MiB of memory'
    for path in wanted.writable:
        if shutil.disk_usage(path).free >> 20 < ROOM_MIB:
            return f'the limit of its disk: less than {ROOM_MIB} MiB are free in {path}'
    return ''


def _stopped(exceeded: str, status: int) -> int:
    print(f'sandbox: error: ended at {exceeded}', file=sys.stderr, flush=True)
    return status


def _descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for pid in map(int, filter(str.isdigit, os.listdir('/proc'))):
        if stat := _read(pid, 'stat'):
            children.setdefault(int(stat.rpartition(b')')[2].split()[1]), []).append(pid)
    found = children.get(os.getpid(), [])
    for pid in found:  # which grows meanwhile
        found += children.get(pid, [])
    return found


def _own_memory(pid: int) -> int:
    """Return the bytes that a process shares with no file and no shared memory."""
    statm = _read(pid, 'statm').split()
    return (int(statm[1]) - int(statm[2])) * PAGE if statm else 0


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f'/proc/{pid}/{name}', 'rb') as file:
            return file.read()
    except OSError:  # it has just ended
        return b''


def _end_all() -> None:
    """Kill to the last descendant: those of a process that dies become the warden's."""
    try:
        while True:
            for pid in _descendants():
                with contextlib.suppress(ProcessLookupError):  # it has just ended
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


def _prctl(option: int, *values: object) -> None:
    _checked(LIBC.prctl(option, *values, *[0] * (4 - len(values))))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


if __name__ == '__main__':
    sys.exit(main())
