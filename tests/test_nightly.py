# SPDX-License-Identifier: GPL-2.0
"""`umwalk nightly` with real boots: nights are kept, and an alarm is confirmed before it rings."""

import html
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import nights
import pytest
from appliance.commands.nightly import moved
from appliance.paths import TOP
from appliance.runs import history, night as one_night
from appliance.runs.night import Point, Series

NIGHT = (TOP / 'bench' / 'umwalk', 'nightly', '--kernel=stock', '--only=contract', '--only=bench',
         '--rows', 'dense:pte_entry')
BUDGETS = (15, 60, 240, 960)  # seconds: on a slow host few boots fit in, and too few give no ratio
ROW = Series('6.12', 'stock', 'dense', 'pte_entry')
LINES = 'stock.lines.json'


def night(budget: int) -> None:
    ran = subprocess.run([*NIGHT, f'--budget={budget}'], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def has_ratio(results: Path) -> bool:
    """Whether the last night has measured the row."""
    with history.opened(results) as opened:
        point, = opened.points_of_night(opened.nights()[-1].id).values()
    return point.value is not None


@pytest.fixture(scope='module')
def budget(appliance, results_folder) -> int:
    """Run the first night, with a budget that is enough here; return the budget."""
    for seconds in BUDGETS:
        night(seconds)
        if has_ratio(results_folder):
            break
        for path in (results_folder / 'history.db', *results_folder.glob('2*')):
            (shutil.rmtree if path.is_dir() else Path.unlink)(path)
    return seconds


def test_a_night_is_kept_with_its_kernel(budget, results_folder):
    with history.opened(results_folder) as opened:
        one, = opened.nights()
        series, = opened.series().values()
        point, = opened.points_of_night(one.id).values()
        states = opened.states(one.id)
    assert series == ROW and point.count > 100_000
    assert point.low <= point.value <= point.high
    assert point.low < 1.25 and point.high > 0.8  # the same kernel as the reference
    assert {state.name for state in states if state.state == 'fail' and not state.expected} == set()
    assert {'W1', 'U6', 'boot', 'log'} <= {state.name for state in states}
    folder = results_folder / one.folder
    pinned = (results_folder / 'reference' / 'linux').read_bytes()
    assert (folder / 'kernels' / 'stock' / 'linux').read_bytes() == pinned
    assert all((folder / name).stat().st_size for name in
               ('junit.xml', 'tests.ktap', 'points.csv', 'bench.txt', 'stock.ktap', 'stock.console'))
    assert 'Nothing to do' in (results_folder / 'alerts.md').read_text()
    assert 'umwalk_time_ratio{' in (results_folder / 'umwalk.prom').read_text()


def test_a_step_that_the_kernels_do_not_have_is_not_ours(budget, results_folder):
    """The history says that the walk was faster; its kernel, run again, is the same code."""
    with history.opened(results_folder) as opened:
        real, = opened.nights()
        mark = opened.fingerprints()[real.fingerprint]
        for number in range(12):
            value = 0.8 + number / 10_000 if number < 10 else 1
            made = replace(nights.night(number, [ROW], fingerprint=mark, states=opened.states(real.id)),
                           points={ROW: Point(value, value, value, 1.0, None)})
            opened.add(made, made.name)
        shutil.copytree(results_folder / real.folder, results_folder / nights.night(9).name)
    night(budget)
    with history.opened(results_folder) as opened:
        one, = (move for move in moved.moved(opened) if move.kind == moved.TIME)
        told, = opened.confirmations(opened.nights()[-1].id).values()
    assert one.state == moved.NOT_OURS
    assert told.verdict in ('same code', 'same') and told.against == nights.night(9).name


def test_a_count_that_moved_leads_to_its_line(budget, results_folder, tmp_path, umwalk):
    """The night before spent 300 instructions less on the line that costs most."""
    with history.opened(results_folder) as opened:
        real = opened.nights()[-1].folder
    tonight = one_night.read(results_folder / real)
    kept = json.loads((results_folder / real / LINES).read_text())
    row = kept['rows']['dense:pte_entry']
    assert sum(line[-1] for line in row['lines']) == row['instructions'] == tonight.points[ROW].count
    most = max(row['lines'], key=lambda line: line[-1])
    function, file, text, line, _ = most
    most[-1] -= 300
    row['instructions'] -= 300
    before = nights.night(0, [ROW], fingerprint=tonight.fingerprint,
                          count=lambda *_: row['instructions'])
    with history.opened(tmp_path) as opened:
        for one, lines in ((before, json.dumps(kept)),
                           (tonight, (results_folder / real / LINES).read_text())):
            opened.add(one, one.name)
            (tmp_path / one.name).mkdir()
            (tmp_path / one.name / LINES).write_text(lines)
    assert umwalk('dashboard', RESULTS=str(tmp_path)).returncode == 0
    said = html.unescape(next(tmp_path.glob('dashboard/moved/*-instructions.html')).read_text())
    assert said.count('<h3>') == 1 and f'<h3>{function}: +300 instructions</h3>' in said
    assert f'{file}:{line}</th>' in said and f'<code>{text}</code>' in said
