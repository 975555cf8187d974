# SPDX-License-Identifier: GPL-2.0
"""Fit a straight line through measurements, and tell whether it is straight.

A measurement is a table with a row for each boot and a column for each N. The error of a
time is in proportion to it, so all fits weigh relative errors alike: 50 ns count as much
as 5 ms. Boots are the independent draws: each has its own line, and intervals come from
the spread of these lines, by Student's t.

Whether a line fits is asked of the means over boots: do they leave the line by
more than boots differ among themselves, and by how much at most? With enough boots every
curve is significant, so a line is called straight if the means leave it by at most 5 %.
"""

import math
from dataclasses import dataclass
from typing import Sequence

import numpy
import scipy

TOLERANCE = 0.05  # a mean that is further from the line than this is not on it
UNSEEN = 0.10  # a deviation that may be larger than this, unseen: undecided
SIGNIFICANCE = 0.01  # of the test against the spread of boots
CONFIDENCE = 0.95
EXACT = 1e-12  # rounding may make this of an error of 0
EXPONENTS = (0.02, 3.0)  # the range in which a power is searched


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval; low and high are None with a single boot."""
    value: float
    low: float | None
    high: float | None

    @property
    def reach(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


@dataclass(frozen=True)
class Curve:
    """The curve that fits measurements that are on no straight line.

    kind is 'power' (fixed + b * N ** exponent) or 'bend' (each thing costs
    below up to N = at, and above from there on). left is the largest relative
    deviation of a mean from it.
    """
    kind: str
    left: float
    exponent: Interval | None = None
    at: float | None = None
    below: Interval | None = None
    above: Interval | None = None


@dataclass(frozen=True)
class Fit:
    """The line fixed + each * N, and how well it fits.

    verdict: 'flat' (N does not matter), 'straight', 'not straight' or
    'undecided' (too noisy to tell). deviation is the largest relative deviation of a mean
    from the line, or from a constant if it is 'flat'; it is at most deviation_high, 95 %
    sure. p is the probability of such a deviation by chance, None if nothing is random.
    """
    fixed: Interval
    each: Interval
    verdict: str
    deviation: float
    deviation_high: float
    p: float | None
    curve: Curve | None


def fit(n: list[float], boots: list[list[float]]) -> Fit:
    """Fit measurements: a row of boots for each boot, in the order of n.

    A single boot is taken to be exact, as a count of instructions is.
    """
    x = numpy.array(n, float)
    y = numpy.array(boots, float)
    if y.ndim != 2 or y.shape[1] != len(x) or len(x) < 4:
        raise ValueError(f'{y.shape} measurements of {len(x)} points, wanted 4 points or more')
    fixed, each = _solve(_columns(x), y)
    against_line = _deviation(y, numpy.outer(fixed, numpy.ones_like(x)) + numpy.outer(each, x))
    verdict, curve, told = _judge(against_line), None, against_line
    flat = _deviation(y, _solve(numpy.ones((len(x), 1)), y).T * numpy.ones_like(x))
    if flat.high <= TOLERANCE:
        verdict, told = 'flat', flat
    elif verdict == 'not straight':
        curve = _describe(x, y)
    return Fit(interval(fixed), interval(each), verdict, told.most, told.high, told.p, curve)


def slopes(n: list[float], boots: list[list[float]]) -> list[float]:
    """Return the slope of each boot's own line."""
    return list(map(float, _solve(_columns(numpy.array(n, float)), numpy.array(boots, float))[1]))


def interval(values: Sequence[float]) -> Interval:
    """Return the mean of independent values with Student's t interval."""
    middle = float(numpy.mean(values))
    if len(values) < 2:
        return Interval(middle, None, None)
    error = float(numpy.std(values, ddof=1)) / math.sqrt(len(values))
    reach = float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * error
    return Interval(middle, middle - reach, middle + reach)


def ratio(a: Sequence[float], b: Sequence[float]) -> Interval:
    """Return b / a of paired values above 0, with the interval of the logarithms."""
    logs = interval(numpy.log(numpy.divide(b, a)))
    return Interval(math.exp(logs.value),
                    *(None if end is None else math.exp(end) for end in (logs.low, logs.high)))


