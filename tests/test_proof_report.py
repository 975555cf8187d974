# SPDX-License-Identifier: GPL-2.0
"""The report of `umwalk bench-proof` on made-up trials whose answer is known."""

import math
import re

import numpy
import pytest
from scipy import optimize, stats

from appliance.commands.proof import plot, report
from appliance.commands.proof.report import Condition
from appliance.numbers.verdict import Estimate

EQUAL = Condition(0, 'none', 100)
COSTLY = Condition(0.005, 'none', 20)
CONDITIONS = (EQUAL, COSTLY, Condition(0, 'same', 20))
FREEDOM = 17  # degrees of
ERROR = 0.0004  # the standard error that they estimate
TO_DIFFER, TO_HOLD = (stats.t.ppf(1 - rate / 16 / 2, FREEDOM) for rate in (0.01, 0.05))

# A shift is seen where the t of a trial is beyond TO_DIFFER; shifted, that is a noncentral t.
TRUE = ERROR * optimize.brentq(lambda d: stats.nct.sf(TO_DIFFER, FREEDOM, d) - 0.95, 1, 20)


def trials(condition, shift=0.0, count=100, seed=1):
    """Make trials with a single look of 1/16 of the budget, of normally distributed boots."""
    random = numpy.random.default_rng(seed)
    means = random.normal(shift, ERROR, count)
    errors = ERROR * numpy.sqrt(random.chisquare(FREEDOM, count) / FREEDOM)
    return [_trial(condition, mean, error) for mean, error in zip(means, errors)]


def _trial(condition, mean, error):
    found = Estimate(math.exp(mean), math.exp(mean - TO_HOLD * error),
                     math.exp(mean + TO_HOLD * error), TO_DIFFER * error, TO_DIFFER * error,
                     abs(mean) > TO_DIFFER * error)
    return {'condition': condition.name, 'seconds': 7.0, 'cost': condition.cost,
            'verdict': found.verdict(0.0025), 'ratio': vars(found), 'control': {'differs': False}}


def least_seen(**made):
    return report.quantile(report.needed(trials(EQUAL, **made)), 0.95)


def test_what_trials_of_equal_kernels_needed_is_what_95_of_100_see():
    """The noncentral t distribution says so, and so does a trial."""
    assert least_seen(count=100_000).value == pytest.approx(TRUE, rel=0.01)
    seen = sum(t['ratio']['differs'] for t in trials(COSTLY, TRUE, 10_000, seed=2)) / 10_000
    assert seen == pytest.approx(0.95, abs=0.01)


def test_the_interval_of_100_trials_holds_it_in_95_of_100():
    found = [least_seen(seed=seed) for seed in range(1000)]
    assert 0.94 < sum(q.low <= TRUE <= q.high for q in found) / 1000 < 1
    assert numpy.median([q.value for q in found]) == pytest.approx(TRUE, rel=0.03)


def test_a_quantile_by_order_statistics():
    """The binomial says the 90th to the 100th of 1 .. 100."""
    found = report.quantile(range(1, 101), 0.95)
    assert (found.value, found.low, found.high) == (95, 90, 100)
    assert stats.binom.cdf(99, 100, 0.95) - stats.binom.cdf(89, 100, 0.95) >= 0.95


@pytest.mark.parametrize('count, ends', [(71, False), (72, True)])
def test_too_few_trials_have_no_upper_end(count, ends):
    """0.95 to the 72nd is under 2.5 %, so that the largest value is an end."""
    assert math.isfinite(report.quantile(range(count), 0.95).high) == ends


