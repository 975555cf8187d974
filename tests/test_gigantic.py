# SPDX-License-Identifier: GPL-2.0
"""Huge pages of 1 GiB of user-mode Linux: content, access, and what readers and walks say of them."""

import pytest

import on_thp
from appliance.paths import TOP


@pytest.fixture(scope='module')
def program(tmp_path_factory):
    """Build tests/gigantic/ for the guest."""
    return on_thp.build(tmp_path_factory.mktemp('gigantic') / 'gigantic',
                             TOP / 'tests' / 'gigantic' / 'gigantic.c',
                             TOP / 'tests' / 'thp' / 'memory.c', TOP / 'tests' / 'thp' / 'said.c')


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
def test_in_the_guest(program):
    on_thp.passes_in_the_guest(str(program))


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
def test_the_layout_keeps_the_contract(umwalk):
    assert on_thp.rules_not_passed(umwalk, 'hugetlb_1g') == ['W6']
