# SPDX-License-Identifier: GPL-2.0
"""Suites of a night that take minutes: other people's tests, fio, and how costs grow."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from appliance.commands.external.cases import FAIL, PASS, Case
from appliance.commands.external.expected import PLAN
from appliance.commands.external.seen import Seen as OfOthers
from appliance.commands import nightly
from appliance.commands.nightly import canary, measured, observe, suites
from appliance.commands.stress import stress
from appliance.commands.stress.row import Row
from appliance.commands.stress.seen import Seen
from appliance.numbers import fit
from appliance.runs import history
from appliance.runs.night import State

PFNMAP = 'mm_regression/vma_vm_pfnmap'


def test_the_suites_that_a_user_can_name_are_those_that_there_are():
    assert nightly.SUITES == (*suites.SUITES, canary.NAME)


def seen(kernel: str, failed: tuple[str, ...] = (), left_out: int = 0) -> OfOthers:
    """Return a boot in which all ran as planned, but for some cases."""
    found = []
    for test, (ran, skipped) in PLAN.items():
        fails = failed if test == PFNMAP else ()
        found += [Case(test, name, FAIL, ('it says 0',)) for name in fails]
        found += [Case(test, f'case {number}', PASS) for number in range(ran - len(fails))]
        found += [Case(test, f'skipped {number}', 'skip', ('no way',)) for number in range(skipped)]
    return OfOthers(kernel, [], found[left_out:], '', [], '')


@pytest.mark.parametrize('one, bad, expected', [
    (seen('stock'), [], []),
    (seen('stock', ('pagemap',)), [PFNMAP], []),
    (seen('baseline', ('pagemap',)), [], [PFNMAP]),
    (seen('baseline', ('pagemap', 'another')), [PFNMAP], []),
    (seen('stock', left_out=1), [PFNMAP], []),
    (replace(seen('stock'), died='it loops'), ['boot'], []),
    (replace(seen('stock'), splats=['BUG: here']), ['log'], [])])
def test_what_other_peoples_tests_say_is_a_state(one, bad, expected):
    states = observe.of_external(one)
    failed = [state for state in states if state.state == 'fail']
    assert [state.name for state in failed if not state.expected] == bad
    assert [state.name for state in failed if state.expected] == expected
    assert {state.name for state in states} == {*PLAN, 'boot', 'log'}


@pytest.mark.parametrize('row, state, detail', [
    (Row('vmas', 7, 9, notes=['noted']), 'pass', ''),
    (Row('vmas', 7, 9, ['itself: a VMA is missing', 'and more']), 'fail', 'itself: a VMA is missing'),
    (Row('mmap', not_run='it did nothing'), 'fail', 'it did nothing')])
def test_what_a_stressor_has_found_is_a_state(row, state, detail, monkeypatch):
    """The log of one that failed is kept."""
    stock = SimpleNamespace(only=lambda name: name)
    monkeypatch.setattr(stress, 'observe', lambda *_: [(row, Seen(log='a log'))])
    found = observe.Found()
    observe.stressors(SimpleNamespace(kernels=['stock'], appliance=stock), found)
    assert found.states == [State('stock', 'stress', row.stressor, state, False, detail)]
    assert found.files == ({} if state == 'pass' else {f'stock.stress-{row.stressor}.console': 'a log'})


def test_the_slope_of_each_boot():
    n = [1, 10, 100, 1000]
    boots = [[5 + 3 * one for one in n], [9 + 4 * one for one in n]]
    assert fit.slopes(n, boots) == pytest.approx([3, 4])


@pytest.mark.parametrize('after, value', [(1.1, 1.1), (-1, None)])
def test_a_cost_is_a_ratio_unless_noise_has_made_it_negative(after, value):
    n = [1, 10, 100, 1000]
    rows = [{'n': n, 'boots': [[10_000 + each * factor * one for one in n] for each in (30, 31)],
             'each': {'value': 30.5 * factor}} for factor in (1, after)]
    point = measured._cost(*rows)
    assert point.value == (value and pytest.approx(value)) and point.ns == pytest.approx(30.5 * after)


@pytest.mark.long
def test_a_night_with_them(appliance, results_folder, umwalk):
    ran = umwalk('nightly', '--kernel=stock', '--only=external', '--only=stress', '--only=scale',
                 '--only=fio', '--budget=600')
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with history.opened(results_folder) as opened:
        last = opened.nights()[-1].id
        found = {one: opened.points(number)[last] for number, one in opened.series().items()}
        states = opened.states(last)
    assert {one.layout for one in found} > {'scale-vmas', 'scale-holes', 'fio-tmpfs', 'fio-shmhuge'}
    assert all(point.ns is None or point.ns > 0 for one, point in found.items()
               if one.layout.startswith('fio-'))
    ratios = [point for point in found.values() if point.value]
    # The same kernel as the reference: of so many intervals of 95 % a few miss.
    assert sum(point.low > 1.02 or point.high < 0.98 for point in ratios) <= len(ratios) / 5
    assert {one.suite for one in states} == {'external', 'stress', 'fio'}
