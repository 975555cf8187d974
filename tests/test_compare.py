# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench` end to end: what it writes, and that it finds what is known to be broken."""

import json
from statistics import median

import pytest

from appliance import compare
from appliance.failure import Failure
from appliance.paired import Plan, Session
from appliance.paths import build_folder

LAYOUTS = ('dense', 'hugetlb', 'pfnmap', 'sparse')
WALKS = ('pmd_entry', 'pte_entry', 'pte_hole', 'smaps', 'pagemap')


@pytest.fixture(scope='module')
def bench(appliance, results_folder):
    """The results folder after one short comparison; events that every host can count."""
    plan = Plan(60, 1.0, events=('task-clock', 'page-faults'))
    assert compare.run(build_folder(), ('baseline', 'patched'), plan, 1) == 0
    return results_folder


@pytest.fixture(scope='module')
def result(bench):
    return json.loads((bench / 'latest' / 'result.json').read_text())


def test_the_folder_is_whole(bench):
    folders = [p for p in bench.iterdir() if not p.is_symlink()]
    assert len(folders) == 1
    assert (bench / 'latest').resolve() == folders[0]
    assert {p.name for p in folders[0].iterdir()} == {'result.json', 'report.md', 'records.jsonl'}


def test_every_layout_and_walk_is_compared(result):
    assert {(r['layout'], r['walk']) for r in result['rows']} == {
        (layout, walk) for layout in LAYOUTS for walk in WALKS}
    for row in result['rows']:
        for kernel in ('baseline', 'patched'):
            assert row[kernel]['ns'] > 0
            assert len(row[kernel]['ns_of_boots']) >= 4
            assert row[kernel]['instructions'] > 1000 and row[kernel]['no_instructions'] is None
        assert row['ratio']['low'] <= row['ratio']['value'] <= row['ratio']['high']
        assert 0.8 < row['control']['value'] < 1.25
    # A host that others use, too, can make any row noisy, but not most of them.
    assert median(row['control']['noise'] for row in result['rows']) < 0.2


def test_walking_each_page_costs_more_than_walking_each_table(result):
    """The order of magnitude must be that of page-table walks, not of noise."""
    rows = {(r['layout'], r['walk']): r for r in result['rows']}
    for kernel in ('baseline', 'patched'):
        assert rows['dense', 'pte_entry'][kernel]['ns'] > 20 * rows['dense', 'pmd_entry'][kernel]['ns']


@pytest.mark.parametrize('kernel', ['baseline', 'patched'])
def test_known_faults_are_found(result, kernel):
    """Neither reports PFNMAP VMAs, so pagemap's entries land at the wrong index."""
    truth = {(c['layout'], c['check']): c['broken'] for c in result['checks'] if c['kernel'] == kernel}
    assert truth['pfnmap', 'pagemap'] == 1
    assert truth['dense', 'pagemap'] == 0
    assert truth['dense', 'smaps'] == 0


def test_kernels_are_identified(result):
    assert list(result['kernels']) == ['baseline', 'patched']
    assert len({k['sha256'] for k in result['kernels'].values()}) == 2


def test_a_walk_that_costs_a_third_more_is_slower(result):
    """The baseline's smaps passes over PFNMAP."""
    rows = {(r['layout'], r['walk']): r for r in result['rows']}
    assert rows['pfnmap', 'smaps']['verdict'] == 'slower'
    assert rows['pfnmap', 'smaps']['ratio']['value'] > 1.2


def test_events_of_a_walk(bench, result):
    """The task's clock agrees with the time of a walk; smaps of pfnmap costs a third more."""
    assert result['plan']['events'] == ['task-clock', 'page-faults']
    rows = {(r['layout'], r['walk']): r for r in result['rows']}
    for kernel in ('baseline', 'patched'):
        for row in rows.values():
            assert set(row[kernel]['events']) == {'task-clock', 'page-faults'}
        for walk in ('pte_entry', 'pte_hole'):
            of = rows['dense', walk][kernel]
            assert 0.9 < of['events']['task-clock'] / of['ns'] < 1.3
    a, b = (rows['pfnmap', 'smaps'][kernel]['events']['task-clock']
            for kernel in ('baseline', 'patched'))
    assert b / a > 1.2
    report = (bench / 'latest' / 'report.md').read_text()
    assert '| task-clock a | b | b / a | page-faults a | b | b / a |' in report
    assert f'| {b / a:.3f} |' in report


def test_a_row_that_is_decided_is_measured_no_more(appliance):
    kernels = {name: [appliance.kernels[name]] for name in ('baseline', 'patched')}
    session = Session(appliance, kernels, Plan(10, 1e-6, ('pfnmap:smaps',
                                                            'dense:pte_entry')))
    session.measure(lambda progress: None)
    boots = {layout: {r['boot'] for r in session.records
                      if r['type'] == 'sample' and r['layout'] == layout}
             for layout in ('pfnmap', 'dense')}
    assert session.comparisons['pfnmap', 'smaps'].verdict == 'slower'
    assert len(boots['pfnmap']) < len(boots['dense']) == session.boots


def test_a_kernel_against_itself_is_not_told_apart(appliance):
    """The same program under two names; what the budget is does not matter."""
    kernels = {'a': [appliance.kernels['stock']], 'b': [appliance.kernels['stock']]}
    session = Session(appliance, kernels, Plan(12, 0.01, ('dense:pte_entry',)))
    session.measure(lambda progress: None)
    found = session.comparisons['dense', 'pte_entry']
    assert found.verdict in ('same', 'undecided')
    assert found.ratio.noise() < 0.2


def test_an_unknown_row_is_refused(appliance):
    kernels = {name: [appliance.kernels[name]] for name in ('baseline', 'patched')}
    with pytest.raises(Failure, match='no walk nonsense: there are'):
        Session(appliance, kernels, Plan(6, 0.01, ('dense:nonsense',))).measure(print)


@pytest.mark.parametrize('seconds, left', [(0.01, 55), (15.2, 40), (100, 27.5)])
def test_counting_is_part_of_the_budget(seconds, left):
    assert compare.without_counting(Plan(55, 0.01), seconds) == Plan(left, 0.01)


@pytest.mark.parametrize('arguments, said', [
    (('stock', 'stock'), 'bench compares two kernels'), (('stock',), 'bench compares two kernels'),
    (('--placements=3',), '--placements 3: 1, or 4 and more')])
def test_what_cannot_be_compared_is_refused(umwalk, arguments, said):
    ran = umwalk('bench', *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr and len(ran.stderr.splitlines()) == 1
