# SPDX-License-Identifier: GPL-2.0
"""The counts beside the times are those of `umwalk count`, and never old ones."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from appliance.boots import guest
from appliance.boots.walks import Row
from appliance.commands.bench import insns
from appliance.commands.count import count
from appliance.commands.bench.beside import Beside
from appliance.commands.bench.insns import Counted, Counting
from appliance.kernels.version import LINUX

ROW = ('dense', 'pte_entry')
WALKS = ('pmd_entry', 'pte_entry', 'pte_hole', 'smaps', 'pagemap')
LIMIT = 600  # seconds; for hangs
UNUSED = LINUX.folder / 'proof' / 'null' / 'unused-util.patch'


@pytest.fixture
def copy(appliance, copy_of, tmp_path):
    """baseline and stock, and copies of what decides a count: the kernels and the root."""
    kernels = {name: copy_of(appliance.kernels[name], tmp_path / name)
               for name in ('baseline', 'stock')}
    initramfs = Path(shutil.copy2(appliance.initramfs, tmp_path))
    return dataclasses.replace(appliance, kernels=kernels, initramfs=initramfs)


def of_layout(layout: str) -> tuple[Row, ...]:
    """Return the rows of a layout."""
    return tuple((layout, walk) for walk in WALKS)


def counting_of(appliance: guest.Appliance, *rows: Row) -> Counting:
    """Count all that is asked for, in as much time as it takes."""
    with Beside() as beside, Counting(appliance, rows, beside) as counting:
        counting.wait(LIMIT)
    return counting


def counted(appliance: guest.Appliance, *rows: Row) -> insns.Found:
    return counting_of(appliance, *rows).found()


def without_boots(copied: guest.Appliance) -> guest.Appliance:
    """Count likewise where nothing can boot, so that only kept counts are known."""
    return dataclasses.replace(copied, umrun=Path('/bin/false'))


def kept(copied: guest.Appliance, row: Row = ROW) -> dict[str, int | None]:
    """Return what is known of a row without a boot, by kernel."""
    found = counted(without_boots(copied), row)
    return {name: of_kernel[row].instructions
            for name, of_kernel in found.items()}


@pytest.mark.parametrize('layout', ['hugetlb', 'pfnmap'])
def test_each_row_has_the_count_of_umwalk_count(copy, layout):
    """umwalk count has one boot for all walks of a layout, this test one for each."""
    _, seen = count.observe(copy, count.Plan(list(copy.kernels), of_layout(layout), 1))
    found = counted(copy, *of_layout(layout))
    assert {name: {row: one.instructions for row, one in of_kernel.items()}
            for name, of_kernel in found.items()} == {
        name: {row: one.instructions for row, one in boot.items()}
        for name, (boot,) in seen.items()}


def test_what_is_known_takes_no_boot(copy, capsys):
    first = counted(copy, ROW)
    assert 'counting instructions' in capsys.readouterr().err
    assert counted(without_boots(copy), ROW) == first
    assert not capsys.readouterr().err
    counted(copy, ('dense', 'pmd_entry'), ROW)
    assert 'counting instructions' in capsys.readouterr().err
    assert kept(copy) == {name: first[name][ROW].instructions for name in first}


def test_a_kernel_that_changed_is_counted_anew_and_alone(copy, copy_of, one_more):
    before = counted(copy, ROW)
    copy_of(one_more, copy.kernels['stock'].folder)
    assert kept(copy) == {'baseline': before['baseline'][ROW].instructions, 'stock': None}
    after = counted(copy, ROW)
    assert after['baseline'] == before['baseline']
    assert after['stock'][ROW].instructions == before['stock'][ROW].instructions + 16384


def test_another_root_of_the_guest_is_counted_anew(copy):
    counted(copy, ROW)
    with open(copy.initramfs, 'ab') as root:
        root.write(bytes(512))
    assert kept(copy) == {'baseline': None, 'stock': None}


@pytest.mark.parametrize('damage', [
    lambda text: text[:-3], lambda text: text.replace('1', '2', 1), lambda text: '',
    lambda text: text.replace('"instructions": ', '"instructions": 1')])
def test_damage_is_counted_anew(copy, damage):
    known = counted(copy, ROW)
    for built in copy.kernels.values():
        path = built.folder / insns.FILE
        damaged = damage(path.read_text())
        assert damaged != path.read_text()
        path.write_text(damaged)
    assert kept(copy) == {'baseline': None, 'stock': None}
    assert counted(copy, ROW) == known


def test_a_file_that_is_no_text_is_counted_anew(copy):
    (copy.kernels['stock'].folder / insns.FILE).write_bytes(b'\xff\xfe\n')
    assert kept(copy)['stock'] is None


def test_what_cannot_be_counted_says_why_and_the_others_are(copy):
    found = counted(copy, ('dense', 'nonsense'), ('dense', 'pmd_entry'))
    for of_kernel in found.values():
        assert of_kernel['dense', 'pmd_entry'].instructions > 100
        reason = of_kernel['dense', 'nonsense'].no_instructions
        assert "no walk 'nonsense'" in reason and '\n' not in reason
    assert kept(copy, ('dense', 'nonsense')) == {'baseline': None, 'stock': None}


def test_counting_ends_when_the_run_does_and_goes_on_next_time(copy):
    with Beside() as beside, Counting(copy, of_layout('sparse'), beside) as counting:
        beside.stop.set()
        counting.finish()
    assert any(one.no_instructions == insns.LATER for one in counting.found()['stock'].values())
    assert counted(copy, ROW)['stock'][ROW].instructions > 16384


def test_a_boot_that_is_under_way_at_the_end_is_ended(copy):
    """Its runner has ended when the run goes on, and its counts are dropped."""
    slow = dataclasses.replace(copy, umrun=copy.initramfs.with_name('slow'))
    slow.umrun.write_text('#!/bin/sh\necho begun >> "$0.log"\nexec sleep 1000\n')
    slow.umrun.chmod(0o755)
    log = Path(f'{slow.umrun}.log')
    with Beside() as beside, Counting(slow, [ROW], beside) as counting:
        while not log.exists():
            pass
        beside.stop.set()
        counting.finish()
    assert log.read_text() == 'begun\n'
    assert counting.found()['baseline'][ROW] == Counted(None, insns.LATER)


def test_one_cpu_is_shared_and_given_up_in_time(copy, monkeypatch):
    monkeypatch.setattr(insns, 'AHEAD', 0)
    with Beside() as beside, Counting(copy, of_layout('sparse'), beside) as counting:
        counting.ahead(1000)
        assert beside.stop.is_set()
    assert insns.LATER in {one.no_instructions for one in counting.found()['stock'].values()}


@pytest.fixture(scope='module')
def unused(stock_with, copy_of, tmp_path_factory):
    """Build stock with a function that nobody calls."""
    return copy_of(stock_with(UNUSED).kernels['stock'], tmp_path_factory.mktemp('unused'))


def test_the_same_code_is_told_and_has_the_same_count(copy, unused):
    rows = of_layout('pfnmap') + of_layout('hugetlb')
    pair = dataclasses.replace(copy, kernels={'stock': copy.kernels['stock'], 'unused': unused})
    counting = counting_of(pair, *rows)
    assert counting.same_code() == set(rows)
    found = counting.found()
    assert found['unused'] == found['stock']
    for layout in ('pfnmap', 'hugetlb'):
        _, seen = count.observe(pair, count.Plan(['stock', 'unused'], of_layout(layout), 1))
        assert ({row: one.instructions for row, one in seen['unused'][0].items()} ==
                {row: found['unused'][row].instructions for row in seen['unused'][0]})


@pytest.mark.parametrize('second', [
    Counted(7, None, ('walk', 'called_by_a_pointer')), Counted(8, None, ('walk',)),
    Counted(7, None, ()), None])
def test_it_takes_the_same_functions_and_as_many_instructions(copy, second):
    counting = Counting(copy, [ROW], Beside())
    counting.unchanged = {'walk', 'called_by_a_pointer'}
    for of in counting.kept.values():
        of.known[ROW] = Counted(7, None, ('walk',))
    assert counting.same_code() == {ROW}
    counting.kept['stock'].known[ROW] = second
    assert counting.same_code() == set()


def test_one_instruction_more_is_other_code(copy, copy_of, one_more, tmp_path):
    pair = dataclasses.replace(copy, kernels={'stock': copy.kernels['stock'],
                                              'more': copy_of(one_more, tmp_path / 'more')})
    counting = counting_of(pair, ROW)
    assert ROW not in counting.same_code()
    found = counting.found()
    assert found['more'][ROW].instructions == found['stock'][ROW].instructions + 16384


def test_a_row_of_the_result_gets_either():
    rows = [{'layout': 'l', 'walk': 'w', 'a': {'ns': 1}, 'b': {'ns': 2}}]
    insns.put_into(rows, {'a': {('l', 'w'): Counted(7)}, 'b': {('l', 'w'): Counted(None, 'why')}})
    assert rows == [{'layout': 'l', 'walk': 'w',
                     'a': {'ns': 1, 'instructions': 7, 'no_instructions': None},
                     'b': {'ns': 2, 'instructions': None, 'no_instructions': 'why'}}]
