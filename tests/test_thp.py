# SPDX-License-Identifier: GPL-2.0
"""Transparent huge pages of user-mode Linux: content, access, and what readers say of them."""

import re
import subprocess
import tempfile

import pytest

from appliance.boots import guest
from appliance.kernels import series
from appliance.kernels.configuration import THP
from appliance.logs.splat import all_of
from appliance.paths import TOP, build_folder
from runner_fixtures import HANGS

PREPARE = """
mkdir /tmp/disk && mount -t ext4 /dev/ubda /tmp/disk || exit 99
fallocate -l 64M /tmp/disk/swap && chmod 600 /tmp/disk/swap && mkswap /tmp/disk/swap >&2 || exit 98
swapon /tmp/disk/swap || exit 97
cd /sys/kernel/mm/transparent_hugepage && echo advise >shmem_enabled || exit 96
# It would collapse what was split just now.
echo 3600000 >khugepaged/scan_sleep_millisecs || exit 95
"""


@pytest.fixture(scope='module')
def program(tmp_path_factory):
    """Build tests/thp/ for the guest."""
    built = tmp_path_factory.mktemp('thp') / 'thp'
    subprocess.run(['gcc', '-std=gnu11', '-static', '-O1', '-Wall', '-Wextra', '-Werror',
                    '-D_GNU_SOURCE', '-o', built, *sorted((TOP / 'tests' / 'thp').glob('*.c'))],
                   check=True)
    return built


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
def test_in_the_guest(program):
    kernels = guest.ensure(build_folder(), [series.kernel('stock', THP)])
    with tempfile.TemporaryFile('w+', encoding='utf-8', errors='replace') as console:
        command = kernels.command(
            '--host', f'--mem={THP.memory_mib}', f'--console={console.fileno()}',
            argv=['sh', '-c', f'{PREPARE} exec {program}'])
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             pass_fds=[console.fileno()], timeout=HANGS, check=False)
        console.seek(0)
        said = console.read()
    plan = re.search(r'^1\.\.(\d+)', ran.stdout, re.M)
    assert plan and 'not ok' not in ran.stdout, ran.stdout + ran.stderr
    assert len(re.findall('^ok', ran.stdout, re.M)) == int(plan[1])
    assert ran.returncode == 0, ran.stderr
    assert all_of(said, kernels.kernels['stock'].program) == []


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
@pytest.mark.parametrize('name', ['stock', 'baseline', 'patched', 'fixed'])
def test_the_contract(umwalk, name):
    ran = umwalk('contract', f'--kernel={name}', '--config=thp')
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
def test_a_layout(umwalk):
    ran = umwalk('contract', '--kernel=stock', '--config=thp', '--layout=thp')
    states = {line.split()[0]: line.split()[-1] for line in ran.stdout.splitlines()
              if line.startswith(('W', 'U'))}
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [rule for rule, state in states.items() if state != 'pass'] == ['W5', 'W6']
