# SPDX-License-Identifier: GPL-2.0
"""What follows from the trials of `umwalk bench-proof`: which differences are seen, how often.

proof.py makes the trials. All logarithms are those of the ratio.
"""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Sequence

import scipy

from ...numbers import measure
from ...render import table

CONFIDENCE = 0.95
OFTEN = 0.95  # the share of runs that have to see the smallest change
HEADERS = ('cost', 'seen', '95 % interval', 'expected >=', 'same', 'undecided', 'ratio, median',
           'seconds, median')


@dataclass(frozen=True)
class Condition:
    """What all trials of one kind share."""
    cost: float  # share of the walk's instructions
    load: str  # a busy process: 'none', on the 'other' core, on the 'same' core
    trials: int

    @property
    def name(self) -> str:
        """Return A/A or how much is wasted, and the load."""
        what = f'{self.cost:.1%}' if self.cost else 'A/A'
        return what if self.load == 'none' else f'{what}, {self.load} core loaded'


@dataclass(frozen=True)
class Quantile:
    """A quantile with its 95 % interval; an end is infinite if there are too few values."""
    value: float
    low: float
    high: float


def summary(row: str, trials: list[dict], conditions: Sequence[Condition]) -> str:
    """Return a line for each condition, and what follows from all of them."""
    rows = [[row, *HEADERS]]
    for condition in conditions:
        of = named(trials, condition)
        if not of:
            continue
        low, high = interval(seen(of), len(of))
        verdicts = [t['verdict'] for t in of]
        rows.append([condition.name, f"{of[0]['cost']:.2%}", f'{seen(of)} / {len(of):<3}',
                     f'{low:.1%} .. {high:6.1%}', _expected(trials, conditions, condition),
                     str(verdicts.count('same')), str(verdicts.count('undecided')),
                     f'{math.exp(shift(of)):.4f}',
                     f"{measure.middle([t['seconds'] for t in of]):.1f}"])
    return '\n'.join([*table.aligned(rows, (0,)), '', _false_alarms(trials, conditions),
                      _smallest(trials, conditions)])


def null_summary(trials: list[dict]) -> str:
    """Return a line for each patch that changes nothing, and how many rows were told apart."""
    rows = [['patch', 'trials', 'rows', 'told apart', 'same', 'undecided', 'seconds, median']]
    for name in sorted({t['condition'] for t in trials}):
        of = [t for t in trials if t['condition'] == name]
        verdicts = [row['verdict'] for t in of for row in t['rows']]
        rows.append([name, str(len(of)), str(len(verdicts)), str(_apart(verdicts)),
                     str(verdicts.count('same')), str(verdicts.count('undecided')),
                     f"{measure.middle([t['seconds'] for t in of]):.1f}"])
    verdicts = [row['verdict'] for t in trials for row in t['rows']]
    if not verdicts:  # there are more parts than trials
        return 'Nothing was tried.'
    low, high = interval(_apart(verdicts), len(verdicts))
    apart = [f"{t['condition']}: {row['layout']} {row['walk']} {row['verdict']}, "
             f"{row['ratio']['value']:.4f}"
             for t in trials for row in t['rows'] if _apart([row['verdict']])]
    return '\n'.join([*table.aligned(rows, (0,)), '', *apart,
                      f'Rows of equal walks told apart: {_apart(verdicts)} of {len(verdicts)}; '
                      f'95 % interval {low:.1%} .. {high:.1%} of all.'])


def count_verdicts(trials: list[dict]) -> dict[str, dict[str, int]]:
    """Count the verdicts of each condition."""
    return {name: Counter(t['verdict'] for t in trials if t['condition'] == name)
            for name in dict.fromkeys(t['condition'] for t in trials)}


def count_null_verdicts(trials: list[dict]) -> dict[str, dict[str, int]]:
    """Count the verdicts on all rows with each patch."""
    return {name: Counter(row['verdict'] for t in trials if t['condition'] == name
                          for row in t['rows'])
            for name in dict.fromkeys(t['condition'] for t in trials)}


