# SPDX-License-Identifier: GPL-2.0
"""Rows on command lines: LAYOUT:WALK, checked at once, before a kernel is built."""

import subprocess

import pytest

from appliance.boots import walks
from appliance.failure import Failure
from appliance.paths import TOP

KNOWN = walks.Known(('sparse', 'dense'), ('pte_entry', 'smaps'), ('mincore',))


@pytest.fixture(scope='module')
def build(tmp_path_factory):
    """A folder in which the guest's program is built, and no kernel can be."""
    return tmp_path_factory.mktemp('build')


def test_the_guests_program_names_what_there_is(build):
    known = walks.known(build)
    assert set(known.layouts) >= {'hugetlb', 'pfnmap', 'sparse', 'dense'}
    assert set(known.walks) == {'pmd_entry', 'pte_entry', 'pte_hole', 'smaps', 'pagemap'}
    assert set(known.readers) == {'smaps_rollup', 'pagemap_small', 'pagemap_scan', 'mincore',
                                  'clear_refs'}


@pytest.mark.parametrize('asked, rows', [
    ((), [('sparse', 'pte_entry'), ('sparse', 'smaps'), ('dense', 'pte_entry'), ('dense', 'smaps')]),
    (('dense:smaps', 'dense:smaps'), [('dense', 'smaps')]),
    (('dense:smaps', 'dense'), [('dense', 'smaps'), ('dense', 'pte_entry')]),
    (('dense:mincore,smaps',), [('dense', 'mincore'), ('dense', 'smaps')]),
    (('dense:smaps,pte_entry', 'sparse:smaps'),
     [('dense', 'smaps'), ('dense', 'pte_entry'), ('sparse', 'smaps')])])
def test_rows(asked, rows):
    assert KNOWN.rows(asked) == tuple(rows)


def test_the_guests_program_gets_an_argument_a_layout():
    rows = KNOWN.rows(('dense:smaps', 'sparse', 'dense:pte_entry'))
    assert walks.arguments(rows) == ['dense:smaps,pte_entry', 'sparse:pte_entry,smaps']


@pytest.mark.parametrize('asked', ['dense', 'dense:smaps,pte_entry'])
def test_one_row(asked):
    assert KNOWN.row('dense:smaps') == ('dense', 'smaps')
    with pytest.raises(Failure, match='give one row, LAYOUT:WALK, as in dense:pte_entry'):
        KNOWN.row(asked)


@pytest.mark.parametrize('asked, said', [
    ('spars:smaps', "no layout 'spars': there are sparse, dense; a row is LAYOUT:WALK"),
    ('sparse:smap', "no walk 'smap': there are pte_entry, smaps, mincore"),
    ('sparse:', "no walk ''"), ('', "no layout ''"), ('sparse:smaps,', "no walk ''")])
def test_a_wrong_row(asked, said):
    with pytest.raises(Failure, match=said):
        KNOWN.rows(['dense', asked])


@pytest.mark.parametrize('command', [('bench', '--rows'), ('count', '--rows'), ('profile', '--row'),
                                     ('bench-proof', '--row')])
def test_a_wrong_row_is_told_at_once(umwalk, build, command):
    ran = umwalk(*command, 'sparse:smap', BUILD=str(build))
    assert ran.returncode == 2
    assert "no walk 'smap': there are pmd_entry, " in ran.stderr
    assert ran.stderr.count('\n') == 1
    assert not list(build.glob('linux*'))


@pytest.mark.parametrize('make, said', [
    (('count', 'WALK=pte_entry'), '--rows dense:pte_entry (make: ROWS=)'),
    (('profile', 'WALK=smaps'), '--row dense:pte_entry (make: ROW=)')])
def test_who_types_a_walk_is_told_what_to_type(make, said):
    ran = subprocess.run(['make', '-C', TOP, *make], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert said in ran.stderr