def _columns(*parts: numpy.ndarray) -> numpy.ndarray:
    return numpy.column_stack([numpy.ones_like(parts[0]), *parts])


def _solve(columns: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
    """Solve weighted least squares for each boot; return a row of results for each column."""
    weight = 1 / y.mean(axis=0)
    scale = numpy.abs(columns).max(axis=0)  # columns of 1 and of 1e6 do not mix well
    found = numpy.linalg.lstsq(columns / scale * weight[:, None], (y * weight).T, rcond=None)[0]
    return found / scale[:, None]


@dataclass(frozen=True)
class _Deviation:
    most: float  # the largest, relative, of the means over boots
    high: float  # its upper bound
    p: float | None


def _deviation(y: numpy.ndarray, fitted: numpy.ndarray) -> _Deviation:
    """Return how far means over boots are from what was fitted to each boot.

    All points are tested at once (Bonferroni), each against the spread of its own boots:
    errors within a boot are not independent, since a disturbance of the host lasts longer
    than a point.
    """
    weight = 1 / y.mean(axis=0)
    left = (y - fitted) * weight
    means = numpy.abs(left.mean(axis=0))
    most = float(means.max())
    boots, points = y.shape
    if boots < 2:
        return _Deviation(most, most, None)
    errors = left.std(axis=0, ddof=1) / math.sqrt(boots) + EXACT
    p = float(min(1, points * 2 * scipy.stats.t.sf(means / errors, boots - 1).min()))
    reach = scipy.stats.t.ppf(1 - (1 - CONFIDENCE) / 2 / points, boots - 1)
    return _Deviation(most, float((means + reach * errors).max()), p)


def _judge(deviation: _Deviation) -> str:
    significant = deviation.p is None or deviation.p < SIGNIFICANCE
    if significant and deviation.most > TOLERANCE:
        return 'not straight'
    return 'straight' if deviation.high <= UNSEEN else 'undecided'


def _describe(x: numpy.ndarray, y: numpy.ndarray) -> Curve:
    """Fit a power and a bend; return the one with the lower BIC, for a bend has one more parameter."""
    power, power_squares = _power(x, y)
    if len(x) < 6:
        return power
    bend, bend_squares = _bend(x, y)
    gain = len(x) * (math.log(power_squares + 1e-30) - math.log(bend_squares + 1e-30))
    return bend if gain > math.log(len(x)) else power


def _power(x: numpy.ndarray, y: numpy.ndarray) -> tuple[Curve, float]:
    middle = y.mean(axis=0)[None, :]
    best = _exponent(x, middle)
    spread = interval([_exponent(x, row[None, :]) for row in y])
    exponent = Interval(best, *(None if end is None else end + best - spread.value
                                for end in (spread.low, spread.high)))
    columns = _columns(x ** best)
    return Curve('power', _left(columns, middle), exponent=exponent), _squares(columns, middle)


def _exponent(x: numpy.ndarray, y: numpy.ndarray) -> float:
    return float(scipy.optimize.minimize_scalar(
        lambda p: _squares(_columns(x ** p), y), bounds=EXPONENTS, method='bounded',
        options={'xatol': 1e-4}).x)


def _bend(x: numpy.ndarray, y: numpy.ndarray) -> tuple[Curve, float]:
    """Fit two lines that meet at a point, with two points or more on each side."""
    middle = y.mean(axis=0)[None, :]

    def columns(at: float) -> numpy.ndarray:
        return _columns(numpy.minimum(x, at), numpy.maximum(x - at, 0))

    at = float(min(x[2:-2], key=lambda k: _squares(columns(k), middle)))
    _, below, above = _solve(columns(at), y)
    return Curve('bend', _left(columns(at), middle), at=at, below=interval(below),
                 above=interval(above)), _squares(columns(at), middle)


def _squares(columns: numpy.ndarray, y: numpy.ndarray) -> float:
    return float(((y - (columns @ _solve(columns, y)).T) ** 2 / y.mean(axis=0) ** 2).sum())


def _left(columns: numpy.ndarray, middle: numpy.ndarray) -> float:
    """The largest relative deviation of the means over boots."""
    return float(numpy.abs((columns @ _solve(columns, middle)).T / middle - 1).max())
