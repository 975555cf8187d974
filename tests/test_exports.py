# SPDX-License-Identifier: GPL-2.0
"""A night in the formats of other programs, as those read them."""

import csv
import io
import re

import junitparser
import nights
import pytest
from appliance.commands.nightly import alerts, exports, moved
from appliance.runs import history
from appliance.runs.night import State

SERIES = nights.series_of(('stock',))[:2]
STATES = (State('stock', 'contract', 'W1', 'pass'),
          State('stock', 'contract', 'W2', 'fail', False, 'case "a" # 1:\nit <stops>'),
          State('stock', 'contract', 'W3', 'fail', True, 'as ever'),
          State('stock', 'contract', 'W4', 'skip', False, 'no memory'),
          State('fixed', 'selftests', 'x"y\\z', '-'))
NIGHT = nights.night(1, SERIES, states=STATES)


def test_junit_has_each_test_with_its_state():
    suites = junitparser.JUnitXml.fromstring(exports.junit_xml(NIGHT).encode())
    found = {(suite.name, case.name): [type(one).__name__ for one in case.result]
             for suite in suites for case in suite}
    assert found == {('stock.contract', 'W1'): [], ('stock.contract', 'W2'): ['Failure'],
                     ('stock.contract', 'W3'): ['Skipped'], ('stock.contract', 'W4'): ['Skipped'],
                     ('fixed.selftests', 'x"y\\z'): ['Skipped']}


def test_ktap_has_a_plan_and_a_line_for_each_test():
    lines = exports.ktap(STATES).splitlines()
    assert lines[:2] == ['KTAP version 1', '1..5']
    assert [line for line in lines[2:] if not line.startswith('#')] == [
        'ok 1 stock.contract.W1', 'not ok 2 stock.contract.W2', 'ok 3 stock.contract.W3 # XFAIL',
        'ok 4 stock.contract.W4 # SKIP', 'ok 5 fixed.selftests.x"y\\z # SKIP']


def test_csv_has_each_series_once():
    rows = list(csv.DictReader(io.StringIO(exports.points_csv(NIGHT))))
    assert [(row['layout'], row['walk'], float(row['value']), int(row['count'])) for row in rows] == [
        (series.layout, series.walk, point.value, point.count)
        for series, point in NIGHT.points.items()]


def test_benchmarks_have_a_line_for_each_boot():
    row = {'layout': 'dense', 'walk': 'smaps', 'stock': {'ns_of_boots': [31000.04, 31001.5]}}
    lines = exports.samples('stock', [row]).splitlines()
    assert lines == ['BenchmarkWalk/kernel=stock/layout=dense/walk=smaps 1 31000.0 ns/op',
                     'BenchmarkWalk/kernel=stock/layout=dense/walk=smaps 1 31001.5 ns/op']


SAMPLE = re.compile(r'(umwalk_\w+)(?:\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (\S+)')


@pytest.fixture
def metrics(tmp_path) -> str:
    with history.opened(tmp_path) as opened:
        opened.add(NIGHT, '')
        return exports.prometheus(NIGHT, moved.moved(opened))


def test_metrics_are_gauges_without_timestamps(metrics):
    *lines, last = metrics.splitlines()
    assert last == '# EOF' and metrics.endswith('\n')
    declared = None
    for line in lines:
        if line.startswith('# TYPE '):
            declared, kind = line.split()[2:]
            assert kind == 'gauge'
        elif not line.startswith('# HELP '):
            name, value = SAMPLE.fullmatch(line).groups()
            float(value)
            assert name == declared


def test_metrics_say_when_the_night_ended_and_what_moved(metrics):
    lines = metrics.splitlines()
    ended = 1767321000  # 2026-01-02, 02:30 UTC
    assert f'umwalk_last_night_timestamp_seconds {float(ended)}' in lines
    assert 'umwalk_moved{state="confirmed"} 1' in lines and 'umwalk_moved{state="suspect"} 0' in lines
    assert 'umwalk_test_passes{kernel="stock",suite="contract",test="W2"} 0' in lines
    assert 'umwalk_test_passes{kernel="stock",suite="contract",test="W3"} 1' in lines


def test_alerts_name_what_moved_first_and_what_is_late(tmp_path):
    with history.opened(tmp_path) as opened:
        opened.add(NIGHT, '')
        opened.add(nights.night(4, SERIES, states=STATES), '')
        entries = opened.nights()
        moves = moved.moved(opened)
    late = alerts.silence(entries[:1], nights.FIRST.replace(day=5))
    said = alerts.text(moves, entries, late)
    assert 'Please read: 1 thing moved. The last night is 20260105' in said
    assert 'Nights are missing: the one before began 3.0 days earlier.' in said
    assert r'| test | stock contract W2 | 20260102' in said
    assert alerts.silence(entries, nights.FIRST.replace(day=6)) == ''
    assert alerts.text([], []).splitlines()[2].startswith('Nothing to do')
