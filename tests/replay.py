# SPDX-License-Identifier: GPL-2.0
"""How soon a change of 1 % is found, and how often an alarm is false; run by hand.

replay.py RESULT.json [YEARS]: takes the draws of each row of a `umwalk bench`, makes nights of
as many draws each, drawn from them again, and looks for change points night by night.
"""

import json
import sys
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'bench'))
# pylint: disable=wrong-import-position
from appliance.numbers.changepoint import SEGMENT, changes  # noqa: E402
from appliance.numbers.verdict import TRIMMED  # noqa: E402

YEAR = 365
LOOKED_BACK = 90  # nights; what lies further back is no alarm of tonight
BEFORE = 30  # nights, before the change that is to be found
STEP = 0.01
TRIALS = 100


def nights(draws: list[float], count: int, random: numpy.random.Generator) -> numpy.ndarray:
    """Return the ratios of so many nights, each the trimmed mean of draws."""
    logs = numpy.sort(random.choice(draws, (count, len(draws))), axis=1)
    cut = int(TRIMMED * len(draws))
    return numpy.exp(logs[:, cut:len(draws) - cut].mean(axis=1))


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
    rows = json.loads(Path(sys.argv[1]).read_text(encoding='utf-8'))['rows']
    years = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    random = numpy.random.default_rng(1)
    alarms = 0
    print(f'row{"":20} sd    found of {TRIALS}  false alarms in {years} years')
    for row in rows:
        if not row['draws']:
            continue
        values = nights(row['draws'], years * YEAR, random)
        wrong = false_alarms(values)
        found = 0
        for _ in range(TRIALS):
            trial = nights(row['draws'], BEFORE + SEGMENT, random)
            trial[BEFORE:] *= 1 + STEP
            found += found_after(trial) is not None
        alarms += wrong
        print(f'{row["layout"]}:{row["walk"]:15} {values.std() / values.mean():6.2%} {found:6} '
              f'{wrong:6}', flush=True)
    print(f'{alarms} false alarms in {years} years of {len(rows)} series')


if __name__ == '__main__':
    main()
