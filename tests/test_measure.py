# SPDX-License-Identifier: GPL-2.0
"""Numbers from records whose answer is known."""

import math
from dataclasses import replace

import numpy
import pytest

from appliance.boots.records import Boot, Check, Host, Sample, Turns
from appliance.numbers import measure
from made import made

ROW = ('dense', 'pte_entry')


def sample(kernel, boot, cycles, repeat=1, turn=0, mean=None):
    return made(Sample, kernel=kernel, boot=boot, layout=ROW[0], walk=ROW[1], cycles=cycles,
                mean=mean or cycles, repeat=repeat, pages=512, turn=turn)


def rounds(boot, *times):
    """Make a boot of a and b in the order a b b a; times has the cycles of both in each round."""
    return [sample(kernel, boot, cycles, turn=4 * number + turn)
            for number, (a, b) in enumerate(times)
            for turn, (kernel, cycles) in enumerate((('a', a), ('b', b), ('b', b), ('a', a)))]


def test_ns_per_walk_is_the_median_of_each_boot():
    records = [Host(2_000_000, 'a CPU'),  # 2 cycles a ns
               *(sample('a', 0, c, repeat=10) for c in (200, 220, 9000)),
               *(sample('a', 1, c, repeat=10) for c in (400, 400, 400)),
               sample('b', 0, 100)]
    assert measure.ns_per_walk(records) == {ROW: {'a': [11.0, 20.0], 'b': [50.0]}}


def test_pages_are_those_of_the_walk():
    assert measure.pages_of_walks([sample('a', 0, 1)]) == {ROW: 512}


def test_ratios_are_of_the_same_round():
    """The host is ten times slower in the second round, for both kernels alike."""
    found = measure.log_ratios(rounds(0, (100, 120), (1000, 1200)), 'a', 'b')
    assert found == {ROW: {0: pytest.approx(math.log(1.2))}}


def test_even_drift_cancels_out():
    """Each turn of a b b a takes 1 % longer than the one before."""
    drift = [1.01 ** turn for turn in range(4)]
    records = [sample(kernel, 0, 1000 * slower, turn=turn)
               for turn, (kernel, slower) in enumerate(zip('abba', drift))]
    assert measure.log_ratios(records, 'a', 'b')[ROW][0] == pytest.approx(0, abs=1e-12)


def test_one_round_that_went_wrong_does_not_count():
    times = [(100, 110)] * 7 + [(100, 900)]
    assert measure.log_ratios(rounds(3, *times), 'a', 'b')[ROW][3] == pytest.approx(math.log(1.1))


def test_half_a_round_is_left_out():
    records = rounds(0, (100, 110), (100, 110))[:-1]
    records[-1] = replace(records[-1], cycles=5000)
    assert measure.log_ratios(records, 'a', 'b')[ROW][0] == pytest.approx(math.log(1.1))


def test_the_step_of_the_clock_is_a_fraction_of_the_time():
    records = [sample('a', 0, 260), sample('b', 0, 286), sample('a', 1, 2600)]
    assert measure.clock_steps(records) == {ROW: 26 / 260}
    assert measure.clock_steps([*records, sample('b', 1, 2601)]) == {ROW: 1 / 260}
    assert not measure.clock_steps([])


def test_cpu_seconds_are_of_all_boots():
    """Two guests at once take as long as the later one."""
    records = [made(Turns, cpu_ns=5e8), made(Turns, cpu_ns=1e9),
               *(made(Boot, boot=boot, wall_ns=took)
                 for boot, took in ((0, 1e9), (0, 1.2e9), (1, 2e9), (1, 1e9)))]
    assert measure.cpu_seconds(records) == (pytest.approx(1.5), pytest.approx(3.2))


def speeds(times, of_a_only=False):
    """Make boots of three guests, each as slow as times says."""
    return [Host(1, 'a CPU'),
            *(sample(kernel, boot, 100 if of_a_only and kernel != 'a' else time)
              for boot, time in enumerate(times) for kernel in ('a', 'b', 'a.again'))]


def test_speed_range():
    """Half of the boots have four fifths of the speed; a single boot is far off."""
    times = [100] * 10 + [120] * 10 + [500]
    assert measure.speed_range(speeds(times)) == pytest.approx(0.2)


def test_one_guest_that_is_slower_is_no_speed_of_the_cpu():
    assert measure.speed_range(speeds([100] * 16 + [120] * 4, of_a_only=True)) < 0.01


def test_longest_pause():
    """Each boot has less to do; one takes 3 s longer than the one before."""
    records = [made(Boot, kernel=kernel, boot=boot, wall_ns=(took + late) * 1e9)
               for boot, took in enumerate((4, 2, 1, 4, 0.5))
               for kernel, late in (('a', 0), ('b', 0.1))]
    assert measure.longest_pause(records) == pytest.approx(3)
    assert measure.longest_pause(records[:2]) == 0


def test_a_check_fails_that_fails_in_one_boot():
    records = [made(Check, kernel='a', layout='pfnmap', check='pagemap', ok=ok, detail=detail)
               for ok, detail in ((True, ''), (False, 'page 7'), (False, 'page 8'))]
    found = measure.checks(records)
    assert found == {('a', 'pfnmap', 'pagemap'): {'passed': 1, 'failed': 2, 'detail': 'page 7'}}
    assert measure.truth(found, 'a', 'pfnmap', 'pagemap') == 'fail'
    assert measure.truth(found, 'b', 'pfnmap', 'pagemap') == 'unchecked'
    assert numpy.isclose(measure.middle([1, 2, 30]), 2)
