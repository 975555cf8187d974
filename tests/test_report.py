# SPDX-License-Identifier: GPL-2.0
"""The headline and the table of a result whose numbers are known."""

import re

import pytest

from appliance.commands.bench import headline, report
from appliance.render.change import change

ESTIMATE = {'value': 1.5, 'low': 1.4, 'high': 1.6, 'differs': True, 'noise': 0.6, 'sees': 0.2}
SAME = {'value': 1.001, 'low': 0.999, 'high': 1.003, 'differs': False, 'noise': 0.003,
        'sees': 0.004}
CONTROL = SAME | {'value': 1.0}
LONG = 'mm-pagewalk-' + 48 * 'x'  # 60 characters


def side(**fields):
    return {'ns': 1234567.0, 'ns_per_page': 12.346, 'ns_of_boots': [1.0, 2.0], 'truth': 'pass',
            'instructions': 4000, 'no_instructions': None, 'events': {}} | fields


# pylint: disable-next=dangerous-default-value # nobody changes it
def row(layout='dense', walk='smaps', verdict='slower', ratio=ESTIMATE, work=4001, **b):
    return {'layout': layout, 'walk': walk, 'verdict': verdict, 'ratio': ratio, 'same_code': False,
            'control': CONTROL if ratio else None, 'draws': [0.4, 0.45], 'baseline': side(),
            'patched': side(**{'ns': 2345678.0, 'instructions': work} | b)}


@pytest.fixture
def result():
    return {
        'source': '6.12.1', 'started': '2026-01-02T03:04:05+00:00', 'boots': 63, 'seconds': 51.4,
        'host': {'cpu': 'a CPU', 'unfit': []},
        'plan': {'within': 0.01, 'placements': 1, 'events': []}, 'no_events': ['cycles: no PMU'],
        'kernels': {'baseline': {'series': ['platform']}, 'patched': {'series': ['platform', 'v3']}},
        'rows': [row(truth='fail')],
        'checks': [{'kernel': 'patched', 'layout': 'dense', 'check': 'smaps', 'passed': 1,
                    'failed': 1, 'detail': 'Rss: 4 kB, expected 8 kB'}],
    }


def table(result):
    """Return the header, and the cells of each row."""
    lines = report.terminal(result).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith('layout'))
    return lines[first], [re.split(r'  +', line)
                          for line in lines[first + 1:first + 1 + len(result['rows'])]]


def test_terminal(result):
    header, ((*cells,),) = table(result)
    assert header.split() == ['layout', 'walk', 'work', 'time', 'A', 'ns', 'verdict', 'fails']
    assert cells == ['dense', 'smaps', '+0.03 %', '+40.0 % .. +60.0 %', '1,234,567', 'slower', 'B']
    lines = report.terminal(result).splitlines()
    assert 'patched: dense: smaps fails: Rss: 4 kB, expected 8 kB' in lines
    assert 'A: baseline' in lines and 'B: patched' in lines
    assert '63 boots of each kernel in turns, 51 s' in lines[-2]


def test_what_moved_stands_above_the_table(result):
    result['rows'] = [row(), row('pfnmap', 'pmd_entry', work=39000, ratio=ESTIMATE | {'value': 12.3}),
                      row('hugetlb', 'smaps', 'faster', ESTIMATE | {'value': 0.9}, 3000),
                      row('dense', 'pte_entry', 'same', SAME, 4000),
                      row('dense', 'pmd_entry', 'same code', None, 4000)]
    text = headline.text(result).replace('\n  ', ' ')
    assert text == (
        'Instructions: more in 2 (pmd_entry over pfnmap x9.75, smaps over dense '
        '+0.03 %); less in 1 (smaps over hugetlb -25.0 %); the same in 2.\n'
        'Time: 2 slower (pmd_entry over pfnmap x12.3, smaps over dense +50.0 %); 1 faster (smaps '
        'over hugetlb -10.0 %); 1 same; 1 same code.')
    assert report.terminal(result).startswith(headline.text(result))


def test_undecided_is_not_all_that_is_said_of_a_row_whose_work_differs(result):
    result['rows'] = [row(verdict='undecided', work=4444,
                          ratio=ESTIMATE | {'low': 0.958, 'high': 1.163}),
                      row(walk='pagemap', verdict='undecided', work=4000)]
    assert table(result)[1][0][2:6] == ['+11.1 %', '-4.2 % .. +16.3 %', '1,234,567', 'undecided']
    text = headline.text(result)
    assert 'smaps over dense: +11.1 % instructions; time undecided (-4.2 % .. +16.3 %)' in text
    assert 'pagemap over dense:' not in text


def test_many_undecided_rows_do_not_become_a_wall(result):
    result['rows'] = [row(walk=f'walk{i}', verdict='undecided', ratio=None, work=4001 + i)
                      for i in range(9)]
    text = headline.text(result)
    assert text.count('time undecided') == 3 and '... and 6 more undecided rows.' in text
    result['rows'][4:] = []
    assert headline.text(result).endswith('... and 1 more undecided row.')
    assert text.index('walk8 over') < text.index('walk7 over')


def test_long_names_leave_the_table_as_it_is(result):
    before = table(result)
    result['kernels'] = {f'a-{LONG}': {'series': ['platform']}, LONG: {'series': ['platform']}}
    for of in result['rows']:
        of[f'a-{LONG}'], of[LONG] = of.pop('baseline'), of.pop('patched')
    assert table(result) == before
    assert f'B: {LONG}' in report.terminal(result).splitlines()


