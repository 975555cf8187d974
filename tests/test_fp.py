# SPDX-License-Identifier: GPL-2.0
"""The FP registers of the guest's tasks: no task loses them or gets another's."""

import re
import subprocess

import pytest

from appliance.paths import TOP
from runner_fixtures import HANGS


@pytest.fixture(scope='module')
def program(tmp_path_factory):
    """Build tests/fp/ for the guest; its C code uses no FP registers by itself."""
    built = tmp_path_factory.mktemp('fp') / 'fp'
    subprocess.run(['gcc', '-std=gnu11', '-static', '-O1', '-Wall', '-Wextra', '-Werror',
                    '-mgeneral-regs-only', '-D_GNU_SOURCE', '-Wl,-e,first_instruction',
                    '-o', built, *sorted((TOP / 'tests' / 'fp').glob('*.c'))], check=True)
    return built


def check(ran: subprocess.CompletedProcess) -> None:
    """Check that all tests ran and none failed."""
    plan = re.search(r'^1\.\.(\d+)', ran.stdout, re.M)
    assert plan and 'not ok' not in ran.stdout, ran.stdout + ran.stderr
    assert len(re.findall('^ok', ran.stdout, re.M)) == int(plan[1])
    assert ran.returncode == 0, ran.stderr


def test_on_the_host(program):
    """The tests demand what Linux does."""
    check(subprocess.run([program], text=True, capture_output=True, timeout=HANGS, check=False))


@pytest.mark.usefixtures('appliance')
def test_in_the_guest(program, umwalk):
    check(umwalk('run', '--', str(program)))
