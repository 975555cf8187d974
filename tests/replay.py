# SPDX-License-Identifier: GPL-2.0
"""How soon a change of 1 % is found, and how often an alarm is false; run by hand.

replay.py RESULT.json [YEARS]: takes the draws of each row of a `umwalk bench`, makes nights of
as many draws each, drawn from them again, and looks for change points night by night.

replay.py RESULTS [YEARS]: takes the real nights of a folder of results, and of each row by how
much the nights of the same sources differ from their mean. The nights that it makes are drawn
from that by a smoothed bootstrap of the same variance (Silverman and Young 1987): of few real
nights an outlier would come again and again, to the last digit.

replay.py RESULTS YEARS changing: takes the intervals of these nights. They have in them what the
places of functions do, which is another thing each night if the kernel changes.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Callable, Iterator

import numpy
import scipy.stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'bench'))
# pylint: disable=wrong-import-position
from appliance.commands.bench.compare import PLACEMENTS  # noqa: E402
from appliance.numbers.changepoint import SEGMENT, changes  # noqa: E402
from appliance.numbers.verdict import LOOKS, TRIMMED, UNCOVERED, trimmed_mean  # noqa: E402
from appliance.runs.history import opened  # noqa: E402

YEAR = 365
LOOKED_BACK = 90  # nights; what lies further back is no alarm of tonight
BEFORE = 30  # nights, before the change that is to be found
STEP = 0.01
TRIALS = 100


Maker = Callable[[int], numpy.ndarray]  # of the ratios of so many nights


def of_draws(draws: list[float], random: numpy.random.Generator) -> Maker:
    """Make each night's ratio the trimmed mean of draws."""
    def made(count: int) -> numpy.ndarray:
        return numpy.exp([trimmed_mean(random.choice(draws, len(draws))) for _ in range(count)])
    return made


def of_bench(path: Path, random: numpy.random.Generator) -> Iterator[tuple[str, Maker]]:
    """Return the rows of a bench that has measured them."""
    for row in json.loads(path.read_text(encoding='utf-8'))['rows']:
        if row['draws']:
            yield f'{row["layout"]}:{row["walk"]}', of_draws(row['draws'], random)


def of_differences(apart: list[float], random: numpy.random.Generator) -> Maker:
    """Draw the logarithm of each night's ratio from those, a little smoothed."""
    width = 0.9 * len(apart) ** -0.2  # of the kernel, in standard deviations

    def made(count: int) -> numpy.ndarray:
        logs = random.choice(apart, count) + random.normal(0, width * numpy.std(apart), count)
        return numpy.exp(logs / (1 + width ** 2) ** 0.5)
    return made


def of_nights(results: Path, random: numpy.random.Generator) -> Iterator[tuple[str, Maker]]:
    """Return the rows of real nights: sources need two nights or more."""
    with opened(results) as history:
        source = {entry.id: entry.source for entry in history.nights()}
        for number, of in history.series().items():
            logs = defaultdict(list)
            for night, point in history.points(number).items():
                if point.value:
                    logs[source[night]].append(numpy.log(point.value))
            apart = [(log - numpy.mean(same)) * (len(same) / (len(same) - 1)) ** 0.5
                     for same in logs.values() if len(same) > 1 for log in same]
            if apart:
                yield f'{of.kernel} {of.layout}:{of.walk}', of_differences(apart, random)


def of_intervals(results: Path, random: numpy.random.Generator) -> Iterator[tuple[str, Maker]]:
    """Return the rows of real nights, which differ as much as their last look may be wrong."""
    kept = PLACEMENTS - 2 * int(TRIMMED * PLACEMENTS)
    reach = scipy.stats.t.ppf(1 - (LOOKS[-1] - LOOKS[-2]) * UNCOVERED / 2, kept - 1)
    with opened(results) as history:
        for number, of in history.series().items():
            widths = [numpy.log(point.high / point.low) / 2
                      for point in history.points(number).values() if point.low]
            if widths:
                error = float(numpy.mean(widths)) / reach
                yield (f'{of.kernel} {of.layout}:{of.walk}',
                       lambda count, error=error: numpy.exp(random.normal(0, error, count)))


def false_alarms(values: numpy.ndarray) -> int:
    """Count the change points that nights add; one that moves by a few nights is one."""
    known: list[int] = []
    for night in range(2 * SEGMENT, len(values) + 1):
        first = max(0, night - LOOKED_BACK)
        known += [first + one.at for one in changes(values[first:night])
                  if all(abs(first + one.at - other) > SEGMENT for other in known)]
    return len(known)


def found_after(values: numpy.ndarray) -> int | None:
    """Return after how many nights of the new level the change is found, SEGMENT at most."""
    return next((more for more in range(1, SEGMENT + 1)
                 if any(abs(one.at - BEFORE) <= 1 for one in changes(values[:BEFORE + more]))), None)


def main() -> None:
    """Print a line for each row, and the sum."""
    path = Path(sys.argv[1])
    years = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    random = numpy.random.default_rng(1)
    of_folder = of_intervals if sys.argv[3:] == ['changing'] else of_nights
    rows = list((of_folder if path.is_dir() else of_bench)(path, random))
    alarms = 0
    print(f'row{"":29} sd    found of {TRIALS}  false alarms in {years} years')
    for row, nights in rows:
        values = nights(years * YEAR)
        wrong = false_alarms(values)
        found = 0
        for _ in range(TRIALS):
            trial = nights(BEFORE + SEGMENT)
            trial[BEFORE:] *= 1 + STEP
            found += found_after(trial) is not None
        alarms += wrong
        print(f'{row:28} {values.std() / values.mean():6.2%} {found:6} {wrong:6}', flush=True)
    print(f'{alarms} false alarms in {years} years of {len(rows)} series')


if __name__ == '__main__':
    main()
