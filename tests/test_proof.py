# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-proof`: kernels whose cost is known, trials that are kept."""

import dataclasses
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.commands.proof import null, proof, trials
from appliance.kernels import build as builds, series
from appliance.failure import Failure
from appliance.paths import build_folder
from appliance.runs import run, shards
from appliance.runs.shards import WHOLE
from made import latest
from runner_fixtures import HANGS

ROW = ('dense', 'pte_entry')


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setenv('RESULTS', str(tmp_path))
    monkeypatch.setattr(proof, 'BUDGET', 10)
    return tmp_path / 'proof' / 'dense-pte_entry.jsonl'


def compared(run, path: Path, give) -> list[dict]:
    """Run with a budget that grows until all trials have compared something; returns them."""
    kept = path.read_text() if path.exists() else ''
    for budget in (8, 60, HANGS):
        give(budget)
        assert run() == 0
        trials = [json.loads(line) for line in path.read_text().splitlines()]
        if all(row['ratio'] for trial in trials for row in trial.get('rows', [trial])):
            return trials
        path.write_text(kept)
    raise AssertionError('no time to compare anything')


@pytest.mark.long
def test_a_cost_is_what_was_asked_for_and_trials_are_kept(appliance, results, monkeypatch, capsys):
    conditions = [proof.Condition(0.02, 'none', 1)]
    monkeypatch.setattr(proof, 'CONDITIONS', conditions)

    def run() -> list[dict]:
        return compared(lambda: proof.run(build_folder(), ROW, WHOLE), results,
                        lambda budget: monkeypatch.setattr(proof, 'BUDGET', budget))

    (trial,) = run()
    assert trial['cost'] == pytest.approx(0.02, abs=0.0002)
    assert trial['ratio']['low'] < trial['ratio']['value'] < trial['ratio']['high']
    conditions.append(proof.Condition(0, 'same', 1))
    first, second = run()
    assert first == trial
    assert second['condition'] == 'A/A, same core loaded' and second['cost'] == 0
    assert second['ratio']['reach'] > 0
    seen = int(trial['verdict'] in ('faster', 'slower'))
    assert re.search(rf'^2\.0% +2\.00% +{seen} / 1 ', capsys.readouterr().out, re.M)
    stored = latest('bench-proof')
    assert (stored['row'], stored['trials']) == ('dense:pte_entry', {
        '2.0%': {first['verdict']: 1}, 'A/A, same core loaded': {second['verdict']: 1}})
    assert results.with_suffix('.svg').exists() and results.with_suffix('.png').exists()


@pytest.mark.long
def test_trials_of_other_kernels_do_not_count(appliance, results, monkeypatch):
    monkeypatch.setattr(proof, 'CONDITIONS', [proof.Condition(0, 'none', 1)])
    results.parent.mkdir()
    results.write_text(json.dumps({'condition': 'A/A', 'kernels': ['another']}) + '\n')
    proof.run(build_folder(), ROW, WHOLE)
    assert len(results.read_text().splitlines()) == 2


def test_half_a_trial_is_named(results):
    results.parent.mkdir()
    results.write_text(json.dumps({'condition': 'A/A', 'kernels': []}) + '\n{"condition": "A/')
    with pytest.raises(Failure, match=r'dense-pte_entry\.jsonl:2: this is no trial; delete the line'):
        trials.kept(results, [])


def test_a_load_keeps_its_core_busy_and_ends():
    before = os.sched_getaffinity(0)
    with proof._load('same'):
        (core,) = os.sched_getaffinity(0)
        assert core == min(before)
    assert os.sched_getaffinity(0) == before


def trial(condition: str, kernel: str = '') -> dict:
    """Return a trial that saw nothing."""
    ratio = {'value': 1.0005, 'low': 0.999, 'high': 1.001, 'reach': 0.002, 'differs': False}
    return {'condition': condition, 'seconds': 7.0, 'cost': 0.005, 'verdict': 'same', 'ratio': ratio,
            'control': ratio, 'kernels': [kernel]}


def test_each_part_makes_its_own_trials_and_goes_on_where_it_was_stopped(tmp_path):
    """Both parts use one file, as they do if one machine does one after the other."""
    program = tmp_path / 'linux'
    program.write_bytes(b'a kernel')
    kernel = SimpleNamespace(program=program)
    plan = {name: name.upper() for name in 'abcde'}
    file = tmp_path / 'proof' / 'row.jsonl'
    made = []

    def tried(shard: str, at_most: int = 9) -> list[str]:
        def make(what: str, shown: str) -> dict:
            if len(made) == at_most:
                raise RuntimeError
            made.append(shown)
            return trial(what, trials.digest(kernel))

        found = trials.part(file, [kernel], plan, shards.parse(shard), make)
        assert all(one['condition'] == plan[name] for name, one in found.items())
        return list(found)

    with pytest.raises(RuntimeError):
        tried('1/2', 2)
    assert tried('1/2') == ['a', 'c', 'e'] and tried('2/2') == ['b', 'd']
    assert tried('1/1') == list('abcde')
    assert made == ['a (1 of 3)', 'c (2 of 3)', 'e (3 of 3)', 'b (1 of 2)', 'd (2 of 2)']


