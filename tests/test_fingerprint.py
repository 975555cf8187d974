# SPDX-License-Identifier: GPL-2.0
"""What tells one splat of a kernel's log from another."""

from pathlib import Path

import pytest

from appliance.logs import splat
from appliance.paths import TOP

NOWHERE = Path('/nonexistent')


def fingerprints(log: str) -> list[str]:
    return [splat.fingerprint(one) for one in splat.splats(log, NOWHERE)]


@pytest.mark.parametrize('name, expected', [
    ('warning', 'warning:provoke_warning:splat_write:proc_reg_write'),
    ('kasan', 'kasan:provoke_kasan:splat_write:proc_reg_write'),
    ('ubsan', 'ubsan:provoke_ubsan:splat_write:proc_reg_write:vfs_write:ksys_write'),
    ('bug', 'bug:provoke_bug:splat_write:proc_reg_write'),
    ('bug-sleeping', 'bug:provoke_sleep:splat_write'),
    ('panic', 'panic:splat_write:proc_reg_write:vfs_write:ksys_write:sys_write'),
    ('oops', 'oops:walk_pte_range')])
def test_it_is_the_kind_and_who_was_called_not_what_prints_the_stack(name, expected):
    log = (TOP / 'tests' / 'splats' / f'{name}.log').read_text()
    assert fingerprints(log) == [expected]


def test_addresses_and_sizes_are_no_part_of_it():
    log = (TOP / 'tests' / 'splats' / 'warning.log').read_text()
    assert fingerprints(log.replace('+0x', '+0x1').replace('[<60', '[<61')) == fingerprints(log)


def test_the_splat_of_a_kernel_without_a_stack_has_one():
    assert splat.fingerprint('BUG: sleeping function called from invalid context') == 'bug'
