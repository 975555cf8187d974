# SPDX-License-Identifier: GPL-2.0
"""Try whether this machine can build and boot, and say what mends it if it cannot.

The settings of a machine do not tell what a container or a security module refuses, so each
thing is tried. This needs no more than Python's standard library.
"""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .. import process, sandbox
from ..failure import Failure
from ..kernels.configuration import RELEASE
from ..kernels.sources import origin, tree
from ..kernels.version import LINUX
from ..machine import in_container, number
from ..paths import TOP, build_folder
from ..render import table as tables
from ..sandbox import Sandbox
from . import tries
from .perf import PARANOID

OK, NOTE, FAIL = 'OK', 'note', 'FAIL'
GUESTS = 3  # bench boots as many at once
MEMORY_MIB = RELEASE.memory_mib
TREE_MIB, MORE_MIB = 2500, 300  # for all release kernels; for a rebuild
ENOUGH_CORES = 0.9
AT_MOST_CORES = 4  # to try: enough to build, and two to measure

PROGRAM = '#include <stdio.h>\nint main(void)\n{\n\treturn puts("gcc " __VERSION__) < 0;\n}\n'
YAMA = Path('/proc/sys/kernel/yama/ptrace_scope')
MEMINFO = Path('/proc/meminfo')
CPUS = Path('/sys/devices/system/cpu')


@dataclass(frozen=True)
class Line:
    """One thing that umwalk needs of a machine: how it is, and the command that mends it."""
    what: str
    state: str
    found: str
    mend: str = ''


def look(machine: str) -> list[Line]:
    """Try everything; only the first thing on a machine that UML does not exist for."""
    first = _architecture(machine)
    return [first] if first.state == FAIL else [first, *(check() for check in CHECKS)]


@functools.cache
def faults() -> list[Line]:
    """What keeps this machine from building or booting."""
    return [line for line in look(os.uname().machine) if line.state == FAIL]


def blame() -> None:
    """Say what keeps this machine from booting a guest, none of which has come up."""
    found = faults()
    print('\n'.join(['umwalk: doctor finds what may keep a guest from booting:', *table(found)])
          if found else
          'umwalk: doctor finds nothing on this machine that keeps a guest from booting',
          file=sys.stderr)


def table(lines: list[Line]) -> list[str]:
    """The lines of the table; below a line its remedy."""
    shown = tables.aligned([[line.what, line.state, line.found] for line in lines], left=(0, 1, 2))
    return [text for line, row in zip(lines, shown)
            for text in (row, *(f'    mend it: {mend}' for mend in line.mend.splitlines()))]


def _architecture(machine: str) -> Line:
    if machine == 'x86_64':
        return Line('architecture', OK, machine)
    return Line('architecture', FAIL, f'{machine}: UML exists for x86 only',
                'use an x86_64 machine or emulation')


def _compiler() -> Line:
    return _builds('compiler', 'gcc', 'a program that {} compiles runs')


def _static_libc() -> Line:
    return _builds('static libc', 'libc.a', 'a program that {} links with it runs', '-static')


def _builds(what: str, needed: str, works: str, *flags: str) -> Line:
    """Compile a small program in the build folder, and run it there."""
    if not shutil.which('gcc'):
        return Line(what, FAIL, 'no gcc here', _how('gcc'))
    try:
        with tempfile.TemporaryDirectory(prefix='doctor-', dir=_build_folder()) as folder:
            source, program = Path(folder) / 'try.c', Path(folder) / 'try'
            source.write_text(PROGRAM, encoding='ascii')
            ran = _output('gcc', *flags, '-o', program, source)
            if ran.returncode:
                return Line(what, FAIL, _reason(ran.stdout), _how(needed))
            return _runs(what, program, works)
    except OSError as error:
        return Line(what, FAIL, str(error), 'set BUILD= to a folder that you can write')


