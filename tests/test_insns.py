# SPDX-License-Identifier: GPL-2.0
"""The counts beside the times: the same as those of `umwalk count`, and never old ones."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from appliance import count, guest, insns
from appliance.insns import Counted

PTE = 'dense:pte_entry'
ROW = tuple(PTE.split(':'))


@pytest.fixture
def copy(appliance, tmp_path):
    """baseline and stock, and copies of what decides a count: the kernels and the root."""
    kernels = {}
    for name in ('baseline', 'stock'):
        (tmp_path / name).mkdir()
        kernels[name] = Path(shutil.copy2(appliance.kernels[name], tmp_path / name))
    initramfs = Path(shutil.copy2(appliance.initramfs, tmp_path))
    return dataclasses.replace(appliance, kernels=kernels, initramfs=initramfs)


def without_boots(copied: guest.Appliance) -> guest.Appliance:
    """The same where nothing can boot: what is known then was kept."""
    return dataclasses.replace(copied, umrun=Path('/bin/false'))


def kept(copied: guest.Appliance, row: str = PTE) -> dict[str, int | None]:
    """By kernel, what is known of a row without a boot."""
    found = insns.ensure(without_boots(copied), (row,))
    return {name: of_kernel[tuple(row.split(':'))].instructions
            for name, of_kernel in found.items()}


@pytest.mark.parametrize('layout', ['hugetlb', 'pfnmap'])
def test_each_row_has_the_count_of_umwalk_count(copy, layout):
    """There all walks of a layout are counted in one boot, here each has its own."""
    _, seen = count.observe(copy, count.Plan(list(copy.kernels), [layout], None, 1))
    found = insns.ensure(copy, (layout,))
    assert {name: {row: counted.instructions for row, counted in of_kernel.items()}
            for name, of_kernel in found.items()} == {
        name: {row: counted.instructions for row, counted in boot.items()}
        for name, (boot,) in seen.items()}


def test_what_is_known_takes_no_boot(copy, capsys):
    first = insns.ensure(copy, (PTE,))
    assert capsys.readouterr().err.startswith('counting the instructions of 2 walks')
    assert insns.ensure(without_boots(copy), (PTE,)) == first
    assert not capsys.readouterr().err
    insns.ensure(copy, ('dense:pmd_entry,pte_entry',))
    assert capsys.readouterr().err.startswith('counting the instructions of 2 walks')
    assert kept(copy) == {name: first[name][ROW].instructions for name in first}


def test_a_kernel_that_changed_is_counted_anew_and_alone(copy, one_more, capsys):
    before = insns.ensure(copy, (PTE,))
    shutil.copy2(one_more, copy.kernels['stock'])
    assert kept(copy) == {'baseline': before['baseline'][ROW].instructions, 'stock': None}
    capsys.readouterr()
    after = insns.ensure(copy, (PTE,))
    assert capsys.readouterr().err.startswith('counting the instructions of 1 walks')
    assert after['baseline'] == before['baseline']
    assert after['stock'][ROW].instructions == before['stock'][ROW].instructions + 16384


def test_another_root_of_the_guest_is_counted_anew(copy):
    insns.ensure(copy, (PTE,))
    with open(copy.initramfs, 'ab') as root:
        root.write(bytes(512))
    assert kept(copy) == {'baseline': None, 'stock': None}


@pytest.mark.parametrize('damage', [
    lambda text: text[:-3], lambda text: text.replace('1', '2', 1), lambda text: '',
    lambda text: text.replace('"pte_entry": ', '"pte_entry": 1')])
def test_damage_is_counted_anew(copy, damage):
    known = insns.ensure(copy, (PTE,))
    for program in copy.kernels.values():
        path = program.with_name(insns.FILE)
        damaged = damage(path.read_text())
        assert damaged != path.read_text()
        path.write_text(damaged)
    assert kept(copy) == {'baseline': None, 'stock': None}
    assert insns.ensure(copy, (PTE,)) == known


def test_a_file_that_is_no_text_is_counted_anew(copy):
    copy.kernels['stock'].with_name(insns.FILE).write_bytes(b'\xff\xfe\n')
    assert kept(copy)['stock'] is None


def test_what_cannot_be_counted_says_why_and_the_others_are(copy):
    found = insns.ensure(copy, ('dense:nonsense,pmd_entry',))
    for of_kernel in found.values():
        assert of_kernel['dense', 'pmd_entry'].instructions > 100
        reason = of_kernel['dense', 'nonsense'].no_instructions
        assert 'no walk nonsense' in reason and '\n' not in reason
    assert kept(copy, 'dense:nonsense') == {'baseline': None, 'stock': None}


@pytest.mark.parametrize('seconds, reason', [(0, 'no time was left'), (2, 'time limit')])
def test_counting_ends_in_time_and_goes_on_next_time(copy, monkeypatch, seconds, reason):
    monkeypatch.setattr(insns, 'LIMIT_SECONDS', seconds)
    one = copy.only('stock')
    found = insns.ensure(one, ('sparse:pte_entry',))['stock']['sparse', 'pte_entry']
    assert reason in found.no_instructions
    monkeypatch.undo()
    assert insns.ensure(one, (PTE,))['stock'][ROW].instructions > 16384


def test_a_row_of_the_result_gets_either():
    rows = [{'layout': 'l', 'walk': 'w', 'a': {'ns': 1}, 'b': {'ns': 2}}]
    insns.put_into(rows, {'a': {('l', 'w'): Counted(7)}, 'b': {('l', 'w'): Counted(None, 'why')}})
    assert rows == [{'layout': 'l', 'walk': 'w',
                     'a': {'ns': 1, 'instructions': 7, 'no_instructions': None},
                     'b': {'ns': 2, 'instructions': None, 'no_instructions': 'why'}}]
