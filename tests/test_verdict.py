# SPDX-License-Identifier: GPL-2.0
"""Sequential verdicts on data whose answer is known."""

import numpy
import pytest

from appliance.numbers.verdict import LOOKS, Looks, estimate

BOOTS = {look: max(4, int(64 * look)) for look in LOOKS}  # at a look, of a run of 64


def run(random, effect: float, spread: float, within: float) -> tuple[str, int]:
    """Look at boots whose ratios differ; return the verdict, and after how many boots."""
    logs = random.normal(effect, spread, 64)
    looks = Looks()
    for look in LOOKS:
        verdict = looks.look(logs[:BOOTS[look]], look).verdict(within)
        if verdict != 'undecided':
            break
    return verdict, BOOTS[look]


@pytest.mark.parametrize('within', [0.0, 0.01])
def test_equal_kernels_are_told_apart_in_less_than_1_of_100_runs(within):
    random = numpy.random.default_rng(1)
    runs = 4000
    wrong = sum(run(random, 0, 0.02, within)[0] in ('faster', 'slower') for _ in range(runs))
    assert wrong / runs < 0.01


def test_a_look_after_each_boot_would_tell_them_apart_far_more_often():
    """The spending prevents this; it is a check of the check above."""
    random = numpy.random.default_rng(1)
    runs = 400
    wrong = 0
    for _ in range(runs):
        logs = random.normal(0, 0.02, 64)
        wrong += any(estimate(logs[:n]).differs for n in range(4, 65))
    assert wrong / runs > 0.05


def test_the_interval_holds_the_truth_whenever_sampling_ends():
    random = numpy.random.default_rng(2)
    runs = 4000
    held = 0
    for _ in range(runs):
        logs = random.normal(0.01, 0.02, 64)
        looks = Looks()
        for look in LOOKS:
            found = looks.look(logs[:BOOTS[look]], look)
            if found.verdict(0.01) != 'undecided':
                break
        held += found.low <= numpy.exp(0.01) <= found.high
    assert held / runs > 0.95


def test_what_never_varies_is_known_to_a_step_of_the_clock():
    """A clock with steps of 0.1 % gives the same number in all boots."""
    same, more = (estimate([log] * 9, step=0.001) for log in (0.0, 0.001))
    assert (same.low, same.high) == pytest.approx((numpy.exp(-0.001), numpy.exp(0.001)))
    assert same.sees == pytest.approx(0.001, rel=0.01) and same.verdict(0.01) == 'same'
    assert not more.differs and estimate([0.003] * 9, step=0.001).differs


def test_a_boot_in_ten_in_another_mode_does_not_count():
    random = numpy.random.default_rng(5)
    logs = random.normal(0, 0.001, 40)
    assert 0.999 < estimate(logs).low < estimate(logs).high < 1.001
    logs[:4] -= 0.2
    assert 0.999 < estimate(logs).low < estimate(logs).high < 1.001


def test_what_is_plain_is_decided_early():
    random = numpy.random.default_rng(3)
    assert run(random, 1.2, 0.02, 0.01) == ('slower', 4)
    assert run(random, -1.2, 0.02, 0.01) == ('faster', 4)


def test_what_is_small_is_decided_late_and_rightly():
    random = numpy.random.default_rng(4)
    verdicts = [run(random, 0.01, 0.01, 0.002) for _ in range(200)]
    assert sum(word == 'slower' for word, _ in verdicts) > 195
    assert max(boots for _, boots in verdicts) > 16


def test_same_and_undecided():
    assert estimate([0.001, -0.001, 0.0005, -0.0005]).verdict(0.01) == 'same'
    assert estimate([0.1, -0.1, 0.05, -0.05]).verdict(0.01) == 'undecided'


def test_too_few_draws_spend_nothing():
    looks = Looks()
    assert looks.look([0.0, 0.1, 0.2], LOOKS[0]) is None
    assert looks.spent == 0
    assert looks.look([0.0, 0.1, 0.2, 0.3], LOOKS[1]).low < 1
    assert looks.spent == LOOKS[1]


@pytest.mark.parametrize('draws, share', [(4, 1 / 4), (8, 1 / 8), (16, 1 / 2), (60, 1 / 16)])
def test_what_same_would_have_seen_is_seen_in_95_of_100_runs(draws, share):
    """Runs of equal kernels are shifted by what each says that it sees."""
    random = numpy.random.default_rng(6)
    runs = 1000
    seen = 0
    for _ in range(runs):
        logs = random.normal(0, 0.01, draws)
        seen += estimate(logs + numpy.log1p(estimate(logs, share).sees), share).differs
    assert seen / runs == pytest.approx(0.95, abs=0.015)


def test_half_of_that_is_mostly_overlooked():
    """So the number is not a bound that is far too large."""
    random = numpy.random.default_rng(7)
    runs = [random.normal(0, 0.01, 16) for _ in range(400)]
    assert sum(estimate(logs + estimate(logs).sees / 2).differs for logs in runs) < 160