def _runs(what: str, program: Path, works: str) -> Line:
    try:
        ran = _output(program)
    except Failure:  # it does not start
        return Line(what, FAIL, f'cannot run what is built in {_build_folder()}: '
                    'is it mounted noexec?',
                    'set BUILD= to a folder elsewhere')
    if not ran.stdout.startswith('gcc '):
        return Line(what, FAIL, f'what it builds does not run: {_reason(ran.stdout)}', _how('gcc'))
    return Line(what, OK, works.format(ran.stdout.strip()))


def _tools() -> Line:
    missing = set(_output(TOP / 'bench' / 'deps.sh', 'missing').stdout.split())
    missing -= {'gcc', 'libc.a', 'sources'}  # they have a line of their own
    if missing:
        return Line('tools', FAIL, f'missing: {", ".join(sorted(missing))}', _how(*sorted(missing)))
    return Line('tools', OK, 'builds and reports have all that they need')


def _sources() -> Line:
    if origin().exists():
        return Line('sources', OK, str(origin()))
    return Line('sources', FAIL, f'no Linux {LINUX.name} at {origin()}', _how('sources'))


def _disk() -> Line:
    try:
        build = build_folder()
    except Failure as failure:
        found, _, mend = str(failure).rpartition('; ')
        return Line('disk', FAIL, found, mend)
    need = MORE_MIB if tree(build).is_dir() else TREE_MIB
    free = shutil.disk_usage(build).free >> 20
    if free < need:
        return Line('disk', FAIL, f'{build} has {free:,} MiB free, a build needs {need:,}',
                    'make room there, or set BUILD= to a folder elsewhere')
    return Line('disk', OK, f'{build} has {free:,} MiB free, a build needs {need:,}')


def _ptrace() -> Line:
    if error := _refused(tries.ptrace):
        return Line('ptrace', FAIL, f'cannot trace a child: {error}', _mend_ptrace())
    return Line('ptrace', OK, 'stepped a child, and stopped it at a system call')


def _mend_ptrace() -> str:
    scope = number(YAMA)
    if scope == 3:
        return 'reboot without kernel.yama.ptrace_scope=3, which cannot be taken back'
    if scope == 2:
        return 'sudo sysctl kernel.yama.ptrace_scope=1'
    if in_container():
        return 'start the container with --cap-add=SYS_PTRACE'
    return 'run outside of the sandbox (a seccomp filter or the like) that forbids ptrace()'


def _executable_memory() -> Line:
    error = _refused(lambda: tries.executable_memory(MEMORY_MIB))
    if not error:
        return Line('guest memory', OK, f'ran code in a memfd of {MEMORY_MIB} MiB')
    if number(Path('/proc/sys/vm/memfd_noexec')) == 2:
        mend = 'sudo sysctl vm.memfd_noexec=1'
    else:
        mend = 'sudo setsebool -P deny_execmem 0  # or what another security module has for it'
    return Line('guest memory', FAIL, f'cannot run code in a memfd: {error}', mend)


def _memory() -> Line:
    want, free = GUESTS * MEMORY_MIB, _available_mib()
    mend = f'end other programs; or give a container more: docker run --memory={want * 3 // 2}m'
    if free >= want and not _refused(lambda: tries.fill_memory(want)):
        return Line('memory', OK, f'{GUESTS} guests of {MEMORY_MIB} MiB fit')
    if free >= MEMORY_MIB and not _refused(lambda: tries.fill_memory(MEMORY_MIB)):
        return Line('memory', NOTE, f'{GUESTS} guests of {MEMORY_MIB} MiB do not fit, which bench '
                    'boots; one does', mend)
    return Line('memory', FAIL, f'a guest of {MEMORY_MIB} MiB does not fit', mend)


def _available_mib() -> int:
    fields = dict(line.split(':', 1) for line in MEMINFO.read_text(encoding='ascii').splitlines())
    return sum(int(fields.get(key, '0').split()[0]) for key in ('MemAvailable', 'SwapFree')) >> 10


