# SPDX-License-Identifier: GPL-2.0
"""Placements: the same kernel, linked with its functions in another order."""

import subprocess

import pytest

from appliance import guest, placement
from appliance.paths import build_folder


@pytest.fixture(scope='module')
def programs(appliance):
    return placement.ensure(build_folder(), appliance.only('stock'), 2)['stock']


def functions(program):
    """name -> address"""
    listed = subprocess.run(['nm', '--defined-only', program], capture_output=True, text=True,
                            check=True).stdout
    fields = (line.split() for line in listed.splitlines())
    return {name: int(address, 16) for address, kind, name in fields if kind in 'tT'}


def test_functions_are_the_same_and_lie_elsewhere(appliance, programs):
    built = functions(appliance.kernels['stock'])
    orders = []
    for program in programs:
        placed = functions(program)
        assert placed.keys() == built.keys()
        orders.append([name for name in sorted(placed, key=placed.get) if name in (
            'walk_page_range', 'walk_pgd_range', 'smap_gather_stats', 'pagemap_read', 'find_vma')])
        moved = sum(placed[name] != built[name] for name in built)
        assert moved > 0.5 * len(built)
    assert orders[0] != orders[1]


def test_a_placement_boots_and_knows_its_own_symbols(appliance, programs):
    """Kallsyms must be that of the placement: its addresses are in every oops."""
    own = guest.Appliance(appliance.umrun, appliance.initramfs, {'stock': programs[0]})
    ran = subprocess.run(own.command('--host', argv=['grep', ' walk_page_range$', '/proc/kallsyms']),
                         capture_output=True, text=True, timeout=60, check=True)
    assert int(ran.stdout.split()[0], 16) == functions(programs[0])['walk_page_range']


def test_the_build_is_left_in_its_own_order(appliance, programs):
    """A kernel that is built next must not come out in the last placement's order."""
    assert len({path.read_bytes() for path in programs}) == 2
    assert not (build_folder() / 'linux-6.12' / 'objects-release' / 'include' / 'generated' /
                'text-order.lds.h').exists()
