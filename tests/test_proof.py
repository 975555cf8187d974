# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-proof`: kernels whose cost is known, trials that are kept."""

import json
import os
import re

import pytest

from appliance import proof
from appliance.failure import Failure
from appliance.paths import build_folder


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setenv('RESULTS', str(tmp_path))
    monkeypatch.setattr(proof, 'BUDGET', 10)
    return tmp_path / 'proof' / 'dense-pte_entry.jsonl'


def test_a_cost_is_what_was_asked_for_and_seen_and_trials_are_kept(results, monkeypatch, capsys):
    conditions = [proof.Condition(0.02, 'none', 1)]
    monkeypatch.setattr(proof, 'CONDITIONS', conditions)
    assert proof.run(build_folder(), 'dense:pte_entry') == 0
    (trial,) = map(json.loads, results.read_text().splitlines())
    assert trial['cost'] == pytest.approx(0.02, abs=0.0002)
    assert trial['verdict'] == 'slower'
    assert trial['ratio']['low'] < trial['ratio']['value'] < 1.05
    conditions.append(proof.Condition(0, 'same', 1))
    assert proof.run(build_folder(), 'dense:pte_entry') == 0
    first, second = map(json.loads, results.read_text().splitlines())
    assert first == trial
    assert second['condition'] == 'A/A, same core loaded' and second['cost'] == 0
    assert second['ratio']['reach'] > 0
    assert re.search(r'^2\.0% +2\.00% +1 / 1 ', capsys.readouterr().out, re.M)
    assert results.with_suffix('.svg').exists() and results.with_suffix('.png').exists()


def test_trials_of_other_kernels_do_not_count(results, monkeypatch):
    monkeypatch.setattr(proof, 'CONDITIONS', [proof.Condition(0, 'none', 1)])
    results.parent.mkdir()
    results.write_text(json.dumps({'condition': 'A/A', 'kernels': ['another']}) + '\n')
    proof.run(build_folder(), 'dense:pte_entry')
    assert len(results.read_text().splitlines()) == 2


def test_half_a_trial_is_named(results):
    results.parent.mkdir()
    results.write_text(json.dumps({'condition': 'A/A', 'kernels': []}) + '\n{"condition": "A/')
    with pytest.raises(Failure, match=r'dense-pte_entry\.jsonl:2: no trial; delete that line'):
        proof._kept(results, {})


def test_a_proof_is_of_one_row(results):
    with pytest.raises(Failure, match='a proof is of one row'):
        proof.run(build_folder(), 'dense')


def test_a_load_keeps_its_core_busy_and_ends():
    before = os.sched_getaffinity(0)
    with proof._load('same'):
        (core,) = os.sched_getaffinity(0)
        assert core == min(before)
    assert os.sched_getaffinity(0) == before
