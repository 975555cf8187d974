# SPDX-License-Identifier: GPL-2.0
"""What times and instructions say of a series, and what selftests do."""

from types import SimpleNamespace

import pytest

from appliance.boots.walks import Known
from appliance.commands.selftests.observe import FAIL as FAILED, Fault, Seen
from appliance.commands.selftests.report import Counts
from appliance.commands.selftests.tests import always
from appliance.commands.validate import measured, upstream
from appliance.commands.validate.remembered import Remembered
from appliance.commands.validate.subject import Subject
from appliance.kernels import series
from appliance.kernels.build import Built
from appliance.runs.outcome import (FAIL, FLAKY, MENDED, NEW, ON_BASE, PASS, UNDECIDED, WARN,
                                    Finding)


def row(verdict: str, *, truth: tuple[str, str] = ('pass', 'pass'),
        instructions: tuple[int, int] = (1000, 1000)) -> dict:
    return {'layout': 'dense', 'walk': 'smaps', 'verdict': verdict,
            'ratio': {'value': 1.03, 'low': 1.02, 'high': 1.04},
            **{name: {'truth': truth[i], 'instructions': instructions[i]}
               for i, name in enumerate('ab')}}


def judged(*rows: dict) -> tuple[str, list[str]]:
    outcome = measured.time(list(rows), 'a', 'b')
    return outcome.status, [finding.text for finding in outcome.findings]


def test_a_slower_row_fails_and_says_by_how_much():
    status, said = judged(row('slower', instructions=(1000, 1100)), row('same'))
    assert status == FAIL
    assert said == ['dense:smaps: time +2.0 % .. +4.0 %, +10.0 % instructions']


def test_a_row_that_is_slower_by_less_than_a_percent_warns():
    little = row('slower') | {'ratio': {'value': 1.006, 'low': 1.002, 'high': 1.01}}
    assert judged(little) == (
        WARN, ['dense:smaps: time +0.2 % .. +1.0 %, as many instructions'])


def test_a_row_that_is_slower_accuses_only_if_it_is_so_again():
    first = [row('slower'), row('same') | {'walk': 'pagemap'}]
    for verdict, status, kind in (('slower', FAIL, NEW), ('same', PASS, FLAKY),
                                  ('undecided', PASS, FLAKY), ('faster', PASS, FLAKY)):
        again = row(verdict) | {'ratio': {'value': 1.02, 'low': 1.01, 'high': 1.03}}
        found = measured.confirmed(first, [again])
        assert [one['walk'] for one in found] == ['smaps', 'pagemap']
        outcome = measured.time(found, 'a', 'b')
        assert outcome.status == status
        assert [one.kind for one in outcome.findings] == [kind]
        assert outcome.findings[0].text.startswith('dense:smaps: time +1.0 % .. +3.0 %')


def test_a_time_of_what_is_not_true_accuses_nobody_but_is_no_praise():
    assert judged(row('slower', truth=('fail', 'pass'))) == (PASS, [])
    assert judged(row('faster', truth=('fail', 'fail'))) == (PASS, [])
    assert judged(row('faster', truth=('pass', 'fail'))) == (
        FAIL, ['dense:smaps: faster because wrong'])


def test_an_undecided_time_is_a_question_only_if_the_work_is_more():
    assert judged(row('undecided'))[0] == PASS
    assert judged(row('undecided', instructions=(1000, 900)))[0] == PASS
    assert judged(row('undecided', instructions=(1000, 1100)))[0] == UNDECIDED
    assert judged(row('undecided', instructions=(1000, None)))[0] == UNDECIDED


def test_what_was_undecided_is_what_it_is_when_it_is_measured_again():
    for verdict in ('slower', 'same', 'undecided'):
        assert measured.confirmed([row('undecided')], [row(verdict)])[0]['verdict'] == verdict


def test_another_walk_tells_whether_a_reader_says_the_truth():
    reader = row('slower', truth=('unchecked', 'unchecked')) | {'walk': 'smaps_rollup'}
    for truth, status in ((('pass', 'pass'), FAIL), (('fail', 'pass'), PASS), (('pass', 'fail'), PASS)):
        found = measured.with_truth([row('same', truth=truth), reader], 'a', 'b')
        assert [found[1][name]['truth'] for name in 'ab'] == list(truth)
        assert measured.time(found, 'a', 'b').status == status


def test_the_patch_that_costs_is_named():
    outcome = measured.work([row('same', instructions=(1000, 1100))], 'a', 'b',
                            {('dense', 'smaps'): [1000, 1000, 1100]})
    assert outcome.status == WARN
    assert outcome.findings[0].text == 'dense:smaps: +10.0 % instructions'
    assert outcome.findings[0].details == ('patch 2: 1,000 -> 1,100 (+10.0 %)',)
    assert measured.work([row('same')], 'a', 'b', {}).status == PASS


def test_what_is_not_counted_or_not_true_is_said():
    outcome = measured.work([row('same', instructions=(1000, None))], 'a', 'b', {})
    assert (outcome.status, outcome.summary) == (UNDECIDED, 'more in 0 of 1 rows, 1 not counted')
    outcome = measured.time([row('same', truth=('pass', 'fail'))], 'a', 'b')
    assert outcome.summary == '0 of 1 rows slower, 1 not compared, since not true'


