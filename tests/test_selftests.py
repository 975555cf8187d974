# SPDX-License-Identifier: GPL-2.0
"""What selftests print is judged case by case, and held against what is expected."""

import pytest

from appliance.commands.selftests import report, tests
from appliance.commands.selftests.observe import FAIL, PASS, SKIP, Fault, Seen, judge
from appliance.commands.selftests.tests import Expected, Selftest
from appliance.failure import Failure

TAP = """\
TAP version 13
1..4
# [RUN] first
ok 1 first - with a child
ok 2 # SKIP second: needs more
not ok 3 third
ok 4 fourth # XFAIL known
# Totals: pass:1 fail:1 xfail:1 xpass:0 skip:1 error:0
"""
TEST = Selftest('mm', 'cow', (), 'root', '0', 512, 'always')
KNOWN = (Expected('skip', 'guest', 'cow', 'second: *', 'no swap'),
         Expected('skip', 'test', 'cow', 'fourth: known', 'as upstream'),
         Expected('fail', 'test', 'cow', 'third', 'it is so'))


def faults(said: str, status: int = 0) -> list[tuple[str, str]]:
    return [(one.result, one.text) for one in judge(said, status, []).faults]


def test_each_case_is_judged():
    seen = judge(TAP, 1, [])
    assert (seen.state, seen.passed) == (FAIL, 1)
    assert seen.faults == (Fault(SKIP, 'second: needs more'), Fault(FAIL, 'third'),
                           Fault(SKIP, 'fourth: known'))


def test_a_plan_is_held_against_the_cases():
    cut = TAP[:TAP.index('not ok 3')]
    assert faults(cut)[-1] == (FAIL, 'the test has the plan 1..4, and its results are 1-2')
    assert faults(TAP.replace('1..4\n', ''))[-1] == (
        FAIL, 'the test has no plan, and its results are 1-4')
    assert faults('TAP version 13\n1..2\n') == [
        (FAIL, 'the test has the plan 1..2, and its results are none')]


def test_an_exit_status_that_no_case_explains_is_a_failure():
    good = 'TAP version 13\n1..1\nok 1 a\n'
    assert faults(good) == []
    assert faults(good + '# huge pages free: 1, were 2\n', 1) == [
        (FAIL, 'exit status 1: # huge pages free: 1, were 2')]
    assert faults('TAP version 13\n1..2\nBail out! no memory\n', 1) == [(FAIL, 'Bail out! no memory')]


def test_a_test_that_prints_no_ktap_is_one_case():
    assert (judge('done\n', 0, []).state, judge('done\n', 0, []).passed) == (PASS, 1)
    assert faults('broken\n', 7) == [(FAIL, 'exit status 7: broken')]
    assert faults('not here\n', 4) == [(SKIP, 'not here')]


@pytest.mark.parametrize('said, status', [
    ('1..0 # SKIP no pages\n', 4), ('TAP version 13\n1..1\nok 1 # SKIP no pages\n', 0),
    ('TAP version 13\n1..9\nok 2 # SKIP no pages\n', 4)])
def test_nothing_that_ran_is_no_pass(said, status):
    seen = judge(said, status, [])
    assert (seen.state, seen.passed, seen.faults) == (SKIP, 0, (Fault(SKIP, 'no pages'),))


def judged(said: str, known=KNOWN) -> list[str]:
    return report.judge({('stock', TEST): judge(said, 0, [])}, known).findings


def test_what_is_expected_is_no_finding():
    assert judged(TAP) == []


def test_what_is_not_expected_is_a_finding():
    assert judged(TAP, KNOWN[:2]) == ['stock: cow: 1 fail: third']
    assert judged(TAP, KNOWN[1:]) == ['stock: cow: 1 skip: second: needs more']


def test_what_was_expected_and_does_not_come_is_a_finding():
    assert judged(TAP.replace('not ok 3', 'ok 3')) == [
        'stock: cow: is expected to fail: third']


def test_counts_of_passed_failed_and_skipped():
    found = report.result(report.judge({('stock', TEST): judge(TAP, 1, [])}, KNOWN))
    assert found['counts'] == {'stock': {'passed': 1, 'failed': 1, 'skipped': 2}}
    assert found['tests']['cow']['stock']['faults'][1] == {
        'result': 'fail', 'text': 'third', 'expected': 'test: it is so'}


def test_a_guest_that_died_is_shown_with_its_stack():
    died = Seen('', [], 0, (Fault(FAIL, 'a boot failed'),), 'a boot failed\n[<6>] f+0x1/0x2')
    shown = report.text(report.judge({('stock', TEST): died}, ()))
    assert '[<6>] f+0x1/0x2' in shown and 'stock: cow: 1 fail: a boot failed' in shown


def test_a_kernel_that_differs_from_stock_is_named():
    seen = {('stock', TEST): judge(TAP, 1, []),
            ('fixed', TEST): judge(TAP.replace('ok 1 first', 'not ok 1 first'), 1, [])}
    assert report.judge(seen, KNOWN).findings == ['fixed: cow: 1 fail: first - with a child']


def test_each_expectation_is_of_a_test_that_there_is():
    assert {one.test for one in tests.expected()} <= {test.name for test in tests.table()}


def test_the_same_test_on_another_kernel_has_another_name_and_expectations(tmp_path):
    (tmp_path / 'list').write_text('always mm root 0 512 cow\nasked mm root 0 512 gup_test -u\n'
                                   'wide mm root 0 512 cow\nthp mm root 0 512 cow\n')
    found = tests.table(tmp_path / 'list')
    assert [(one.name, one.elsewhere) for one in found] == [
        ('cow', ''), ('gup_test -u', ''), ('cow (wide)', 'wide'), ('cow (thp)', 'thp')]
    (tmp_path / 'list').write_text('skip test cow (wide): a leak # known\n')
    assert tests.expected(tmp_path / 'list')[0].test == 'cow (wide)'
    assert {one.when for one in tests.narrow()} == {'always', 'asked'}


def test_huge_pages_of_two_sizes(tmp_path):
    (tmp_path / 'list').write_text('thp mm root 8+4 7168 thuge-gen\nasked mm root 08 512 thuge-gen\n')
    assert [one.huge_pages for one in tests.table(tmp_path / 'list')] == ['8+4', '8']


@pytest.mark.parametrize('pages', ['8+', '+4', '8+4+1', 'all'])
def test_huge_pages_that_are_no_numbers_are_refused(tmp_path, pages):
    (tmp_path / 'list').write_text(f'asked mm root {pages} 512 cow\n')
    with pytest.raises(Failure, match='is no test'):
        tests.table(tmp_path / 'list')


def test_a_line_that_is_no_test_and_one_that_expects_nothing_are_refused(tmp_path):
    (tmp_path / 'list').write_text('sometimes mm root 0 512 cow\n')
    with pytest.raises(Failure, match="list: 'sometimes mm root 0 512 cow' is no test"):
        tests.table(tmp_path / 'list')
    (tmp_path / 'list').write_text('# well\nfail test cow: third\n')
    with pytest.raises(Failure, match='list:2: this has not the form RESULT CAUSE TEST: PATTERN'):
        tests.expected(tmp_path / 'list')
