# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench` end to end: what it writes, and that it finds the known faults."""

import json

import pytest

from appliance.boots.records import Sample, of_type
from appliance.commands.bench import compare, session as sessions
from appliance.failure import Failure
from appliance.commands.bench.session import Comparison, Plan, Session
from appliance.paths import build_folder
from made import made


@pytest.fixture(scope='module')
def bench(known, results_folder):
    """The results folder after one comparison; events that every host can count.

    All is decided at the first look, after 15 s or, on a slow host, four boots of each row.
    """
    plan = Plan(240, 1.0, known.rows(()), ('task-clock', 'page-faults'))
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


def test_every_layout_and_walk_is_compared(result, known):
    assert {(r['layout'], r['walk']) for r in result['rows']} == set(known.rows(()))
    for row in result['rows']:
        for kernel in ('baseline', 'patched'):
            assert row[kernel]['ns'] > 0
            assert len(row[kernel]['ns_of_boots']) >= 4
            assert (row[kernel]['instructions'] or 0) > 1000 or row[kernel]['no_instructions']
        for found in (row['ratio'], row['control']):
            assert 0 < found['low'] <= found['value'] <= found['high']
            assert found['sees'] > 0
        assert not row['same_code'] and row['verdict'] != 'same code'


@pytest.mark.parametrize('kernel', ['baseline', 'patched'])
def test_known_faults_are_found(result, kernel):
    """Neither kernel reports PFNMAP VMAs, so pagemap puts entries at the wrong index."""
    truth = {(c['layout'], c['check']): c['failed'] for c in result['checks'] if c['kernel'] == kernel}
    assert truth['pfnmap', 'pagemap'] == 1
    assert truth['dense', 'pagemap'] == 0
    assert truth['dense', 'smaps'] == 0


def test_kernels_are_identified(result):
    assert list(result['kernels']) == ['baseline', 'patched']
    assert len({k['sha256'] for k in result['kernels'].values()}) == 2


def test_events_of_a_walk(bench, result):
    assert result['plan']['events'] == ['task-clock', 'page-faults']
    for row in result['rows']:
        for kernel in ('baseline', 'patched'):
            assert set(row[kernel]['events']) == {'task-clock', 'page-faults'}
    a, b = (result['rows'][0][kernel]['events']['task-clock'] for kernel in ('baseline', 'patched'))
    report = (bench / 'latest' / 'report.md').read_text()
    assert '| task-clock a | b | b / a | page-faults a | b | b / a |' in report
    assert f'| {b / a:.3f} |' in report


def session_of(appliance, names, *arguments, **options):
    return Session(appliance, {name: [appliance.kernels[name]] for name in names}, *arguments,
                   **options)


def test_a_walk_that_costs_a_third_more_is_slower(appliance):
    """The baseline's smaps passes over PFNMAP. The budget grows until there is a verdict."""
    verdict, budget = 'undecided', 8
    while verdict == 'undecided':
        budget *= 2
        session = session_of(appliance, ('baseline', 'patched'),
                             Plan(budget, 1e-6, (('pfnmap', 'smaps'),)))
        session.measure(lambda progress: None)
        verdict = session.comparisons['pfnmap', 'smaps'].verdict
    assert verdict == 'slower'


def test_a_row_that_is_decided_is_measured_no_more(appliance):
    session = session_of(appliance, ('baseline', 'patched'),
                         Plan(1, 0, (('pfnmap', 'smaps'), ('dense', 'pte_entry'))))
    session.comparisons['pfnmap', 'smaps'].decided = True
    session.measure(lambda progress: None)
    assert {(r.layout, r.walk) for r in of_type(Sample, session.records)} == {
        ('dense', 'pte_entry')}


@pytest.mark.parametrize('whole', [False, True])
def test_a_night_measures_each_row_to_the_end(whole):
    plan = Plan(60, 0.0025, whole=whole)
    apart, equal = [0.11, 0.12, 0.13] * 4, [-1e-4, 0.0, 1e-4] * 4
    comparison = Comparison()
    comparison.look(apart, equal, 1 / 2, plan)
    assert (comparison.verdict, comparison.decided) == ('slower', not whole)
    comparison.look([log / 100 + 0.12 for log in equal], equal, 1, plan)
    assert comparison.verdict == 'slower'
    assert (comparison.ratio.low > 1.125) == whole


def test_what_needs_no_timing_takes_no_boot(appliance, known):
    rows = known.rows(('pfnmap', 'dense:smaps'))
    session = session_of(appliance, ('baseline', 'patched'),
                         Plan(60, 0, rows), settled=lambda: rows)
    session.measure(lambda progress: None)
    assert session.boots == 0 and session.records == []


@pytest.mark.parametrize('budget, boots', [(100, 4), (60, 2), (1000, 24)])
def test_a_slow_host_may_take_longer_for_the_first_look(monkeypatch, budget, boots):
    """Boots take 40 s: bench takes those that a look needs, in at most twice the budget."""
    class Slow(Session):
        """Boots that take their time and measure nothing."""
        now = 0

        def _boot(self):
            Slow.now += 40
            self.boots += 1

        def _look(self, budget):
            pass

    monkeypatch.setattr(sessions.time, 'monotonic', lambda: Slow.now)
    session = Slow(None, {'a': [None], 'b': [None]}, Plan(budget, 0.01, (('l', 'w'),)))
    session.measure(lambda progress: None)
    assert session.boots == boots


def test_a_boot_each_in_another_placement():
    """Each boot is a draw until each placement has had one, then each placement is."""
    session = Session(None, {'a': [None] * 4, 'b': [None] * 4}, Plan(1, 0.01))
    session.records = [
        made(Sample, kernel=kernel, boot=boot, layout='l', walk='w', repeat=1,
             cycles=2 ** (boot + 1) if kernel == 'b' else 1, turn=turn)
        for boot in range(6) for turn, kernel in enumerate('abba')]
    of_boots = [0.693147 * (boot + 1) for boot in range(6)]
    found = session.draws('b')['l', 'w']
    assert found == pytest.approx([(of_boots[0] + of_boots[4]) / 2, (of_boots[1] + of_boots[5]) / 2,
                                   of_boots[2], of_boots[3]], rel=1e-5)


def test_boots_that_are_far_off_do_not_move_their_placement():
    """One boot in five of each placement is a third slower in b."""
    session = Session(None, {'a': [None] * 2, 'b': [None] * 2}, Plan(1, 0.01))
    session.records = [
        made(Sample, kernel=kernel, boot=boot, layout='l', walk='w', repeat=1,
             cycles=4000 if kernel == 'b' and boot >= 8 else 3000, turn=turn)
        for boot in range(10) for turn, kernel in enumerate('abba')]
    assert session.draws('b')['l', 'w'] == [0, 0]


def test_an_unknown_row_is_refused(appliance):
    kernels = {name: [appliance.kernels[name]] for name in ('baseline', 'patched')}
    with pytest.raises(Failure, match="no walk 'nonsense': there are"):
        Session(appliance, kernels, Plan(6, 0.01, (('dense', 'nonsense'),))).measure(print)


@pytest.mark.parametrize('arguments, said', [
    (('--kernel=stock', '--kernel=stock'), 'bench compares two kernels'),
    (('--kernel=stock',), 'bench compares two kernels'),
    (('--placements=3',), '--placements 3: an interval over placements needs 4 or more')])
def test_what_cannot_be_compared_is_refused(umwalk, arguments, said):
    ran = umwalk('bench', *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr and len(ran.stderr.splitlines()) == 1
