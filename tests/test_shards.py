# SPDX-License-Identifier: GPL-2.0
"""Machines that share a work: what each does, and that no hole goes unseen."""

import argparse
import json

import pytest

from appliance.commands.mutants import merge
from appliance.failure import Failure
from appliance.runs import run, shards
from made import latest

NAMES = [f'm{number}' for number in range(7)]
ASKED = {name: f'digest of {name}' for name in NAMES}


def test_each_is_in_one_part():
    parts = [shards.parse(f'{index}/3').of(NAMES) for index in (1, 2, 3)]
    assert parts[0] == ['m0', 'm3', 'm6'] and sorted(sum(parts, [])) == NAMES
    assert shards.WHOLE.of(NAMES) == NAMES


@pytest.mark.parametrize('text', ['', '1', '0/3', '4/3', '1/0', '-1/3', '1/3/5', 'a/b', '1/ 3'])
def test_what_is_no_part(text):
    with pytest.raises(argparse.ArgumentTypeError, match='is not I/N'):
        shards.parse(text)


@pytest.fixture
def parts(tmp_path):
    """Write the results of machines that shared the mutants; returns their folders."""
    def write(of: int = 3, **of_last):
        folders = []
        for index in range(1, of + 1):
            folder = tmp_path / str(index)
            folder.mkdir()
            one = {'format': run.FORMAT, 'kind': 'mutants', 'umwalk': 'v1', 'source': '6.12',
                   'configuration': 'release', 'seconds': 1.0, 'asked': ASKED, 'host': {},
                   'kernels': {'stock': {'patches': ['p'], 'sha256': folder.name}},
                   'mutants': {name: {'rule': 'W3', 'case': '', 'detail': '', 'seconds': 1,
                                      'judge': 'release', 'equivalent': ''}
                               for name in shards.Shard(index, of).of(NAMES)}}
            (folder / 'result.json').write_text(json.dumps(one | (of_last if index == of else {})))
            folders.append(folder)
        return folders
    return write


def test_all_parts_are_one_result(parts, results_folder, capsys):
    assert merge.run(parts()) == 0
    assert '7 mutants: 7 killed, 0 survived' in capsys.readouterr().out
    kept = latest('mutants')
    assert (list(kept['mutants']), kept['seconds']) == (NAMES, 3.0)


def test_a_mutant_that_survived_on_one_machine_fails_the_whole(parts, results_folder, capsys):
    folders = parts()
    path = folders[1] / 'result.json'
    path.write_text(path.read_text().replace('"rule": "W3"', '"rule": ""', 1))
    assert merge.run(folders) == 1
    assert 'SURVIVED without an argument: m1' in capsys.readouterr().out


def test_a_hole_is_refused(parts):
    folders = parts()
    with pytest.raises(Failure, match='a part is missing: nobody has tried m1, nor 1 more of 7'):
        merge.run([folders[0], folders[2]])
    with pytest.raises(Failure, match='3: m2 was in a part before'):
        merge.run([*folders, folders[2]])


@pytest.mark.parametrize('field, value', [
    ('umwalk', 'v2'), ('source', '6.13'), ('configuration', 'debug'), ('asked', {'m0': ''}),
    ('asked', ASKED | {'m6': 'another patch'}),
    ('kernels', {'stock': {'patches': []}})])
def test_parts_of_different_works_are_refused(parts, field, value):
    with pytest.raises(Failure, match=f'/3 is of another work than .*/1: its .*{field}'):
        merge.run(parts(**{field: value}))


@pytest.mark.parametrize('text', ['', '[]', '{}', '{"format": 7, "kind": "mutants"}',
                                  '{"format": 6, "kind": "mutants"}', '{"format": 7, "kind": "bench"}'])
def test_what_is_no_result(tmp_path, text):
    with pytest.raises(Failure, match=f'^{tmp_path}/result.json'):
        merge.run([tmp_path])
    (tmp_path / 'result.json').write_text(text)
    with pytest.raises(Failure, match=f'^{tmp_path}/result.json'):
        merge.run([tmp_path])