@pytest.fixture
def parts(results, tmp_path, monkeypatch):
    """Write what three machines have found; returns their folders."""
    conditions = (proof.Condition(0, 'none', 4), proof.Condition(0.005, 'none', 3))
    monkeypatch.setattr(proof, 'CONDITIONS', conditions)

    def write(kind: str, found, plan: dict, **of_last) -> list[Path]:
        folders = []
        for index in (1, 2, 3):
            mine = {name: plan[name] for name in shards.Shard(index, 3).of(list(plan))}
            one = {'format': run.FORMAT, 'kind': kind, 'umwalk': 'v1', 'source': '6.12', 'kernels': {},
                   'configuration': 'release', 'seconds': 1.0, 'host': {'cpu': 'Model T'},
                   **found(list(plan), mine)[0], **(of_last if index == 3 else {})}
            folder = tmp_path / f'part-{index}'
            folder.mkdir(exist_ok=True)
            (folder / 'result.json').write_text(json.dumps(one))
            folders.append(folder)
        return folders
    return write


def of_proof(parts, **of_last) -> list[Path]:
    plan = {name: trial(condition.name) for name, condition in proof._plan(ROW).items()}
    return parts('bench-proof', lambda *found: proof._found(ROW, *found), plan, **of_last)


def test_trials_of_several_machines_are_one_proof(parts, capsys):
    assert proof.merge(of_proof(parts)) == 0
    assert re.search(r'^0\.5% +0\.50% +0 / 3 ', capsys.readouterr().out, re.M)
    kept = latest('bench-proof')
    assert kept['trials'] == {'A/A': {'same': 4}, '0.5%': {'same': 3}} and kept['seconds'] == 3
    assert list(kept['tried']) == kept['asked'] == list(proof._plan(ROW))


def test_a_proof_with_a_hole_or_of_two_hosts_is_refused(parts):
    folders = of_proof(parts)
    with pytest.raises(Failure, match='dense:pte_entry, 0.5%: trial 1, nor 1 more of 7$'):
        proof.merge([folders[0], folders[2]])
    with pytest.raises(Failure, match='0.5%: trial 2 was in a part before'):
        proof.merge([*folders, folders[0]])
    with pytest.raises(Failure, match="of another work .*: its 'asked' differs"):
        proof.merge(of_proof(parts, asked=list(proof._plan(('dense', 'smaps')))))
    with pytest.raises(Failure, match='/part-3 is of another CPU .*: Model A, not Model T'):
        proof.merge(of_proof(parts, host={'cpu': 'Model A'}))


def test_patches_that_change_nothing_on_several_machines(parts, capsys):
    plan = {f'{name}: trial {number}': trial(name) | {'rows': [
        {'layout': 'dense', 'walk': 'smaps', 'verdict': 'same'}]}
        for name in ('driver', 'comment') for number in (1, 2)}
    folders = parts('bench-proof-null', null._found, plan)
    assert null.merge(folders) == 0
    assert re.search(r'^driver +2 +2 +0 +2 ', capsys.readouterr().out, re.M)
    assert latest('bench-proof-null')['trials'] == {'driver': {'same': 2}, 'comment': {'same': 2}}
    with pytest.raises(Failure, match='nobody has tried driver: trial 2, nor 0 more of 4'):
        null.merge([folders[0], folders[2]])
    assert null._found(list(plan), {})[1] == {'report.txt': 'Nothing was tried.\n'}


@pytest.fixture
def one_patch(results, tmp_path, monkeypatch):
    """Take two trials of the driver alone, with one row and a few seconds each."""
    folder = tmp_path / 'null'
    folder.mkdir()
    (folder / 'driver.patch').write_text((null.FOLDER / 'driver.patch').read_text())
    monkeypatch.setattr(null, 'FOLDER', folder)
    monkeypatch.setattr(null, 'TRIALS', 1)
    return results.with_name('null.jsonl')


@pytest.mark.long
def test_patches_that_change_nothing_are_timed_and_kept(appliance, one_patch, monkeypatch, capsys):
    rows = (('dense', 'pmd_entry'), ('dense', 'pagemap'))

    def run() -> list[dict]:
        return compared(lambda: null.run(build_folder(), rows, WHOLE), one_patch, lambda budget: (
            monkeypatch.setattr(null, 'PLAN', dataclasses.replace(null.PLAN, budget=budget))))

    (trial,) = run()
    assert trial['condition'] == 'driver'
    assert tuple((r['layout'], r['walk']) for r in trial['rows']) == rows
    assert trial['boots'] >= 4
    monkeypatch.setattr(null, 'TRIALS', 2)
    first, second = run()
    assert first == trial and second['kernels'] == trial['kernels']
    assert sum(latest('bench-proof-null')['trials']['driver'].values()) == 4
    assert re.search(r'^driver +2 +4 ', capsys.readouterr().out, re.M)


def test_there_are_ten_patches_that_change_nothing_and_each_applies(appliance):
    """git tells whether they apply; the proof builds them."""
    patches = sorted(null.FOLDER.glob('*.patch'))
    assert len(patches) >= 10
    for patch in patches:
        builds.check_applies(build_folder(), series.kernel('stock').plus(patch.stem, patch))
