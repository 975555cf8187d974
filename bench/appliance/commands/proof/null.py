# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-proof --null`: count how often bench tells kernels apart that walk alike.

Some patches change nothing on a walk: an unused function, a comment, two swapped functions,
a driver. A kernel with such a patch is compared with the kernel without it as a user would
do it, with all rows, the default budget and placements. But rows of the same code are timed,
too. Trials are kept in results/proof/null.jsonl; a stopped run goes on from there.
"""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path

from ...boots import guest
from ...boots.walks import Row
from ...kernels import build as builds, placement, series
from ...kernels.build import Built
from ...kernels.version import LINUX
from ...paths import results_folder
from ...runs.run import Run, boot_for_host
from ..bench import compare
from ..bench.session import PROFILES, Session
from . import proof, report

FOLDER = LINUX.folder / 'proof' / 'null'
TRIALS = 2  # of each patch
PLAN = replace(PROFILES['quick'], time_all=True)


def run(build: Path, rows: tuple[Row, ...]) -> int:
    """Run what is missing of the trials, print what all of them come to; the exit status."""
    appliance = guest.ensure(build, [series.kernel(proof.BASE)])
    this = Run('bench-proof-null', appliance)
    kernels = ensure(build)
    path = results_folder() / 'proof' / 'null.jsonl'
    path.parent.mkdir(parents=True, exist_ok=True)
    base = appliance.kernels[proof.BASE]
    trials = proof.kept(path, [base, *kernels.values()])
    with open(path, 'a', encoding='utf-8') as kept:
        for number in range(TRIALS):
            for name, built in kernels.items():
                if sum(t['condition'] == name for t in trials) > number:
                    continue
                pair = replace(appliance, kernels={proof.BASE: base, name: built})
                trial = _trial(build, pair, rows,
                               f'{name}: trial {number + 1} of {TRIALS}')
                trials.append(trial)
                kept.write(json.dumps(trial) + '\n')
                kept.flush()
    summary = report.null_summary(trials)
    this.end()
    this.store(this.result(boot_for_host(appliance), {
        'trials': report.count_null_verdicts(trials)}), {'report.txt': summary + '\n'})
    print(summary)
    print(f'\n{path}')
    return 0


def ensure(build: Path) -> dict[str, Built]:
    """The kernels, by the name of the patch that each has more; what is up to date stays."""
    base = series.kernel(proof.BASE)
    built = builds.ensure(build, [base.plus(patch.stem, patch)
                                  for patch in sorted(FOLDER.glob('*.patch'))])
    return {one.kernel.name: one for one in built}


def _trial(build: Path, appliance: guest.Appliance, rows: tuple[Row, ...],
           shown: str) -> dict:
    kernels = placement.ensure(build, appliance.kernels, compare.PLACEMENTS)
    started = time.monotonic()
    session = Session(appliance, kernels, replace(PLAN, rows=rows))
    health = compare.observe(session, shown)
    found = [{'layout': layout, 'walk': walk, 'verdict': one.verdict,
              'ratio': one.ratio and asdict(one.ratio), 'control': one.control and asdict(one.control)}
             for layout, walk in rows for one in [session.comparisons[layout, walk]]]
    _, name = appliance.kernels
    return {'condition': name, 'seconds': round(time.monotonic() - started, 1),
            'boots': session.boots, 'rows': found, 'others': health['others'],
            'speed_range': health['speed_range'],
            'kernels': [proof.digest(built) for built in appliance.kernels.values()]}
