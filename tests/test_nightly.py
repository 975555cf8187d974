# SPDX-License-Identifier: GPL-2.0
"""`umwalk nightly` with real boots: nights are kept, and an alarm is confirmed before it rings."""

import shutil
import subprocess
from dataclasses import replace

import nights
import pytest
from appliance.commands.nightly import moved
from appliance.paths import TOP
from appliance.runs import history
from appliance.runs.night import Point, Series

NIGHT = (TOP / 'bench' / 'umwalk', 'nightly', '--kernel=stock', '--only=contract', '--only=bench',
         '--budget=120', '--rows', 'dense:pte_entry')
ROW = Series('6.12', 'stock', 'dense', 'pte_entry')


def night() -> subprocess.CompletedProcess:
    return subprocess.run(NIGHT, capture_output=True, text=True, check=False)


@pytest.fixture(scope='module')
def first(appliance, results_folder):
    ran = night()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran


def test_a_night_is_kept_with_its_kernel(first, results_folder):
    with history.opened(results_folder) as opened:
        one, = opened.nights()
        series, = opened.series().values()
        point, = opened.points_of_night(one.id).values()
        states = opened.states(one.id)
    assert series == ROW and point.count > 100_000
    assert 0.8 < point.low <= point.value <= point.high < 1.25  # the same kernel as the reference
    assert {state.name for state in states if state.state == 'fail' and not state.expected} == set()
    assert {'W1', 'U6', 'boot', 'log'} <= {state.name for state in states}
    folder = results_folder / one.folder
    pinned = (results_folder / 'reference' / 'linux').read_bytes()
    assert (folder / 'kernels' / 'stock' / 'linux').read_bytes() == pinned
    assert all((folder / name).stat().st_size for name in
               ('junit.xml', 'tests.ktap', 'points.csv', 'bench.txt', 'stock.ktap', 'stock.console'))
    assert 'Nothing to do' in (results_folder / 'alerts.md').read_text()
    assert 'umwalk_time_ratio{' in (results_folder / 'umwalk.prom').read_text()


def test_a_step_that_the_kernels_do_not_have_is_not_ours(first, results_folder):
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
    ran = night()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with history.opened(results_folder) as opened:
        one, = (move for move in moved.moved(opened) if move.kind == moved.TIME)
        told, = opened.confirmations(opened.nights()[-1].id).values()
    assert one.state == moved.NOT_OURS
    assert told.verdict in ('same code', 'same') and told.against == nights.night(9).name