def test_the_summary_says_it_all():
    made = (trials(EQUAL) + trials(COSTLY, 0.0026, 20)
            + trials(CONDITIONS[2], count=20))
    text = report.summary('dense:pte_entry', made, CONDITIONS)
    assert re.search(r'^0\.5% +0\.50% +20 / 20 +83\.2% \.\. 100\.0% +\d+% +0 +0 +1\.002',
                     text, re.M)
    assert 'Equal kernels told apart: 0 of 120, loaded or not; ' \
           '95 % interval 0.0% .. 3.0% of all.' in text
    least, low, high, instructions = (float(number) for number in re.search(
        r'Seen in 95% of runs, at least: a walk that is (\S+)% slower '
        r'\(95 % interval (\S+)% \.\. (\S+)%\), by (\S+)% more such', text).groups())
    assert low < least < high
    assert instructions == pytest.approx(least * 0.5 / 0.26, rel=0.1)


def test_false_alarms_are_counted_and_need_little():
    made = trials(EQUAL, count=98) + trials(EQUAL, -0.01, 1) + trials(EQUAL, 0.01, 1)
    assert [t['verdict'] for t in made[-2:]] == ['faster', 'slower']
    text = report.summary('dense:pte_entry', made, CONDITIONS)
    assert 'told apart: 2 of 100, loaded or not; 95 % interval 0.2% .. 7.0%' in text
    assert report.needed(made)[-1] < 0


def test_few_trials_and_none_are_said():
    text = report.summary('dense:pte_entry', trials(EQUAL, count=20), CONDITIONS)
    assert re.search(r'% slower \(95 % interval \S+% or more\)\.$', text)
    text = report.summary('dense:pte_entry', trials(COSTLY, 0.0026, 3), CONDITIONS)
    assert 'Equal kernels were not tried' in text and 'this needs trials of A/A' in text


def test_a_trial_that_was_never_looked_at_saw_nothing():
    assert report.needed([{'ratio': None}]) == [math.inf]


def test_a_trial_whose_control_differs_sees_nothing():
    (trial,) = trials(EQUAL, count=1)
    assert math.isfinite(report.needed([trial])[0])
    assert report.needed([trial | {'control': {'differs': True}}]) == [math.inf]


def test_the_plot_has_a_panel_for_each_condition_and_is_the_same_each_time():
    made = trials(EQUAL) + trials(COSTLY, 0.0026, 20)
    plots = plot.files('dense-pte_entry', 'dense:pte_entry', made, CONDITIONS)
    assert set(plots) == {'dense-pte_entry.svg', 'dense-pte_entry.png'}
    svg = plots['dense-pte_entry.svg']
    assert svg == plot.files('dense-pte_entry', 'dense:pte_entry', made,
                                   CONDITIONS)['dense-pte_entry.svg']
    assert b'>A/A<' in svg and b'>0.5%<' in svg and b'slower' in svg
    assert len(svg) < 100_000


def test_there_is_no_plot_of_trials_that_compared_nothing():
    made = [trial | {'ratio': None} for trial in trials(EQUAL)]
    assert not plot.files('dense-pte_entry', 'dense:pte_entry', made, CONDITIONS)


def test_interval_of_a_share():
    low, high = report.interval(0, 100)
    assert low == 0 and high == pytest.approx(0.0362, abs=1e-4)


def test_patches_that_change_nothing_are_summed_up():
    apart = {'layout': 'dense', 'walk': 'smaps', 'verdict': 'faster', 'ratio': {'value': 0.9812}}
    same = apart | {'walk': 'pagemap', 'verdict': 'same'}
    undecided = same | {'verdict': 'undecided', 'ratio': None}
    made = [{'condition': 'driver', 'seconds': 50.0, 'rows': [same] * 99 + [undecided]},
            {'condition': 'driver', 'seconds': 60.0, 'rows': [same] * 100},
            {'condition': 'comment', 'seconds': 55.0, 'rows': [same] * 99 + [apart]}]
    text = report.null_summary(made)
    assert re.search(r'^comment +1 +100 +1 +99 +0 +55\.0$', text, re.M)
    assert re.search(r'^driver +2 +200 +0 +199 +1 +55\.0$', text, re.M)
    assert 'comment: dense smaps faster, 0.9812' in text
    assert 'Rows of equal walks told apart: 1 of 300; 95 % interval 0.0% .. 1.8% of all.' in text
