# SPDX-License-Identifier: GPL-2.0
"""Percentiles: none that the samples do not carry."""

import pytest

from appliance.numbers import percentile


@pytest.mark.parametrize('samples, levels', [
    (0, []), (5, []), (6, [50]), (35, [50]), (36, [50, 90]), (367, [50, 90]), (368, [50, 90, 99]),
    (3687, [50, 90, 99]), (3688, [50, 90, 99, 99.9]), (36888, [50, 90, 99, 99.9, 99.99])])
def test_percentiles_that_samples_carry(samples, levels):
    assert percentile.carried(samples) == levels


def test_percentiles_of_samples_and_of_bins():
    samples = [float(i) for i in range(1, 401)]
    assert percentile.of_samples(samples) == {50: 200, 90: 360, 99: 396}
    assert percentile.of_bins({10: 300, 20: 99, 30: 1}) == {50: 10, 90: 20, 99: 20}
