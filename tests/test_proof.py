# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-proof`: kernels whose cost is known, trials that are kept."""

import dataclasses
import json
import os
import re
from pathlib import Path

import pytest

from appliance.commands.proof import null, proof
from appliance.kernels import build as builds, series
from appliance.failure import Failure
from appliance.paths import build_folder
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
        return compared(lambda: proof.run(build_folder(), ROW), results,
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
    proof.run(build_folder(), ROW)
    assert len(results.read_text().splitlines()) == 2


def test_half_a_trial_is_named(results):
    results.parent.mkdir()
    results.write_text(json.dumps({'condition': 'A/A', 'kernels': []}) + '\n{"condition": "A/')
    with pytest.raises(Failure, match=r'dense-pte_entry\.jsonl:2: this is no trial; delete the line'):
        proof.kept(results, [])


def test_a_load_keeps_its_core_busy_and_ends():
    before = os.sched_getaffinity(0)
    with proof._load('same'):
        (core,) = os.sched_getaffinity(0)
        assert core == min(before)
    assert os.sched_getaffinity(0) == before


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
        return compared(lambda: null.run(build_folder(), rows), one_patch, lambda budget: (
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
