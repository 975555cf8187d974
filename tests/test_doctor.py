# SPDX-License-Identifier: GPL-2.0
"""umwalk doctor: each line sees its fault, which is made for real."""

import os
import re
import resource
import subprocess
import sys
from functools import partial

import pytest

from appliance.boots import guest
from appliance.boots.records import Boot
from appliance.host import doctor
from appliance.paths import TOP
from made import made
from runner_fixtures import forbid, private_mounts

UMWALK = TOP / 'bench' / 'umwalk'
PTRACE, UNSHARE, PERF_EVENT_OPEN, MEMFD_CREATE = 101, 272, 298, 319


# One check alone, for a machine that may refuse what the others need.
ONE = """import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from appliance.host import doctor
line = getattr(doctor, sys.argv[2])()
print(line.what, line.state, line.found, line.mend, sep='\\n')"""


def examine(check: str, *prefix: str, preexec_fn=None, **environment: str) -> doctor.Line:
    """Run a check under a command; return what it finds."""
    ran = subprocess.run([*prefix, sys.executable, '-c', ONE, TOP / 'bench', check], text=True,
                         env=os.environ | environment, stdout=subprocess.PIPE, check=True,
                         preexec_fn=preexec_fn)
    return doctor.Line(*ran.stdout[:-1].split('\n', 3))


def run(*prefix: str) -> subprocess.CompletedProcess:
    """Run all of doctor, as a user does."""
    return subprocess.run([*prefix, UMWALK, 'doctor'], text=True, capture_output=True, check=False)


def mounted(script: str, *words: str) -> list[str]:
    """Return a command that mounts something and then runs another."""
    return [*private_mounts(), 'sh', '-euc', f'{script}\nshift $1; exec "$@"', 'sh',
            str(len(words) + 1), *words]


def test_one_line_for_each_check():
    ran = run()
    lines = [re.split('  +', line, maxsplit=2) for line in ran.stdout.splitlines()
             if not line.startswith('    mend it: ')]
    states = {what: state for what, state, _ in lines}
    assert list(states) == ['architecture', 'compiler', 'static libc', 'tools', 'sources', 'disk',
                            'ptrace', 'guest memory', 'memory', 'perf',
                            'user namespaces', 'sandbox', 'CPU governor', 'free cores']
    # Whoever runs these tests has all that; what else there is, is up to the host.
    assert {states[what] for what in ('architecture', 'compiler', 'static libc', 'tools',
                                      'ptrace', 'guest memory')} == {'OK'}
    assert (ran.stderr, ran.returncode) == ('', 2 if 'FAIL' in states.values() else 0)


@pytest.mark.parametrize('machine', ['aarch64', 'i686'])
def test_a_machine_that_uml_does_not_exist_for(machine):
    assert doctor.look(machine) == [
        doctor.Line('architecture', 'FAIL', f'{machine}: UML exists for x86 only',
                    'use an x86_64 machine or emulation')]


def test_another_architecture_for_real():
    ran = run('setarch', 'i686')
    assert ran.returncode == 2
    assert ran.stdout == ('architecture  FAIL  i686: UML exists for x86 only\n'
                          '    mend it: use an x86_64 machine or emulation\n')


@pytest.mark.parametrize('call, check, state, mend', [
    (PTRACE, '_ptrace', 'FAIL', '--cap-add=SYS_PTRACE|sandbox|ptrace_scope'),
    (MEMFD_CREATE, '_executable_memory', 'FAIL', 'sudo '),
    (PERF_EVENT_OPEN, '_perf', 'note', '--cap-add=PERFMON|sandbox|perf_event_paranoid'),
    (UNSHARE, '_user_namespaces', 'note', 'sudo sysctl|sandbox')])
def test_a_system_call_that_is_refused(call, check, state, mend):
    line = examine(check, preexec_fn=partial(forbid, call))
    assert line.state == state
    assert 'Operation not permitted' in line.found
    assert any(word in line.mend for word in mend.split('|'))


def test_no_compiler(tools):
    path = tools('gcc', 'cc')
    for check in ('_compiler', '_static_libc'):
        line = examine(check, PATH=path)
        assert (line.state, line.found, line.mend.split()[-1]) == ('FAIL', 'no gcc here', 'gcc')
    assert examine('_tools', PATH=path).state == 'OK'


def test_no_static_libc():
    """The linker gets an empty file instead."""
    archive = subprocess.run(['gcc', '-print-file-name=libc.a'], capture_output=True, text=True,
                             check=True).stdout.strip()
    empty = mounted('mount --bind /dev/null "$2"', os.path.realpath(archive))
    assert examine('_compiler', *empty).state == 'OK'
    line = examine('_static_libc', *empty)
    assert line.state == 'FAIL' and 'libc' in line.mend


def test_a_tool_is_missing(tools):
    line = examine('_tools', PATH=tools('flex', 'bison'))
    assert (line.state, line.found) == ('FAIL', 'missing: bison, flex')
    assert line.mend.endswith(' bison flex')


def test_no_sources(tmp_path):
    line = examine('_sources', LINUX_SRC=str(tmp_path / 'none.tar.xz'))
    assert line.state == 'FAIL' and line.found.endswith(str(tmp_path / 'none.tar.xz')) and line.mend


def test_a_full_disk(tmp_path):
    line = examine('_disk', *mounted('mount -t tmpfs -o size=64m none "$2"', str(tmp_path)),
                   BUILD=str(tmp_path))
    assert line.state == 'FAIL' and 'MiB free, a build needs ' in line.found


