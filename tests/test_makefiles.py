# SPDX-License-Identifier: GPL-2.0
"""bench/Makefile and rootfs/Makefile build with the right compiler and flags."""

import os
import subprocess

import pytest

from appliance.paths import TOP

VARIABLES = {'bench': [], 'rootfs': ['GEN_INIT_CPIO=/gen_init_cpio.c', 'WALKS=/bin/true']}


@pytest.fixture(params=VARIABLES)
def commands(request, tmp_path):
    """Return what make would run, with more words on its command line and in its environment."""
    (tmp_path / 'gen_init_cpio').touch()

    def make(*words: str, **environment: str) -> list[str]:
        command = ['make', '-n', '-o', f'{tmp_path}/gen_init_cpio', '-C', TOP / request.param,
                   f'OUT={tmp_path}', *VARIABLES[request.param], *words]
        return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True,
                              check=True).stdout.splitlines()

    return make


def compilers(lines: list[str]) -> set[str]:
    return {line.split()[0] for line in lines if ' -std=gnu11 ' in line}


def test_the_environment_changes_nothing(commands):
    plain = commands()
    assert compilers(plain) == {'gcc'}
    assert any(' -O2 ' in line for line in plain)
    assert commands(CC='other', CFLAGS='-O0', CPPFLAGS='-Dx', LDFLAGS='-g') == plain


def test_the_command_line_chooses_the_compiler(commands):
    assert compilers(commands('CC=clang')) == {'clang'}


@pytest.mark.parametrize('folder, program', [('bench', 'umrun'), ('rootfs', 'init')])
def test_a_compiler_that_fortifies_by_itself(tmp_path, folder, program):
    """As Ubuntu's does: it then warns of results of system calls that nobody looks at."""
    subprocess.run(['make', '-s', '-C', TOP / folder, f'OUT={tmp_path}', *VARIABLES[folder],
                    'CC=gcc -D_FORTIFY_SOURCE=2', tmp_path / program], check=True)
