# SPDX-License-Identifier: GPL-2.0
"""The results of KUnit are read, and what is missing from them is told."""

import pytest

from appliance.logs import ktap

KUNIT = """\
[    0.100000] KTAP version 1
[    0.100000] 1..1
[    0.100000]     KTAP version 1
[    0.100000]     # Subtest: pagewalk
[    0.100000]     1..3
[    0.100000]         KTAP version 1
[    0.100000]         # Subtest: W1_confined
[    0.100000]         ok 1 anon
[    0.100000]     # W1_confined: EXPECTATION FAILED at mm/tests/pagewalk_kunit.c:77
[    0.100000]     Expected end <= 4096, but
[    0.100000]         end == 8192 (0x2000)
[    0.100000]         not ok 2 anon, hole
[    0.100000]     # W1_confined: pass:1 fail:1 skip:0 total:2
[    0.100000]     not ok 1 W1_confined
[    0.100000]     ok 2 W2_ordered
[    0.100000]     ok 3 W12_locked # SKIP needs lockdep
[    0.100000] # pagewalk: pass:1 fail:1 skip:1 total:3
[    0.100000] not ok 1 pagewalk
"""


def test_kunit_results():
    first, second, third = ktap.read(KUNIT, 'pagewalk').results
    assert (first.name, first.ok) == ('W1_confined', False)
    assert first.detail == ('[anon, hole] mm/tests/pagewalk_kunit.c:77: Expected end <= 4096, but '
                            'end == 8192 (0x2000)')
    assert (second.name, second.ok, second.skipped) == ('W2_ordered', True, False)
    assert (third.name, third.skipped, third.detail) == ('W12_locked', True, 'needs lockdep')


def test_a_splat_is_no_part_of_a_failure():
    splat = 'BUG: Bad page map in process x\nCall Trace:\n [<6015c796>] ? print_bad_pte+0x156/0x280\n'
    mixed = KUNIT.replace('[    0.100000]         not ok 2', f'{splat}[    0.100000]         not ok 2')
    assert ktap.read(mixed, 'pagewalk') == ktap.read(KUNIT, 'pagewalk')


def problems(text: str) -> list[str]:
    return ktap.read(text, 'pagewalk').problems


def without(*parts: str) -> str:
    """The log without the lines that have one of these in them."""
    lines = [line for line in KUNIT.splitlines() if not any(part in line for part in parts)]
    assert len(lines) < len(KUNIT.splitlines())
    return '\n'.join(lines)


def up_to(part: str) -> str:
    """The log up to and with a line."""
    assert part in KUNIT
    return KUNIT[:KUNIT.index(part) + len(part)]


def test_a_whole_log_has_no_problem():
    assert problems(KUNIT) == []


def test_a_plan_is_held_against_the_results():
    assert problems(KUNIT.replace('    1..3', '    1..30')) == [
        'KUnit pagewalk has the plan 1..30, and its results are 1-3']


def test_a_result_that_is_missing_is_told():
    assert problems(without('ok 2 W2')) == [
        'KUnit pagewalk has the plan 1..3, and its results are 1, 3']


def test_a_result_that_comes_twice_is_told():
    assert problems(KUNIT.replace('ok 2 W2_ordered', 'ok 1 W2_ordered')) == [
        'KUnit pagewalk has the plan 1..3, and its results are 1, 1, 3']


def test_a_parameter_that_is_missing_is_told():
    assert problems(without('ok 1 anon')) == [
        'KUnit W1_confined has the plan 1..2, and its results are 2']
    assert problems(without('ok 2 anon, hole')) == [
        'KUnit W1_confined has the plan 1..2, and its results are 1']


def test_a_suite_that_is_missing_is_told():
    assert problems(KUNIT.replace('] 1..1', '] 1..2')) == [
        'KUnit has the plan 1..2, and its results are 1']


def test_a_suite_without_a_plan_is_told():
    assert problems(without('1..3', 'total:3')) == [
        'KUnit pagewalk has no plan, and its results are 1-3']


@pytest.mark.parametrize('log', ['', up_to('1..1\n'), KUNIT.replace('pagewalk', 'other')])
def test_a_suite_that_never_ran_is_told(log):
    assert problems(log)[0] == 'KUnit pagewalk never ran'


@pytest.mark.parametrize('last, where', [
    ('ok 1 anon', 'pagewalk, W1_confined, where its results are 1'),
    ('not ok 1 W1_confined', 'pagewalk, where its results are 1'),
    ('Subtest: W1_confined', 'pagewalk, W1_confined, where its results are none'),
    ('ok 3 W12_locked', 'pagewalk, where its results are 1-3')])
def test_a_crash_in_the_middle_is_told(last, where):
    """A splat follows, which is no KTAP."""
    assert problems(up_to(last) + '\n[    0.2] Kernel panic - not syncing: x\n') == [
        f'KUnit broke off in {where}']


def test_a_suite_that_starts_again_in_the_middle_is_told():
    assert problems(up_to('ok 2 W2_ordered\n') + KUNIT) == [
        'KUnit broke off in pagewalk, where its results are 1-2']


def test_text_that_is_lost_in_a_test_is_told():
    """Up to the middle of the next test."""
    other = KUNIT.replace('W1_confined', 'W5_hugetlb').replace('not ok 1', 'not ok 2')
    assert problems(up_to('ok 1 anon\n') + other[other.index('        KTAP'):]) == [
        'KUnit broke off in W1_confined, where its results are 1',
        'KUnit pagewalk has the plan 1..3, and its results are 2, 2-3',
        'KUnit has the plan 1..1, and its results are 2']


def test_a_test_is_no_better_than_its_parameters():
    results = ktap.read(KUNIT.replace('not ok 1 W1', 'ok 1 W1'), 'pagewalk').results
    assert [result.ok for result in results] == [False, True, True]
