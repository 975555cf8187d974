# SPDX-License-Identifier: GPL-2.0
"""Do our change points lie where R's strucchange puts them? Run by hand; it needs Rscript.

strucchange.py [SERIES]: makes so many series (200) with none to three steps, of 2 to 12
standard deviations, and compares. breakpoints() of strucchange (Zeileis and others 2002, Bai and
Perron 2003) finds the places of any number of steps that fit best by least squares, and which
number the BIC prefers. Debian has it in r-cran-strucchange.
"""

import collections
import random
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'bench'))
# pylint: disable=wrong-import-position
from appliance.numbers.changepoint import SEGMENT, changes  # noqa: E402

NOISE = 0.0015  # of a night
# Reads a line of the number of steps and the values for each series, writes the places of as many
# steps, and the number of steps by the BIC. R counts from 1, and names the last value before a step.
SCRIPT = '''
suppressMessages(library(strucchange))
for (line in readLines(file("stdin"))) {
    x <- as.numeric(strsplit(line, " ")[[1]])
    y <- x[-1]
    found <- breakpoints(y ~ 1, h = 3)
    at <- if (x[1] > 0) breakpoints(found, breaks = x[1])$breakpoints else c()
    best <- breakpoints(found)$breakpoints
    cat(if (all(is.na(best))) 0 else length(best), at, "\\n")
}
'''


def series(made: random.Random) -> tuple[list[float], list[int]]:
    """Return values, and where they step."""
    levels: list[float] = []
    at = []
    level = 1.0
    for segment in range(made.randint(1, 4)):
        if segment:
            at.append(len(levels))
            level += made.choice((-1, 1)) * made.uniform(2, 12) * NOISE
        levels += [level] * made.randint(SEGMENT if segment else 2 * SEGMENT, 30)
    return [one + made.gauss(0, NOISE) for one in levels], at


def main() -> None:
    """Print how often both agree."""
    made = random.Random(1)
    trials = [series(made) for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 200)]
    ours = [[change.at for change in changes(values)] for values, _ in trials]
    lines = [' '.join(map(str, [len(found), *values])) for found, (values, _) in zip(ours, trials)]
    said = subprocess.run(['Rscript', '-e', SCRIPT], input='\n'.join(lines), text=True,
                          capture_output=True, check=True).stdout.splitlines()
    off = collections.Counter()
    counts = collections.Counter()
    for found, (_, at), line in zip(ours, trials, said, strict=True):
        best, *places = map(int, line.split())
        off.update(abs(one - other) for one, other in zip(found, places, strict=True))
        counts[len(found) - len(at), best - len(at)] += 1
    print(f'{len(trials)} series, {sum(off.values())} change points; nights between ours and that of '
          f'strucchange: {dict(sorted(off.items()))}')
    print('steps found less those put in, by ours and by strucchange with BIC: number of series')
    for (we, they), number in sorted(counts.items()):
        print(f'{we:+} {they:+}: {number}')


if __name__ == '__main__':
    main()
