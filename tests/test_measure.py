# SPDX-License-Identifier: GPL-2.0
"""The statistics, against data whose answer is known."""

import numpy
import pytest

from appliance import measure


def sample(kernel, boot, cycles, repeat=1, layout='dense', walk='pte_entry'):
    return {'type': 'sample', 'kernel': kernel, 'boot': boot, 'layout': layout, 'walk': walk,
            'cycles': cycles, 'repeat': repeat, 'pages': 512}


def test_ns_per_walk_is_the_median_of_each_boot():
    records = [{'type': 'host', 'tsc_khz': 2_000_000},  # 2 cycles a ns
               *(sample('a', 0, c, repeat=10) for c in (200, 220, 9000)),
               *(sample('a', 1, c, repeat=10) for c in (400, 400, 400)),
               sample('b', 0, 100)]
    assert measure.ns_per_walk(records) == {('dense', 'pte_entry'): {'a': [11.0, 20.0], 'b': [50.0]}}


def test_pages_are_those_of_the_walk():
    assert measure.pages_of_walks([sample('a', 0, 1)]) == {('dense', 'pte_entry'): 512}


def test_ratio_of_equal_pairs_is_exact():
    assert measure.ratio([1.0, 2.0, 4.0], [2.0, 4.0, 8.0]) == measure.Ratio(
        pytest.approx(2), pytest.approx(2), pytest.approx(2))


def test_ratio_of_one_pair_has_no_interval():
    assert measure.ratio([1.0], [3.0]) == measure.Ratio(pytest.approx(3), None, None)


def test_interval_holds_the_truth_in_95_of_100():
    """8 pairs of boots that differ by 3 % from one another, true ratio 1.01."""
    random = numpy.random.default_rng(1)
    runs = 4000
    held = 0
    for _ in range(runs):
        a = random.lognormal(0, 0.03, 8)
        b = 1.01 * random.lognormal(0, 0.03, 8)
        interval = measure.ratio(list(a), list(b))
        held += interval.low <= 1.01 <= interval.high
    assert 0.94 < held / runs < 0.96


def test_one_broken_boot_breaks_a_check():
    records = [{'type': 'check', 'kernel': 'a', 'layout': 'pfnmap', 'check': 'pagemap',
                'ok': ok, 'detail': detail} for ok, detail in ((True, ''), (False, 'page 7'), (False, 'page 8'))]
    found = measure.checks(records)
    assert found == {('a', 'pfnmap', 'pagemap'): {'held': 1, 'broken': 2, 'detail': 'page 7'}}
    assert measure.truth(found, 'a', 'pfnmap', 'pagemap') == 'broken'
    assert measure.truth(found, 'b', 'pfnmap', 'pagemap') == 'unchecked'