@pytest.mark.parametrize('folder, found, mend', [
    ('/proc/none', "cannot write to the build folder '/proc/none'", 'set BUILD=/a/writable/path'),
    ('/tmp/a b', "a kernel cannot be built below '/tmp/a b'", 'set BUILD=/a/plain/path')])
def test_a_build_folder_that_is_of_no_use(folder, found, mend):
    line = examine('_disk', BUILD=folder)
    assert (line.state, line.mend) == ('FAIL', mend) and line.found.startswith(found)
    assert 'BUILD=' not in line.found


def test_a_build_folder_that_is_noexec(tmp_path):
    line = examine('_compiler', *mounted('mount -t tmpfs -o noexec none "$2"', str(tmp_path)),
                   BUILD=str(tmp_path))
    assert line.state == 'FAIL' and 'noexec' in line.found


@pytest.mark.parametrize('mib, state', [(doctor.MEMORY_MIB - 1, 'FAIL'),
                                        (3 * doctor.MEMORY_MIB - 1, 'note')])
def test_too_little_memory(mib, state):
    """A limit on the size of files bounds the memory, which is taken as a file."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (mib << 20, mib << 20))
    assert examine('_memory', preexec_fn=limit).state == state


@pytest.fixture
def little_memory(tmp_path) -> list[str]:
    """Return a command for which the host seems to have 90,000 kB available."""
    (tmp_path / 'meminfo').write_text('MemTotal: 1600000 kB\nMemAvailable: 90000 kB\n')
    return mounted('mount --bind "$2" /proc/meminfo', str(tmp_path / 'meminfo'))


def test_memory_that_is_not_available_is_not_tried(little_memory):
    assert examine('_memory', *little_memory).state == 'FAIL'


def test_no_perf(tools):
    line = examine('_perf', PATH=tools('perf'))
    assert line.state == 'note' and 'perf' in line.mend


def test_no_sandbox(tools):
    line = examine('_sandbox', PATH=tools('bwrap'))
    assert line.state == 'note' and line.mend.endswith(' bubblewrap')


def test_a_sandbox_that_is_refused(tools):
    said = 'bwrap: setting up uid map: Permission denied'
    line = examine('_sandbox', PATH=tools(bwrap=f'echo "{said}" >&2; exit 1'))
    assert line.state == 'note' and line.found.endswith(said) and line.mend


@pytest.mark.parametrize('governor, state', [('powersave', 'note'), ('performance', 'OK')])
def test_the_governor(governor, state):
    script = ('mount -t tmpfs none /sys/devices/system/cpu\n'
              'mkdir -p /sys/devices/system/cpu/cpu0/cpufreq\n'
              'echo "$2" > /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')
    line = examine('_governor', *mounted(script, governor))
    assert line.state == state and line.found.startswith(governor)


def test_a_core_that_is_not_free():
    """Another process is on the only CPU that doctor may use."""
    cpu = str(min(os.sched_getaffinity(0)))
    with subprocess.Popen(['taskset', '-c', cpu, sys.executable, '-c', 'while True: pass']) as busy:
        try:
            line = examine('_free_cores', 'taskset', '-c', cpu)
        finally:
            busy.kill()
    assert line.state == 'note' and 'of 1 were free' in line.found


@pytest.mark.parametrize('arguments, status', [
    (('run', '--', 'true'), 123), (('bench-boot', '--boots=2'), 123),
    (('contract', '--kernel=stock'), 123)])
def test_the_first_boot_that_fails_is_explained_once(appliance, arguments, status):
    ran = subprocess.run([UMWALK, *arguments], preexec_fn=partial(forbid, PTRACE), text=True,
                         capture_output=True, check=False)
    assert ran.returncode == status
    boot, _, table = ran.stderr.partition('umwalk: doctor finds what may keep a guest from booting:\n')
    assert 'boot 0: the kernel ended before its job did' in boot
    assert re.search('^ptrace +FAIL +cannot trace a child: Operation not permitted$', table, re.M)
    assert len(re.findall('^ptrace +FAIL', ran.stderr, re.M)) == 1


def test_a_runner_that_cannot_start_is_explained(appliance, little_memory):
    ran = subprocess.run([*little_memory, UMWALK, 'run', '--', 'true'], text=True,
                         capture_output=True, check=False)
    assert ran.returncode == 122
    assert 'umrun: the host has 87 MiB of memory available' in ran.stderr
    assert re.search('^memory +FAIL', ran.stderr, re.M)


def test_a_kernel_that_dies_under_its_job_is_not_the_hosts_fault(appliance):
    ran = subprocess.run([UMWALK, 'run', '--', 'sh', '-c', 'echo c > /proc/sysrq-trigger; sleep 9'],
                         text=True, capture_output=True, check=False)
    assert 'doctor' not in ran.stderr


@pytest.mark.parametrize('status, boots, never', [
    (122, [], True),
    (123, [made(Boot, outcome='died', came_up=False)], True),
    (124, [made(Boot, outcome='timeout', came_up=False)], True),
    (123, [made(Boot, outcome='interrupted', came_up=False),
           made(Boot, outcome='died', came_up=False)], True),
    (123, [made(Boot, outcome='panic', came_up=False)], False),
    (123, [made(Boot, outcome='died', came_up=True)], False),
    (1, [made(Boot, outcome='exit', came_up=True)], False)])
def test_when_no_guest_came_up(monkeypatch, status, boots, never):
    monkeypatch.setattr(guest.CAME_UP, 'is_set', lambda: False)
    assert guest.never_came_up(status, boots) is never
