# SPDX-License-Identifier: GPL-2.0
"""The canary of `umwalk nightly`: a known cost that is put in each week, and must ring."""

import datetime
import json
import os
import random
import subprocess
import sys
from dataclasses import replace

import nights
import pytest
from appliance.commands.nightly import board, canary, moved
from appliance.commands.proof import waste
from appliance.paths import TOP, build_folder
from appliance.render.dashboard import first, values
from appliance.runs import history
from appliance.runs.night import Point, Series, State

ROW = Series('6.12', 'stock', *canary.ROW)
RANG = State('stock', canary.NAME, moved.TIME, 'pass', detail='+0.31 % .. +0.33 %: slower')


def night(number: int, *states: State):
    value = 1 + random.Random(number).gauss(0, 0.0003)
    return replace(nights.night(number, [ROW]), points={ROW: Point(value, value, value, 31_000, 7)},
                   states=states)


@pytest.fixture
def opened(tmp_path):
    with history.opened(tmp_path) as one:
        yield one


def test_it_sings_once_a_week(opened):
    def due(number: int, hours: int = 0) -> bool:
        return canary.due(opened, nights.FIRST + datetime.timedelta(days=number, hours=hours))

    assert due(0)
    opened.add(night(0, RANG), '')
    opened.add(night(1), '')
    assert [due(number) for number in (1, 2, 6, 7, 8)] == [False, False, False, True, True]
    assert due(7, -1)  # a timer is never exact


@pytest.mark.parametrize('before, ratio, rang', [
    (40, 1.003, ['pass']),
    (40, 1.0001, ['fail']),  # this is what it is for
    (20, 1.003, [])])
def test_a_step_is_a_change_point_if_it_would_be_one_in_three_nights(opened, before, ratio, rang):
    for number in range(before):
        opened.add(night(number), '')
    row = {'layout': ROW.layout, 'walk': ROW.walk, 'ratio': {'value': ratio}}
    found = canary._step(build_folder(), opened, night(before), 'stock', row)
    assert [state.state for state in found] == rang
    assert len(opened.nights()) == before  # it was tried on a copy


@pytest.mark.parametrize('more, put_in, state', [(170, 170, 'pass'), (169, 170, 'fail'),
                                                 (0, 0, 'fail')])
def test_instructions_must_be_as_many_as_were_put_in(more, put_in, state):
    row = {canary.NAME: {'instructions': 5000 + more}, 'silent': {'instructions': 5000}}
    assert canary._instructions('stock', row, put_in).state == state


@pytest.mark.parametrize('verdict, value, nops', [
    ('slower', 1.05, waste.ROOM // 10), ('slower', 1.004, None),  # there is no room for as many
    ('same', 1.001, None), ('undecided', 0.9, None)])
def test_nops_are_as_many_as_take_half_a_percent_of_the_time(verdict, value, nops):
    assert canary._nops({'verdict': verdict, 'ratio': {'value': value}}) == nops


@pytest.mark.parametrize('verdict, state', [('slower', 'pass'), ('same', 'fail'),
                                            ('undecided', 'fail'), ('faster', 'fail')])
def test_time_must_be_slower(verdict, state):
    row = {'verdict': verdict, 'ratio': {'low': 1.001, 'high': 1.004}}
    assert canary._time('stock', row).state == state


def test_one_that_rang_is_shown_and_one_that_did_not_is_an_alarm(opened, tmp_path):
    opened.add(night(0, RANG), '')
    opened.add(night(7, replace(RANG, state='fail', detail='-0.1 % .. +0.2 %: same')), '')
    alarm, = moved.moved(opened)
    assert alarm.rings and alarm.name == 'stock canary time'
    shown = board.shown([alarm], opened, tmp_path)
    rang, = (one for one in shown if one.state == values.CANARY)
    assert (rang.what, rang.size, rang.night) == ('stock canary', '+0.50 %', 0)
    assert 'moved' in first.sentence(2, [one for one in shown if one.state == values.OPEN], 0)


@pytest.mark.long
@pytest.mark.parametrize('cost, state', [(canary.COST, 'pass'), (0, 'fail')])
def test_it_rings_on_a_real_kernel_if_something_was_put_in(appliance, tmp_path, cost, state):
    script = (f'import sys; sys.path.insert(0, {str(TOP / "bench")!r})\n'
              'from appliance import cli\nfrom appliance.commands.nightly import canary\n'
              f'canary.COST = {cost}\nsys.exit(cli.main())')
    for budget in (60, 240, 960):  # seconds; on a slow host few boots fit in
        results = tmp_path / str(budget)
        results.mkdir()
        ran = subprocess.run(
            [sys.executable, '-c', script, 'nightly', '--kernel=stock', '--only=canary',
             f'--budget={budget}'], env=os.environ | {'RESULTS': str(results)},
            capture_output=True, text=True, check=False)
        result, = results.glob('2*/result.json')
        states = {one['name']: one['state'] for one in json.loads(result.read_text())['states']}
        if states[moved.TIME] == state:
            break
    assert states == {moved.COUNT: state, moved.TIME: state}, ran.stdout + ran.stderr
    assert ran.returncode == (0 if state == 'pass' else 1)
