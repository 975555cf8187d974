# SPDX-License-Identifier: GPL-2.0
"""The table, from a result whose numbers are known."""

import pytest

from appliance import report


@pytest.fixture
def result():
    side = {'ns': 1234567.0, 'ns_per_page': 12.346, 'ns_of_boots': [1.0, 2.0], 'truth': 'held'}
    return {
        'source': '6.12.1', 'started': '2026-01-02T03:04:05+00:00', 'host': {'cpu': 'a CPU'},
        'kernels': {'baseline': {'series': ['platform']}, 'patched': {'series': ['platform', 'v3']}},
        'rows': [{'layout': 'dense', 'walk': 'smaps', 'baseline': side,
                  'patched': side | {'ns': 2345678.0, 'truth': 'broken'},
                  'ratio': {'value': 1.9, 'low': 1.8, 'high': 2.0}}],
        'checks': [{'kernel': 'patched', 'layout': 'dense', 'check': 'smaps', 'held': 1,
                    'broken': 1, 'detail': 'Rss: 4 kB, expected 8 kB'}],
    }


def test_terminal(result):
    lines = report.terminal(result).splitlines()
    assert lines[0].split() == ['layout', 'walk', 'baseline', 'ns', 'patched', 'ns', 'ns/page',
                                'ratio', '95', '%', 'interval', 'truth']
    assert lines[1].split() == ['dense', 'smaps', '1,234,567', '2,345,678', '12.3', '1.900',
                                '1.800', '..', '2.000', 'held', '/', 'broken']
    assert lines[3] == 'patched: dense: smaps broken: Rss: 4 kB, expected 8 kB'
    assert lines[5].startswith('ratio: patched / baseline')
    assert '2 boots of each kernel' in lines[-1]


def test_markdown_rows_have_as_many_cells_as_the_header(result):
    table = [line for line in report.markdown(result).splitlines() if line.startswith('|')]
    assert len(table) == 3
    assert len({line.count('|') for line in table}) == 1


def test_a_single_boot_has_no_interval(result):
    result['rows'][0]['ratio'] |= {'low': None, 'high': None}
    assert ' - ' in report.terminal(result).splitlines()[1]
