# SPDX-License-Identifier: GPL-2.0
"""Mutants through the real pipeline: patch, kernel, boot, verdict."""

import re
import shutil

import pytest

from appliance.commands import mutants
from appliance.kernels import kernel
from appliance.failure import Failure
from appliance.paths import build_folder


@pytest.fixture
def folder(tmp_path):
    """A folder with some of our mutants in it."""
    def fill(*names: str, equivalent: str = ''):
        for name in names:
            shutil.copy(mutants.FOLDER / f'{name}.patch', tmp_path)
        (tmp_path / mutants.EQUIVALENT).write_text(equivalent)
        return tmp_path
    return fill


def verdicts(text: str) -> dict[str, str]:
    """name -> what is printed about it, without the time."""
    return dict(re.findall(r'^(\S+) +((?:killed|SURVIVED).*), [0-9.]+ s$', text, re.M))


def test_killed_by_a_check_by_a_hang_and_argued_equivalent(appliance, umwalk, folder):
    path = folder('pmd-hole-forgotten', 'pmd-hole-not-recognised', 'pmd-split-forgotten',
                  equivalent='pmd-split-forgotten: no transparent huge pages\n')
    stock = kernel.binary(build_folder(), 'stock').stat()
    ran = umwalk('mutants', f'--patches={path}', '--config=release')
    found = verdicts(ran.stdout)
    assert found['pmd-hole-forgotten'].startswith('killed by ')
    assert found['pmd-hole-not-recognised'] == 'killed by hang'
    assert found['pmd-split-forgotten'] == 'SURVIVED; argued equivalent'
    assert '3 mutants: 2 killed, 1 survived, 1 of them argued equivalent' in ran.stdout
    assert ran.returncode == 0, ran.stderr
    # The normal kernels are as they were, and the tree is stock's.
    assert kernel.binary(build_folder(), 'stock').stat() == stock
    assert 'building' not in umwalk('build', 'stock').stderr


def test_an_unargued_survivor_fails(appliance, umwalk, folder):
    ran = umwalk('mutants', f'--patches={folder("pmd-split-forgotten")}', '--config=release')
    assert verdicts(ran.stdout) == {'pmd-split-forgotten': 'SURVIVED'}
    assert 'nobody says why: pmd-split-forgotten' in ran.stdout
    assert ran.returncode == 1


def test_a_wrong_argument_fails(appliance, umwalk, folder):
    path = folder('pmd-hole-forgotten', equivalent='pmd-hole-forgotten: who needs holes\n')
    ran = umwalk('mutants', f'--patches={path}', '--config=release')
    assert 'argued equivalent, but killed: pmd-hole-forgotten' in ran.stdout
    assert ran.returncode == 1


def test_a_patch_that_does_not_apply_is_named(appliance, umwalk, folder):
    path = folder()
    text = (mutants.FOLDER / 'pmd-hole-forgotten.patch').read_text()
    (path / 'stale.patch').write_text(text.replace('pmd_none', 'pmd_absent'))
    ran = umwalk('mutants', f'--patches={path}', '--config=release')
    assert re.search(r'stale.*hunk 1 does not apply to mm/pagewalk\.c', ran.stderr)
    assert ran.returncode == 2


def test_names_that_are_none(folder):
    with pytest.raises(Failure, match='no nonesuch.patch in it'):
        mutants.try_all(build_folder(), folder('pmd-hole-forgotten'), ['nonesuch'])
    with pytest.raises(Failure, match='no nonesuch.patch in it'):
        mutants.try_all(build_folder(), folder('pmd-hole-forgotten', equivalent='nonesuch: gone\n'))
    with pytest.raises(Failure, match=r'equivalent:1: not NAME: argument'):
        mutants.try_all(build_folder(), folder('pmd-hole-forgotten', equivalent='why not\n'))


def test_each_mutant_says_what_it_breaks():
    """A line on top with the function and what is wrong; then one file's diff."""
    for patch in mutants.FOLDER.glob('*.patch'):
        lines = patch.read_text().splitlines()
        assert re.match(r'\w+\(\): \S', lines[0]), patch
        assert lines[1:4] == ['', '--- a/mm/pagewalk.c', '+++ b/mm/pagewalk.c'], patch
