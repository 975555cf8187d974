# SPDX-License-Identifier: GPL-2.0
"""The table, from a result whose numbers are known."""

import re

import pytest

from appliance import report

ESTIMATE = {'value': 1.9, 'low': 1.8, 'high': 2.0, 'differs': True, 'noise': 1.0}
CONTROL = {'value': 1.0, 'low': 0.999, 'high': 1.003, 'differs': False, 'noise': 0.003}


@pytest.fixture
def result():
    side = {'ns': 1234567.0, 'ns_per_page': 12.346, 'ns_of_boots': [1.0, 2.0], 'truth': 'held',
            'instructions': 4000, 'no_instructions': None, 'events': {}}
    return {
        'source': '6.12.1', 'started': '2026-01-02T03:04:05+00:00', 'boots': 63, 'seconds': 51.4,
        'host': {'cpu': 'a CPU', 'unfit': []},
        'plan': {'within': 0.01, 'placements': 1, 'events': []}, 'no_events': ['cycles: no PMU'],
        'kernels': {'baseline': {'series': ['platform']}, 'patched': {'series': ['platform', 'v3']}},
        'rows': [{'layout': 'dense', 'walk': 'smaps', 'baseline': side, 'verdict': 'slower',
                  'patched': side | {'ns': 2345678.0, 'truth': 'broken', 'instructions': 4001},
                  'draws': [0.6, 0.7], 'ratio': ESTIMATE, 'control': CONTROL}],
        'checks': [{'kernel': 'patched', 'layout': 'dense', 'check': 'smaps', 'held': 1,
                    'broken': 1, 'detail': 'Rss: 4 kB, expected 8 kB'}],
    }


def test_terminal(result):
    lines = report.terminal(result).splitlines()
    assert lines[0].split() == ['layout', 'walk', 'baseline', 'ns', 'patched', 'ns',
                                'insns', 'ratio', '95', '%', 'interval', 'noise', 'verdict', 'truth']
    assert lines[1].split() == ['dense', 'smaps', '1,234,567', '2,345,678', '1.000', '1.900',
                                '1.800', '..', '2.000', '0.3%', 'slower', 'held', '/', 'broken']
    assert lines[3] == 'patched: dense: smaps broken: Rss: 4 kB, expected 8 kB'
    assert lines[5].startswith('ratio: patched / baseline')
    assert '63 boots of each kernel in turns, 51 s' in lines[-1]


def test_events_have_a_table_of_their_own_or_a_reason(result):
    for said in (report.terminal, report.markdown):
        assert 'Not counted: cycles: no PMU.' in said(result)
    result['plan']['events'] = ['cycles']
    result['rows'][0]['baseline'] = result['rows'][0]['baseline'] | {'events': {'cycles': 5.0}}
    assert '  a  b  b / a' in report.terminal(result)
    assert '| layout | walk | cycles a | b | b / a |' in report.markdown(result)


def test_same_says_within_what(result):
    result['rows'][0]['verdict'] = 'same'
    assert 'same within 1 %' in report.terminal(result)


def test_a_control_that_differs_is_named(result):
    result['rows'][0] |= {'verdict': 'undecided', 'control': CONTROL | {'differs': True}}
    text = report.terminal(result)
    assert 'undecided (control)' in text
    assert 'control: dense smaps: the kernel differs from itself' in text


def test_a_row_that_was_never_looked_at_has_no_interval(result):
    result['rows'][0] |= {'verdict': 'undecided', 'ratio': None, 'control': None}
    assert report.terminal(result).splitlines()[1].split()[-7:-3] == ['-', '-', '-', 'undecided']


def test_an_unfit_host_cannot_be_overlooked(result):
    assert 'UNFIT' not in report.terminal(result) + report.markdown(result)
    result['host']['unfit'] = ['it rained']
    for text in (report.terminal(result), report.markdown(result)):
        assert 'slower (UNFIT HOST)' in text
        assert 'UNFIT HOST: it rained' in text


def test_rows_that_placement_alone_explains_are_named(result):
    result['plan']['placements'] = 4
    result['rows'][0] |= {'draws': [0.05, -0.04, 0.03, 0.0], 'ratio': ESTIMATE | {'value': 1.01}}
    assert 'over 4 placements): dense smaps: 3.9%' in report.terminal(result)
    result['rows'][0]['ratio'] = ESTIMATE
    assert '4 placements; no row is within' in report.terminal(result)


def test_instructions_are_divided_to_three_decimals(result):
    result['rows'][0]['patched']['instructions'] = 8004
    assert report.terminal(result).splitlines()[1].split()[4] == '2.001'


def test_a_walk_that_could_not_be_counted_says_why(result):
    result['rows'][0]['patched'] |= {'instructions': None, 'no_instructions': 'returned -14'}
    lines = report.terminal(result).splitlines()
    assert lines[1].split()[4:6] == ['-', '1.900']
    why = 'patched: dense: smaps not counted: returned -14'
    assert why in lines
    text = report.markdown(result)
    assert f'- {why}' in text and re.search(r'\| 4,000 \| - \|$', text, re.M)


def test_markdown_has_both_counts(result):
    assert re.search(r'\| baseline insns \| patched insns \|$', report.markdown(result), re.M)
    assert re.search(r'\| 4,000 \| 4,001 \|$', report.markdown(result), re.M)


def test_markdown_rows_have_as_many_cells_as_the_header(result):
    table = [line for line in report.markdown(result).splitlines() if line.startswith('|')]
    assert len(table) == 3
    assert len({line.count('|') for line in table}) == 1
