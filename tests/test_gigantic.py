# SPDX-License-Identifier: GPL-2.0
"""Huge pages of 1 GiB of user-mode Linux: content, access, and what readers and walks say of them."""

import pytest

import own_program
from appliance.paths import TOP


@pytest.fixture(scope='module')
def program(tmp_path_factory):
    """Build tests/gigantic/ for the guest."""
    return own_program.build(tmp_path_factory.mktemp('gigantic') / 'gigantic',
                             TOP / 'tests' / 'gigantic' / 'gigantic.c',
                             TOP / 'tests' / 'thp' / 'memory.c', TOP / 'tests' / 'thp' / 'said.c')


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
def test_in_the_guest(program):
    own_program.passes_in_the_guest(str(program))


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
def test_the_layout_keeps_the_contract(umwalk):
    ran = umwalk('contract', '--kernel=stock', '--config=thp', '--layout=hugetlb_1g')
    states = {line.split()[0]: line.split()[-1] for line in ran.stdout.splitlines()
              if line.startswith(('W', 'U'))}
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [rule for rule, state in states.items() if state != 'pass'] == ['W6']