def test_a_reader_is_measured_if_it_changes():
    known = Known(('dense', 'sparse'), ('smaps',), tuple(measured.READERS))
    usual = (('dense', 'smaps'), ('sparse', 'smaps'))
    assert measured.rows_for(known, {'walk_pte_range'}) == usual
    assert measured.rows_for(known, {'__se_sys_mincore'}) == (
        *usual, ('dense', 'mincore'), ('sparse', 'mincore'))
    assert ('dense', 'smaps_rollup') in measured.rows_for(known, {'smaps_account'})


def test_bench_checks_no_reader_and_its_time_counts_all_the_same():
    unchecked = row('slower', truth=('unchecked', 'unchecked'))
    assert judged(unchecked) == (PASS, [])
    assert judged(unchecked | {'walk': 'mincore'})[0] == FAIL
    assert judged(row('slower', truth=('unchecked', 'fail')) | {'walk': 'mincore'}) == (PASS, [])


def test_rows_whose_code_is_the_same_are_counted():
    outcome = measured.time([row('same code'), row('same')], 'a', 'b')
    assert outcome.summary == '0 of 2 rows slower, 1 of the same code'


PASSES, FAILS, SKIPS = Counts(2, 0, 0), Counts(1, 1, 0), Counts(0, 0, 2)


def states(**differing: Counts) -> dict[str, Counts]:
    return dict.fromkeys((test.name for test in always()), PASSES) | differing


def kinds(base: upstream.States, patched: upstream.States) -> tuple[str, list[str]]:
    outcome = upstream.judge(base, patched, 'series')
    return outcome.status, [finding.kind for finding in outcome.findings]


def test_a_selftest_accuses_only_if_it_fails_each_time():
    bad, good = states(mkdirty=FAILS), states()
    assert kinds([good], [good]) == (PASS, [])
    assert kinds([good] * 3, [bad] * 3) == (FAIL, [NEW])
    assert kinds([good] * 3, [bad, good, bad]) == (PASS, [FLAKY])
    assert kinds([bad], [bad]) == (PASS, [ON_BASE])
    assert kinds([bad] * 3, [good] * 3) == (PASS, [MENDED])


def test_a_guest_that_dies_in_the_selftests_is_shown_with_its_stack():
    died = 'a boot failed\n[<6>] f+0x1/0x2'
    outcome = upstream.judge([states()], [states(mkdirty=FAILS)], 'series', [died])
    assert outcome.findings[0] == Finding('a boot failed', NEW, ('[<6>] f+0x1/0x2',))
    once = upstream.judge([states()] * 2, [states(mkdirty=FAILS), states()], 'series', [died])
    assert (once.status, once.findings[0].kind) == (PASS, FLAKY)


def test_a_selftest_that_is_skipped_only_with_the_series_accuses():
    assert kinds([states()] * 3, [states(mkdirty=SKIPS)] * 3) == (FAIL, [NEW])


def test_a_case_that_is_skipped_only_with_the_series_accuses():
    assert kinds([states()] * 3, [states(mkdirty=Counts(1, 0, 1))] * 3) == (FAIL, [NEW])


def test_what_a_base_has_shown_is_remembered_until_a_test_or_the_host_changes(tmp_path, monkeypatch):
    test, other = always()[:2]
    for one in (test, other):
        (tmp_path / one.program).write_text('program')
    programs = {one: tmp_path / one.program for one in (test, other)}
    before = Remembered(Built(None, None, tmp_path, tmp_path / 'linux'), programs)
    assert before.counts() == {}
    before.keep({test.name: FAILS})
    before.keep({other.name: PASSES})
    assert before.counts() == {test.name: FAILS, other.name: PASSES}
    (tmp_path / test.program).write_text('another')
    assert before.counts() == {other.name: PASSES}
    monkeypatch.setattr('platform.release', lambda: 'another')
    assert before.counts() == {}
    before.file.write_text('{"cut sho')
    assert before.counts() == {}


@pytest.fixture
def boots(monkeypatch, tmp_path):
    """Have the selftests run on no kernel; return what ran, and what fails with the series."""
    ran, failing = [], set()
    tests = always()[:3]
    for one in tests:
        (tmp_path / one.program).write_text('program')

    def once(_, __, pairs, ___):
        ran.append([(kernel, test.program) for kernel, test in pairs])
        return {(kernel, test): Seen('', [], 1, (Fault(FAILED, 'no'),) * (
            kernel != 'stock' and test in failing)) for kernel, test in pairs}

    kernels = {name: Built(None, None, tmp_path, tmp_path / name) for name in ('stock', 'series-0')}
    monkeypatch.setattr(upstream.guest, 'ensure', lambda *_: SimpleNamespace(kernels=kernels))
    monkeypatch.setattr(upstream, 'ensure_programs', lambda *_: {
        one: tmp_path / one.program for one in tests})
    monkeypatch.setattr(upstream, 'always', lambda: tests)
    monkeypatch.setattr(upstream, '_once', once)
    return SimpleNamespace(ran=ran, failing=failing, tests=tests)


def test_the_base_runs_only_what_is_not_remembered_and_what_differs(boots, tmp_path):
    subject = Subject(tmp_path, series.kernel('stock'), ())
    names = [one.program for one in boots.tests]
    both = [(kernel, name) for kernel in ('stock', 'series-0') for name in names]
    assert next(upstream.check(subject)).status == PASS
    assert boots.ran == [both]
    boots.failing.add(boots.tests[1])
    outcome = next(upstream.check(subject))
    again = [('stock', names[1]), ('series-0', names[1])]
    assert boots.ran[1:] == [both[3:], again, again]
    assert (outcome.status, [one.kind for one in outcome.findings]) == (FAIL, [NEW])
