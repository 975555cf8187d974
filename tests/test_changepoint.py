# SPDX-License-Identifier: GPL-2.0
"""Change points: found where a series has one, and nowhere else."""

import random
import statistics

import numpy
import pytest
import scipy.stats
from appliance.numbers.changepoint import SEGMENT, WINDOW, changes, p_of

NOISE = 0.0015


def noisy(levels, seed=1, noise=NOISE) -> list[float]:
    made = random.Random(seed)
    return [level * (1 + made.gauss(0, noise)) for level in levels]


def places(values) -> list[int]:
    return [change.at for change in changes(values)]


def test_a_step_is_found_where_it_is():
    found, = changes(noisy([1] * 30 + [1.01] * 20))
    assert found.at == 30
    assert found.before == pytest.approx(1, abs=1e-3)
    assert found.after == pytest.approx(1.01, abs=1e-3)


def test_each_of_several_steps_is_found():
    assert places(noisy([1] * 15 + [1.02] * 15 + [0.99] * 15 + [1.03] * 15)) == [15, 30, 45]


def test_a_step_is_found_with_its_third_night():
    values = noisy([1] * 30 + [1.01] * SEGMENT)
    assert places(values) == [30] and places(values[:31]) == []


@pytest.mark.parametrize('height', [1.01, 1.5, 100])
def test_one_spike_is_no_change_point(height):
    assert places(noisy([1] * 20 + [height] + [1] * 20)) == []
    assert places(noisy([1] * 20 + [height])) == []


def test_a_series_that_does_not_move_has_none():
    assert places(noisy([1] * 400)) == []


def test_values_that_are_all_equal():
    """Of a walk that is the same code as the reference's, or of a count."""
    assert places([1.0] * 50) == []
    assert places([7.0] * 10 + [8.0] * 10) == [10]


@pytest.mark.parametrize('turned', [False, True])
def test_noise_after_values_that_are_all_equal_is_no_change(turned):
    """They have no variance, which would make anything far."""
    noise = noisy([1] * 5, noise=0.003)
    values = [1.0] * 40 + noise
    assert places(values[::-1] if turned else values) == []
    assert places([1.0] * 40 + noisy([1.1] * 8)) == [40]


@pytest.mark.parametrize('values', [[], [1.0], [1.0, 2.0], [1.0] * 3 + [2.0] * 2])
def test_too_few_values_have_none(values):
    assert places(values) == []


def test_a_change_far_behind_stays_where_it_is():
    """Whatever nights come after."""
    values = noisy([1] * 40 + [1.02] * 400)
    assert {tuple(places(values[:end])) for end in range(60, len(values), 20)} == {(40,)}


def test_a_change_is_found_in_each_part_of_a_long_series():
    for at in range(WINDOW // 4, 4 * WINDOW, WINDOW // 4):
        assert places(noisy([1] * at + [1.02] * (4 * WINDOW + 20 - at))) == [at]


def test_p_is_that_of_student():
    a, b = (numpy.array(noisy([level] * n, seed)) for level, n, seed in ((1, 30, 1), (1.001, 5, 2)))
    assert p_of(a, b) == pytest.approx(scipy.stats.ttest_ind(a, b).pvalue)


def test_the_candidate_is_where_the_energy_distance_is_largest():
    """Computed as the paper has it, without sums of sums."""
    def energy(a, b) -> float:
        def mean(one, other):
            return statistics.fmean(abs(x - y) for x in one for y in other)
        within = sum(abs(x - y) for x in a for y in a) / (len(a) * (len(a) - 1)) \
            + sum(abs(x - y) for x in b for y in b) / (len(b) * (len(b) - 1))
        return (2 * mean(a, b) - within) * len(a) * len(b) / (len(a) + len(b))

    for seed in range(20):
        values = noisy([1] * 12 + [1.003] * 9, seed)
        energies = {at: energy(values[:at], values[at:])
                    for at in range(SEGMENT, len(values) - SEGMENT + 1)}
        best = max(energies, key=energies.get)
        found = changes(values, strict=1)
        assert not found or best in [change.at for change in found]