def test_the_widest_row_fits_into_a_mail(result):
    result['rows'] = [row('hugetlb', 'pmd_entry', 'same', SAME, 3999),
                      row('sparse', 'pte_entry', ratio=ESTIMATE | {'low': 11.9, 'high': 12.7})]
    result['rows'] += [row(layout, 'pagemap', 'slower', ESTIMATE | {'value': 1.01})
                       for layout in ('hugetlb', 'pfnmap', 'sparse', 'dense')]
    result['plan']['placements'], result['host']['cpu'] = 16, 'A CPU of a Long Name'
    result['no_events'] = ['cycles, instructions: ' + 20 * 'no PMU ']
    assert 'standard deviation' in report.terminal(result)
    assert max(map(len, report.terminal(result).splitlines())) <= 100


def test_events_have_a_table_of_their_own_or_a_reason(result):
    for said in (report.terminal, report.markdown):
        assert 'Not counted: cycles: no PMU.' in said(result)
    result['plan']['events'] = ['cycles']
    result['rows'][0]['baseline'] = result['rows'][0]['baseline'] | {'events': {'cycles': 5.0}}
    assert '  a  b  b / a' in report.terminal(result)
    assert '| layout | walk | cycles a | b | b / a |' in report.markdown(result)


def test_same_says_within_what_and_what_would_have_been_seen(result):
    result['rows'][0] |= {'verdict': 'same', 'ratio': SAME}
    assert 'same within 1 % (sees 0.4 %)' in report.terminal(result)
    assert '-0.10 % .. +0.30 %' in report.terminal(result)


def test_the_same_code_needs_no_times(result):
    result['rows'] = [row(verdict='same code', ratio=None, work=4000, ns=None)]
    result['rows'][0]['baseline']['ns'] = None
    result['host']['unfit'] = ['it rained']
    assert table(result)[1] == [['dense', 'smaps', '0', '-', '-', 'same code']]
    assert '1 same code' in headline.text(result)


def test_a_control_that_differs_is_named(result):
    result['rows'][0] |= {'verdict': 'undecided', 'control': CONTROL | {'differs': True}}
    text = report.terminal(result)
    assert 'undecided (control)' in text
    assert 'control: dense smaps: the kernel differs from itself' in text


def test_a_row_that_was_never_looked_at_has_no_interval(result):
    result['rows'][0] |= {'verdict': 'undecided', 'ratio': None, 'control': None}
    assert table(result)[1][0][3:6] == ['-', '1,234,567', 'undecided']


def test_an_unfit_host_cannot_be_overlooked(result):
    assert 'UNFIT' not in report.terminal(result) + report.markdown(result)
    result['host']['unfit'] = ['it rained']
    for text in (report.terminal(result), report.markdown(result)):
        assert 'slower (UNFIT HOST)' in text
        assert 'UNFIT HOST: it rained' in text
        assert text.splitlines().index('Time (UNFIT HOST, see below the table): 1 slower (smaps over '
                                       'dense +50.0 %).') < 5


def test_rows_that_placement_alone_explains_are_named(result):
    assert 'in one order, as built' in report.terminal(result)
    result['plan']['placements'] = 4
    result['rows'][0] |= {'draws': [0.05, -0.04, 0.03, 0.0], 'ratio': ESTIMATE | {'value': 1.01}}
    text = report.terminal(result)
    assert 'each kernel has 4 orders' in text and 'dense smaps: 3.9 %' in text
    result['rows'][0]['ratio'] = ESTIMATE
    assert 'dense smaps: 3.9%' not in report.terminal(result)


@pytest.mark.parametrize('ratio, said', [
    (1, '0'), (1.0000001, '+0.00 %'), (0.998, '-0.20 %'), (1.111, '+11.1 %'), (0.337, '-66.3 %'),
    (1.999, '+99.9 %'), (2, 'x2'), (9.766, 'x9.77'), (123.4, 'x123')])
def test_changes_in_words(ratio, said):
    assert change(ratio) == said


def test_a_walk_that_could_not_be_counted_says_why(result):
    result['rows'][0]['patched'] |= {'instructions': None, 'no_instructions': 'returned -14'}
    assert table(result)[1][0][2:4] == ['-', '+40.0 % .. +60.0 %']
    why = 'patched: dense: smaps not counted: returned -14'
    assert why in report.terminal(result).splitlines()
    assert 'Instructions: not counted in 1.' in headline.text(result)
    assert f'- {why}' in report.markdown(result)


def test_markdown_has_both_counts_and_the_noise(result):
    text = report.markdown(result)
    assert re.search(r'\| A insns \| B insns \| noise \|$', text, re.M)
    assert re.search(r'\| 2,345,678 \| 4,000 \| 4,001 \| 0.3% \|$', text, re.M)


def test_markdown_rows_have_as_many_cells_as_the_header(result):
    lines = [line for line in report.markdown(result).splitlines() if line.startswith('|')]
    assert len(lines) == 3
    assert len({line.count('|') for line in lines}) == 1


def test_walks_not_counted_for_one_reason_share_a_line(result):
    result['rows'] = [row(walk=walk, instructions=None, no_instructions=why)
                      for walk, why in (('smaps', 'late'), ('pagemap', 'late'), ('pte_hole', 'hang'))]
    lines = [line for line in report.terminal(result).splitlines() if 'not counted:' in line]
    assert lines == ['patched: dense: smaps, pagemap not counted: late',
                     'patched: dense: pte_hole not counted: hang']