def _perf() -> Line:
    if error := _refused(lambda: tries.perf_event(tries.CPU_CLOCK)):
        level = number(PARANOID) or 0
        mend = ('sudo sysctl kernel.perf_event_paranoid=2' if level > 2 else
                'start the container with --cap-add=PERFMON' if in_container() else
                'run outside of the sandbox that forbids perf_event_open()')
        return Line('perf', NOTE, f'no events: {error}; all but `profile` works', mend)
    if not shutil.which('perf'):
        return Line('perf', NOTE, 'the program is missing; all but `profile` works', _how('perf'))
    more = ('; there is no PMU, as in most VMs'
            if _refused(lambda: tries.perf_event(tries.INSTRUCTIONS)) else ' and instructions')
    return Line('perf', OK, f'counted the CPU clock{more}')


def _user_namespaces() -> Line:
    if error := _fails(['unshare', '--user', '--map-root-user', 'true']):
        return Line('user namespaces', NOTE, f'{error}; only some tests need them',
                    sandbox.remedy())
    return Line('user namespaces', OK, 'made one')


def _sandbox() -> Line:
    if not shutil.which(sandbox.BWRAP):
        return Line('sandbox', NOTE, 'bwrap is missing, which confines the code of a series',
                    _how(sandbox.BWRAP))
    if error := sandbox.refusal(Sandbox(sandbox.BWRAP)):
        return Line('sandbox', NOTE, f'cannot confine the code of a series: {error}',
                    sandbox.remedy())
    return Line('sandbox', OK, 'bwrap ran a command in one')


def _governor() -> Line:
    found = {path.read_text(encoding='ascii').strip()
             for path in CPUS.glob('cpu[0-9]*/cpufreq/scaling_governor')}
    if found <= {'performance'}:
        return Line('CPU governor', OK, 'performance' if found else
                    'none: a hypervisor or the firmware sets the clock')
    return Line('CPU governor', NOTE, f'{", ".join(sorted(found))}: times change with the clock',
                "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor")


def _free_cores() -> Line:
    cpus = sorted(os.sched_getaffinity(0))[:AT_MOST_CORES]
    free = tries.free_cores(cpus)
    found = f'{free:.1f} of {len(cpus)} were free'
    if free >= ENOUGH_CORES:
        return Line('free cores', OK, found)
    return Line('free cores', NOTE, f'{found}: bench takes longer to decide',
                'end what takes the CPUs: ps -e --sort=-pcpu -o pcpu,pid,comm | head')


CHECKS: tuple[Callable[[], Line], ...] = (
    _compiler, _static_libc, _tools, _sources, _disk, _ptrace, _executable_memory,
    _memory, _perf, _user_namespaces, _sandbox, _governor, _free_cores)


def _build_folder() -> Path | None:
    """None, which is the host's folder for temporary files, if there can be no build folder."""
    try:
        return build_folder()
    except Failure:
        return None


def _how(*needed: str) -> str:
    return _output(TOP / 'bench' / 'deps.sh', 'how', *needed).stdout.strip()


def _refused(attempt: Callable[[], None]) -> str:
    """Why it is refused, '' if it is not."""
    try:
        attempt()
    except OSError as error:
        return error.strerror or str(error)
    return ''


def _fails(command: list[str]) -> str:
    """What a command says when it fails, '' if it does not."""
    if not shutil.which(command[0]):
        return f'no {command[0]} here'
    ran = _output(*command)
    return _reason(ran.stdout) if ran.returncode else ''


def _output(*command: str | Path) -> subprocess.CompletedProcess:
    return process.run(command, stderr=subprocess.STDOUT)


def _reason(said: str) -> str:
    """The line of a program's output that says why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ['it says nothing']
    return next((line for line in lines if 'cannot' in line or 'error' in line), lines[0])
