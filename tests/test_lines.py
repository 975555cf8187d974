# SPDX-License-Identifier: GPL-2.0
"""Functions and lines of a count that moved, from what two nights have kept."""

import json

import nights
import pytest
from appliance.commands.nightly import lines
from appliance.runs import history

SERIES, = nights.series_of(('stock',), walks=(('dense', 'smaps'),))
FILE = 'stock.lines.json'
WALK = ['walk_pte_range', 'mm/pagewalk.c', 'err = ops->pte_entry(pte);', 34, 500]
READER = ['smaps_pte_entry', 'fs/proc/task_mmu.c', 'page = vm_normal_page(vma);', 700, 400]


def of(*found: list) -> str:
    return json.dumps({'of': 'x', 'rows': {'dense:smaps': {
        'instructions': sum(line[-1] for line in found), 'lines': found}}})


@pytest.fixture
def explained(tmp_path):
    """Explain a change of the last of three nights, each of which has kept this text, or none."""
    def explain(*kept: str | None, before: int = 900, after: int = 950) -> list[dict]:
        made = [nights.night(number, [SERIES]) for number in range(3)]
        with history.opened(tmp_path) as opened:
            for night, text in zip(made, kept):
                opened.add(night, night.name)
                (tmp_path / night.name).mkdir()
                if text is not None:
                    (tmp_path / night.name / FILE).write_text(text)
            entries = opened.nights()
        return lines.moved(tmp_path, entries, entries[-1], SERIES, (before, after))
    return explain


def test_a_line_is_known_by_its_text(explained):
    """It is further down now, and the number is that of the night that moved."""
    found = explained(of(), of(WALK, READER), of([*WALK[:3], 44, 550], [*READER[:3], 710, 400]))
    assert found == [{'function': 'walk_pte_range', 'instructions': 50, 'lines': [
        {'instructions': 50, 'file': 'mm/pagewalk.c', 'line': 44, 'text': WALK[2]}]}]


def test_a_night_that_has_kept_nothing_is_passed_over(explained):
    found = explained(of(WALK, READER), None, of([*WALK[:4], 550], READER))
    assert [one['function'] for one in found] == ['walk_pte_range']


@pytest.mark.parametrize('text', [
    None, '', '{', '[]', '{"rows": 3}', of(WALK, READER),
    '{"rows": {"dense:smaps": {"instructions": 950, "lines": [1]}}}'])
def test_what_does_not_come_to_the_count_explains_nothing(explained, text):
    assert explained(of(), of(WALK, READER), text) == []


def test_what_the_last_night_counted_is_taken_if_nothing_has_changed(tmp_path):
    (tmp_path / FILE).write_text(of(WALK))
    assert lines._of_last(tmp_path / FILE, 'x') == of(WALK)
    assert lines._of_last(tmp_path / FILE, 'xy') is None
    assert lines._of_last(tmp_path / FILE, '') is None
    assert lines._of_last(tmp_path / 'none', 'x') is None
