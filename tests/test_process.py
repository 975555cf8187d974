# SPDX-License-Identifier: GPL-2.0
"""Processes of the host: what environment they get, and how they fail."""

import ast
import filecmp
import subprocess
from pathlib import Path

import pytest

from appliance import process
from appliance.boots import guest
from appliance.failure import Failure
from appliance.kernels import build as builds
from appliance.paths import TOP, build_folder
from runner_fixtures import wait_for

APPLIANCE = TOP / 'bench' / 'appliance'
# What changes what is built or how it runs, to something that nobody would take for the usual.
UNWANTED = {'CFLAGS': '-O0', 'KCFLAGS': '-O0', 'CC': 'false', 'MAKEFLAGS': 'CC=false',
            'CPATH': '/nonexistent', 'CCACHE_COMPILER': 'false', 'LD_PRELOAD': '/nonexistent.so',
            'KBUILD_OUTPUT': '/nonexistent', 'LC_ALL': 'de_DE.UTF-8', 'LANGUAGE': 'de'}
# What umwalk starts by its name, and does not do without.
PROGRAMS = ('addr2line', 'bash', 'gcc', 'git', 'make', 'nm', 'objcopy', 'perf', 'setpriv',
            'taskset', 'unshare')


@pytest.fixture
def unwanted(monkeypatch):
    for name, value in UNWANTED.items():
        monkeypatch.setenv(name, value)


def variables(listed: str) -> dict[str, str]:
    return dict(line.partition('=')[::2] for line in listed.splitlines())


def started(command: list[str]) -> str:
    with process.start(command, stdout=subprocess.PIPE, **process.TEXT) as ran:
        return ran.communicate()[0]


@pytest.mark.parametrize('run', [process.output, lambda command: process.run(command).stdout, started])
def test_environment(monkeypatch, unwanted, run):
    monkeypatch.setenv('CCACHE_DIR', '/cache')
    found = variables(run(['env']))
    assert found.pop('PATH') and found.pop('CCACHE_DIR') == '/cache'
    assert found.pop('LC_ALL') == 'C.UTF-8'
    assert set(found) <= {'HOME', 'TERM', 'TMPDIR', *process.PASSED}


def test_more_of_it():
    with process.start(['env'], {'KCFLAGS': '-g1'}, stdout=subprocess.PIPE, **process.TEXT) as ran:
        assert variables(ran.communicate()[0])['KCFLAGS'] == '-g1'


def test_they_read_nothing_unless_given(monkeypatch):
    with open('/dev/zero', 'rb') as endless:
        monkeypatch.setattr('sys.stdin', endless)
        assert (process.output(['cat']), started(['cat'])) == ('', '')
    assert process.output(['cat'], 'é') == 'é'


def test_what_is_no_utf_8_is_read():
    latin = ['printf', r'caf\351\n']
    assert (process.output(latin), started(latin)) == ('caf\N{REPLACEMENT CHARACTER}\n',) * 2


@pytest.mark.parametrize('run', [process.output, process.run, process.start])
def test_what_does_not_start(tmp_path, run):
    with pytest.raises(Failure, match='^nonesuch is missing; `bench/deps.sh how nonesuch` prints '):
        run(['nonesuch', 'x'])
    program = tmp_path / 'program'
    with pytest.raises(Failure, match=f'^{program} does not start: No such file or directory$'):
        run([program])
    program.touch()
    with pytest.raises(Failure, match=f'^{program} does not start: Permission denied$'):
        run([program])


@pytest.mark.parametrize('script, message', [
    ('echo first >&2; echo why >&2; exit 3', 'sh failed (exit status 3): why'),
    ('echo why; exit 1', 'sh failed (exit status 1): why'),
    ('kill $$', 'sh failed (SIGTERM ended it): it says nothing')])
def test_what_fails(script, message):
    with pytest.raises(Failure) as failure:
        process.output(['sh', '-c', script])
    assert str(failure.value) == message


@pytest.mark.parametrize('program', PROGRAMS)
def test_it_is_known_what_installs_a_program(program):
    assert process.output([TOP / 'bench' / 'deps.sh', 'how', program])


def other_doors(path: Path) -> list[str]:
    """Return the places where a file starts processes by itself."""
    return [f'{path.name}:{node.lineno}' for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and (node.func.value.id == 'subprocess' and node.func.attr != 'CompletedProcess'
                 or node.func.value.id == 'os'
                 and node.func.attr.startswith(('system', 'popen', 'spawn', 'exec', 'posix_spawn')))]


def test_there_is_no_other_door():
    assert [door for path in APPLIANCE.rglob('*.py') if path.name != 'process.py'
            for door in other_doors(path)] == []


def test_another_door_is_found(tmp_path):
    path = tmp_path / 'a.py'
    path.write_text('import subprocess, os\nsubprocess.run([])\nos.popen("")\nos.getpid()\n')
    assert other_doors(path) == ['a.py:2', 'a.py:3']


def test_the_guests_root_is_the_same_in_any_environment_and_folder(appliance, tmp_path, unwanted):
    guest._make('workloads', tmp_path)
    guest._make('rootfs', tmp_path, f'WALKS={tmp_path / "walks"}',
                f'GEN_INIT_CPIO={builds.original(build_folder(), "usr/gen_init_cpio.c")}')
    assert filecmp.cmp(tmp_path / 'initramfs.cpio', appliance.initramfs, shallow=False)


def test_the_runner_has_nothing_of_it(appliance, monkeypatch):
    """So the kernel has nothing of it, either."""
    monkeypatch.setenv('CFLAGS', '-O0')
    with process.start([TOP / 'bench' / 'umwalk', 'run', '--', 'sleep', '1000'],
                       {'CFLAGS': '-O0'}) as umwalk:
        try:
            runner = wait_for(lambda: child_of(umwalk.pid, 'umrun'))
            assert 'CFLAGS=' in environ_of(umwalk.pid)
            assert 'CFLAGS=' not in environ_of(runner)
        finally:
            umwalk.terminate()


def child_of(parent: int, name: str) -> int | None:
    found = process.run(['pgrep', '-P', str(parent), '-x', name]).stdout.split()
    return int(found[0]) if found else None


def environ_of(pid: int) -> str:
    return Path(f'/proc/{pid}/environ').read_text(encoding='utf-8')