def named(trials: list[dict], condition: Condition) -> list[dict]:
    """Return the trials of a condition."""
    return [t for t in trials if t['condition'] == condition.name]


def seen(trials: list[dict]) -> int:
    """Count the trials that called the kernels different."""
    return _apart([t['verdict'] for t in trials])


def _apart(verdicts: list[str]) -> int:
    return sum(verdict in ('faster', 'slower') for verdict in verdicts)


def shift(trials: list[dict]) -> float:
    """Return by how much the second kernel is slower: ln(second / first), the median of trials."""
    return measure.middle([math.log(t['ratio']['value']) for t in trials if t['ratio']])


def interval(count: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Clopper and Pearson 1934)."""
    found = scipy.stats.binomtest(count, of).proportion_ci(CONFIDENCE, 'exact')
    return float(found.low), float(found.high)


def quantile(values: Sequence[float], share: float) -> Quantile:
    """Estimate a quantile and its interval from order statistics, for any distribution."""
    ordered = [-math.inf, *sorted(values), math.inf]
    below, above = (scipy.stats.binom.ppf(p, len(values), share)
                    for p in ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return Quantile(ordered[math.ceil(share * len(values))], ordered[int(below)],
                    ordered[int(above) + 1])


def needed(equal: list[dict]) -> list[float]:
    """Return, for each trial, how much slower the second of two equal kernels had to be to be seen.

    If it were slower by d, all logarithms of the trial would be d more, and their spread
    would be the same. So it would be seen if value + d is above reach: from d = reach - value
    on. This is at the last look of the trial. Earlier looks may see it, too. If this look
    does not see it, and would not find `same` either, a run goes on to later looks, which
    see less. So this is an upper bound of d. A trial whose control differs sees nothing.
    """
    return [t['ratio']['reach'] - math.log(t['ratio']['value'])
            if t['ratio'] and not t['control']['differs'] else math.inf for t in equal]


def _equal(trials: list[dict], conditions: Sequence[Condition], load: str) -> list[dict]:
    return [t for c in conditions if not c.cost and c.load == load for t in named(trials, c)]


def _expected(trials: list[dict], conditions: Sequence[Condition], condition: Condition) -> str:
    """Return how many trials of equal kernels would at least have seen this difference."""
    equal = needed(_equal(trials, conditions, condition.load))
    if not condition.cost or not equal:
        return ''
    by = shift(named(trials, condition))
    return f'{sum(least < by for least in equal) / len(equal):.0%}'


def _false_alarms(trials: list[dict], conditions: Sequence[Condition]) -> str:
    equal = [t for c in conditions if not c.cost for t in named(trials, c)]
    if not equal:
        return 'Equal kernels were not tried.'
    low, high = interval(seen(equal), len(equal))
    return (f'Equal kernels told apart: {seen(equal)} of {len(equal)}, loaded or not; '
            f'95 % interval {low:.1%} .. {high:.1%} of all.')


def _smallest(trials: list[dict], conditions: Sequence[Condition]) -> str:
    """Return the smallest change that 95 of 100 runs see, from what the A/A trials needed."""
    equal = _equal(trials, conditions, 'none')
    if not equal:
        return f'Seen in {OFTEN:.0%} of runs: this needs trials of A/A.'
    least = quantile(needed(equal), OFTEN)
    span = _percent(least.low)
    span += ' or more' if math.isinf(least.high) else f' .. {_percent(least.high)}'
    return (f'Seen in {OFTEN:.0%} of runs, at least: a walk that is {_percent(least.value)} slower '
            f'(95 % interval {span}){_instructions(least.value, trials, conditions)}.')


def _instructions(least: float, trials: list[dict], conditions: Sequence[Condition]) -> str:
    """Return the instructions that take that time, by the smallest cost that was tried."""
    tried = [t for c in conditions if c.cost and c.load == 'none'
             for t in [named(trials, c)] if t]
    if not tried:
        return ''
    smallest = min(tried, key=lambda of: of[0]['cost'])
    return f", by {_percent(least * smallest[0]['cost'] / shift(smallest))} more such instructions"


def _percent(log: float) -> str:
    return f'{math.expm1(log):.2%}'
