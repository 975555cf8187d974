# SPDX-License-Identifier: GPL-2.0
"""Mutants go through the real pipeline: patch, kernel, boot, verdict."""

import re
import shutil

import pytest

from appliance.commands.mutants import mutants
from appliance.failure import Failure
from appliance.paths import build_folder
from appliance.runs.shards import Shard
from made import latest


@pytest.fixture
def folder(tmp_path):
    """Make a folder with some of our mutants."""
    def fill(*names: str, equivalent: str = ''):
        for name in names:
            shutil.copy(mutants.FOLDER / f'{name}.patch', tmp_path)
        (tmp_path / mutants.EQUIVALENT).write_text(equivalent)
        return tmp_path
    return fill


def verdicts(text: str) -> dict[str, str]:
    """Map each name to what is printed about it, without the time."""
    return dict(re.findall(r'^(\S+) +((?:killed|SURVIVED).*), [0-9.]+ s$', text, re.M))


def test_one_that_is_killed_though_argued_equivalent(appliance, umwalk, folder):
    path = folder('pmd-hole-forgotten', equivalent='pmd-hole-forgotten: who needs holes\n')
    stock = appliance.kernels['stock'].program.stat()
    ran = umwalk('mutants', f'--patches={path}', '--config=release')
    assert verdicts(ran.stdout)['pmd-hole-forgotten'].startswith('killed by ')
    assert '1 mutants: 1 killed, 0 survived' in ran.stdout
    assert 'argued equivalent, but killed: pmd-hole-forgotten\n' in ran.stdout
    assert ran.returncode == 1, ran.stderr
    one, = latest('mutants')['mutants'].values()
    assert one['rule'] and one['equivalent'] == 'who needs holes'
    # The normal kernels are as they were.
    assert appliance.kernels['stock'].program.stat() == stock
    assert 'building' not in umwalk('build', '--kernel=stock').stderr


def test_a_part_that_has_none(appliance, folder, results_folder):
    """There are more machines than mutants."""
    assert mutants.try_all(build_folder(), folder('pmd-hole-forgotten'), shard=Shard(2, 2)) == 0
    kept = latest('mutants')
    assert (list(kept['asked']), kept['mutants']) == (['pmd-hole-forgotten'], {})


@pytest.mark.long
def test_one_that_loops_and_one_that_survives(appliance, umwalk, folder):
    path = folder('pmd-hole-not-recognised', 'pmd-split-forgotten',
                  equivalent='pmd-split-forgotten: no transparent huge pages\n')
    ran = umwalk('mutants', f'--patches={path}', '--config=release')
    assert verdicts(ran.stdout) == {'pmd-hole-not-recognised': 'killed by hang',
                                    'pmd-split-forgotten': 'SURVIVED; argued equivalent'}
    assert '2 mutants: 1 killed, 1 survived, 1 of them argued equivalent' in ran.stdout
    assert ran.returncode == 0, ran.stderr
    assert latest('mutants')['mutants']['pmd-split-forgotten'] | {'seconds': 0, 'judge': ''} == {
        'rule': '', 'case': '', 'detail': '', 'seconds': 0, 'judge': '',
        'equivalent': 'no transparent huge pages'}


@pytest.mark.parametrize('argument, rule, status, said', [
    ('', 'W3', 0, ''), ('none can tell', '', 0, ''),
    ('', '', 1, 'SURVIVED without an argument: m\n'),
    ('none can tell', 'W3', 1, 'argued equivalent, but killed: m\n')])
def test_all_are_killed_or_argued_equivalent(capsys, argument, rule, status, said):
    mutant = mutants.Mutant('m', None, argument)
    assert mutants.summary([mutant], {'m': mutants.Verdict(rule)}) == status
    assert capsys.readouterr().out.partition('equivalent\n')[2] == said


def test_a_patch_that_does_not_apply_is_named(appliance, umwalk, folder):
    path = folder()
    text = (mutants.FOLDER / 'pmd-hole-forgotten.patch').read_text()
    (path / 'stale.patch').write_text(text.replace('pmd_none', 'pmd_absent'))
    ran = umwalk('mutants', f'--patches={path}', '--config=release')
    assert 'stock itself' not in ran.stderr, 'it was not said at once'
    assert re.search(r'stale.*hunk 1 does not apply to mm/pagewalk\.c', ran.stderr)
    assert ran.returncode == 2


def test_names_that_are_none(folder):
    with pytest.raises(Failure, match='has no nonesuch.patch'):
        mutants.try_all(build_folder(), folder('pmd-hole-forgotten'), ['nonesuch'])
    with pytest.raises(Failure, match='has no nonesuch.patch'):
        mutants.try_all(build_folder(), folder('pmd-hole-forgotten', equivalent='nonesuch: gone\n'))
    with pytest.raises(Failure, match=r'equivalent:1: .* is not NAME: ARGUMENT'):
        mutants.try_all(build_folder(), folder('pmd-hole-forgotten', equivalent='why not\n'))


def test_each_mutant_says_what_it_breaks():
    """The first line has the function and the fault; then comes the diff of one file."""
    for patch in mutants.FOLDER.glob('*.patch'):
        lines = patch.read_text().splitlines()
        assert re.match(r'\w+\(\): \S', lines[0]), patch
        assert lines[1:4] == ['', '--- a/mm/pagewalk.c', '+++ b/mm/pagewalk.c'], patch
