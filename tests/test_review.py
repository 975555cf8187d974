# SPDX-License-Identifier: GPL-2.0
"""The commits of a series as `b4 review` lays them out: others below, and its own on top."""

import json
import subprocess

import pytest

from appliance.commands.validate import review
from appliance.failure import Failure
from appliance.kernels.intake import reading


@pytest.fixture
def repository(tmp_path):
    def git(*words: str) -> str:
        return subprocess.run(['git', '-C', tmp_path / 'linux', '-c', 'user.name=A',
                               '-c', 'user.email=a@b', *words], text=True, capture_output=True,
                              check=True).stdout.strip()

    (tmp_path / 'linux').mkdir()
    git('init', '-q', '-b', 'b4/review/20260101-walk-v1')
    commits = []
    for title in ('base', 'needed by the series', 'mm: one', 'mm: two'):
        (tmp_path / 'linux' / 'file').write_text(f'{title}\n')
        git('add', 'file')
        git('commit', '-q', '-m', title)
        commits.append(git('rev-parse', 'HEAD'))
    git('commit', '-q', '--allow-empty', '-m', 'what b4 keeps')
    return tmp_path / 'linux', commits


def tracking(tmp_path, monkeypatch, content: str) -> None:
    (tmp_path / 'tracking.json').write_text(content)
    monkeypatch.setenv('B4_TRACKING_FILE', str(tmp_path / 'tracking.json'))


def test_the_patches_are_those_of_the_series(repository, tmp_path, monkeypatch):
    folder, commits = repository
    tracking(tmp_path, monkeypatch, json.dumps({'series': {
        'first-patch-commit': commits[2], 'change-id': '20260101-walk-v1'}}))
    (tmp_path / 'patches').mkdir()
    assert review.commits() == f'{commits[2]}~1..b4/review/20260101-walk-v1~1'
    series = reading.read_commits(folder, review.commits(), tmp_path / 'patches')
    assert [patch.subject for patch in series.patches] == ['mm: one', 'mm: two']
    assert series.base_commit == commits[1]


@pytest.mark.parametrize('content, said', [
    ('{', 'tracking.json. is no tracking file'), ('[]', 'is no tracking file'),
    ('{}', "'series' is missing"), ('{"series": {}}', "'first-patch-commit' is missing")])
def test_what_is_no_tracking_file_is_said(tmp_path, monkeypatch, content, said):
    tracking(tmp_path, monkeypatch, content)
    with pytest.raises(Failure, match=said):
        review.commits()


def test_without_b4(monkeypatch):
    monkeypatch.delenv('B4_TRACKING_FILE', raising=False)
    with pytest.raises(Failure, match="^'B4_TRACKING_FILE' is missing: check the series out"):
        review.commits()
