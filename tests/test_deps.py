# SPDX-License-Identifier: GPL-2.0
"""deps.sh tries the tools themselves, and names what is missing for each package manager."""

import os
import re
import shutil
import subprocess

import pytest

from appliance.kernels.version import LINUX
from appliance.paths import TOP

DEPS = TOP / 'bench' / 'deps.sh'
MANAGERS = ('apt-get', 'dnf', 'pacman', 'zypper')


def deps(path: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run deps.sh with this PATH, and sources that need no package."""
    return subprocess.run([DEPS, *arguments], capture_output=True, text=True, check=False,
                          env=os.environ | {'PATH': path, 'LINUX_SRC': str(TOP)} | environment)


def test_no_package_manager_is_asked_when_all_is_there(tools):
    calls = {name.replace('-', '_'): 'echo called' for name in (*MANAGERS, 'dpkg-query', 'sudo')}
    ran = deps(tools('dpkg', 'rpm', **calls))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, '', '')


@pytest.mark.parametrize('manager, command', [
    ('dnf', 'dnf install -y flex xz'), ('pacman', 'pacman -S --needed --noconfirm flex xz'),
    ('zypper', 'zypper install -y flex xz')])
def test_the_command_of_each_package_manager(tools, manager, command):
    ran = deps(tools('flex', 'xz', *MANAGERS, **{manager: 'echo called'}))
    assert (ran.returncode, ran.stdout) == (2, '')
    assert 'deps.sh: missing: flex xz\n' in ran.stderr
    assert ran.stderr.splitlines()[-1].removeprefix('deps.sh: run: ').removeprefix('sudo ') == command


@pytest.mark.parametrize('manager, packages', [
    ('dnf', 'glibc-static python3-numpy'), ('pacman', 'glibc python-numpy'),
    ('zypper', 'glibc-devel-static python3-numpy')])
def test_what_has_other_names_elsewhere(tools, manager, packages):
    path = tools(*MANAGERS, **{manager: 'echo called'})
    first, second = deps(path, 'how', 'libc.a', 'python:numpy', 'sources').stdout.splitlines()
    assert manager in first and first.endswith(f' {packages}')
    assert second == (f'set LINUX_SRC= to linux-{LINUX.name}.N.tar.xz of kernel.org, '
                      f'N from {LINUX.oldest} on')


def test_no_known_package_manager(tools):
    ran = deps(tools('flex', *MANAGERS))
    assert ran.returncode == 2
    assert ran.stderr.endswith('run: install by hand what has these: flex\n')


def test_apt_by_hand_for_who_may_not_install(tools):
    ran = deps(tools('flex', id='echo 1000', sudo='exit 1', apt_get='echo called'))
    assert (ran.returncode, ran.stdout) == (2, '')
    assert ran.stderr == ('deps.sh: missing: flex\ndeps.sh: run: sudo apt-get install -y '
                          '--no-install-recommends flex\n')


def test_apt_by_itself_for_who_may_install(tools, tmp_path):
    log = tmp_path / 'log'
    ran = deps(tools('flex', id='echo 1000', sudo='[ "$1" != -n ] || shift\nexec "$@"',
                     apt_get=f'echo "$@" >> {log}'))
    assert (ran.returncode, ran.stderr) == (0, 'deps.sh: installing: flex\n')
    assert log.read_text() == 'install -y --no-install-recommends flex\n'


def test_what_umwalk_does_without_is_not_missed(tools):
    ran = deps(tools('ccache', 'perf', *MANAGERS))
    assert (ran.returncode, ran.stderr) == (0, '')


def test_what_only_one_command_needs(tools):
    path = tools('smem', 'vmtouch', *MANAGERS, dnf='echo called')
    assert deps(path).returncode == 0
    ran = deps(path, 'external')
    assert (ran.returncode, 'deps.sh: missing: smem vmtouch\n' in ran.stderr) == (2, True)


@pytest.mark.parametrize('command', [[DEPS], [TOP / 'bench' / 'umwalk', 'bench']])
def test_another_architecture_is_said_at_once(tools, command):
    path = tools(uname='echo aarch64')
    ran = subprocess.run(command, capture_output=True, text=True, check=False,
                         env=os.environ | {'PATH': path})
    assert (ran.returncode, ran.stdout) == (2, '')
    assert ran.stderr == ('deps.sh: this is aarch64, and UML exists for x86 only: '
                          'use an x86_64 machine or emulation\n')


def test_the_python_that_has_the_modules():
    ran = subprocess.run([TOP / 'bench' / 'python.sh', 'numpy'], capture_output=True, text=True,
                         check=True)
    subprocess.run([ran.stdout.strip(), '-c', 'import numpy'], check=True)


def test_a_python_all_the_same_if_none_has_the_modules():
    ran = subprocess.run([TOP / 'bench' / 'python.sh', 'no_such_module'], capture_output=True,
                         text=True, check=False)
    assert ran.returncode == 1
    subprocess.run([ran.stdout.strip(), '-c', 'pass'], check=True)


def test_one_file_names_the_version(tmp_path):
    shutil.copytree(TOP / 'bench', tmp_path / 'bench')
    for folder, file in (('.', 'Makefile'), ('tests', 'checkpatch.sh')):
        (tmp_path / folder).mkdir(exist_ok=True)
        shutil.copy(TOP / folder / file, tmp_path / folder)
    patches = tmp_path / 'kernel-patches'
    patches.mkdir()
    (patches / '9.87').symlink_to(LINUX.folder)
    (patches / 'version').write_text('9.87\n')

    def said(*command: str) -> str:
        ran = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False,
                             env={'PATH': os.environ['PATH']})
        return ran.stdout + ran.stderr

    for command in (['make', 'help'], ['bench/umwalk', '--help'], ['bench/deps.sh', 'how', 'sources'],
                    ['tests/checkpatch.sh', 'out']):
        text = said(*command)
        assert re.findall(r'(?i)linux[ -](?:source-)?(\d+\.\d+)', text) and LINUX.name not in text


def test_what_make_stress_needs_it_alone_asks_for(tools):
    path = tools('stress-ng', *MANAGERS, dnf='echo called')
    assert deps(path).returncode == 0
    ran = deps(path, 'stress')
    assert (ran.returncode, ran.stdout) == (2, '')
    assert ran.stderr.splitlines()[-1].endswith('dnf install -y stress-ng')
    ran = subprocess.run([TOP / 'bench' / 'umwalk', 'stress'], capture_output=True, text=True,
                         check=False, env=os.environ | {'PATH': path, 'LINUX_SRC': str(TOP)})
    assert ran.returncode == 2 and 'deps.sh: missing: stress-ng\n' in ran.stderr


def test_a_make_target_looks_for_what_is_missing_once(tmp_path):
    for name in ('Makefile', 'kernel-patches'):
        (tmp_path / name).symlink_to(TOP / name)
    shutil.copytree(TOP / 'bench', tmp_path / 'bench')
    looked = tmp_path / 'looked'
    (tmp_path / 'bench' / 'deps.sh').write_text(f'#!/bin/sh\necho here >>{looked}\n')
    ran = subprocess.run(['make', 'run', 'KERNEL=none', 'CMD=true'], cwd=tmp_path, text=True,
                         capture_output=True, check=False)
    assert "no kernel 'none'" in ran.stderr
    assert looked.read_text() == 'here\n'


def test_each_list_of_modules_of_python_is_that_of_the_table():
    """With one module too few, a Python that lacks it would be taken."""
    tables = re.findall(r"""^(?:table|tests)=['"]\n(.*?)^['"]$""", DEPS.read_text(), re.M | re.S)
    rows, of_tests = (re.findall(r'^python:(\S+)', table, re.M) for table in tables)
    users, = re.findall(r'python.sh" ([^)]*)\)', (TOP / 'bench' / 'umwalk').read_text())
    testers, = re.findall(r'^PYTHON = .*python.sh (.*)\)$', (TOP / 'Makefile').read_text(), re.M)
    assert sorted(users.split()) == sorted(rows)
    assert sorted(testers.split()) == sorted(rows + of_tests)
