# SPDX-License-Identifier: GPL-2.0
"""Transparent huge pages of user-mode Linux: content, access, and what readers say of them."""

import pytest

import on_thp
from appliance.paths import TOP

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
    return on_thp.build(tmp_path_factory.mktemp('thp') / 'thp',
                             *sorted((TOP / 'tests' / 'thp').glob('*.c')))


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
def test_in_the_guest(program):
    on_thp.passes_in_the_guest('sh', '-c', f'{PREPARE} exec {program}')


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
@pytest.mark.parametrize('name', ['stock', 'baseline', 'patched', 'fixed'])
def test_the_contract(umwalk, name):
    ran = umwalk('contract', f'--kernel={name}', '--config=thp')
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
def test_a_layout(umwalk):
    assert on_thp.rules_not_passed(umwalk, 'thp') == ['W5', 'W6']
