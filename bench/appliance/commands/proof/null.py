# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-proof --null`: count how often bench tells kernels apart that walk alike.

Some patches change nothing on a walk: an unused function, a comment, two swapped functions,
a driver. A kernel with such a patch is compared with the kernel without it as a user would
do it, with all rows, the default budget and placements. But rows of the same code are timed,
too.
"""

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Sequence

from ...boots import guest
from ...boots.walks import Row
from ...kernels import build as builds, placement, series
from ...kernels.build import Built
from ...kernels.version import LINUX
from ...runs import shards
from ...runs.run import Run, boot_for_host
from ...runs.shards import Shard
from ..bench import compare
from ..bench.session import PROFILES, Session
from . import proof, report, trials

NAME = 'bench-proof-null'
FOLDER = LINUX.folder / 'proof' / 'null'
TRIALS = 2  # of each patch
PLAN = replace(PROFILES['quick'], time_all=True)


def run(build: Path, rows: tuple[Row, ...], shard: Shard) -> int:
    """Run what is missing of the trials, print what all of them come to; the exit status."""
    appliance = guest.ensure(build, [series.kernel(proof.BASE)])
    this = Run(NAME, appliance)
    kernels = ensure(build)
    base = appliance.kernels[proof.BASE]

    def make(name: str, shown: str) -> dict:
        pair = replace(appliance, kernels={proof.BASE: base, name: kernels[name]})
        return _trial(build, pair, rows, shown)

    path = trials.file_of('null')
    plan = {f'{name}: trial {number + 1}': name for number in range(TRIALS) for name in kernels}
    tried = trials.part(path, [base, *kernels.values()], plan, shard, make)
    found, files = _found(list(plan), tried)
    this.end()
    this.store(this.result(boot_for_host(appliance), found), files)
    print(files[proof.REPORT])
    print(path)
    return 0


def merge(folders: Sequence[Path]) -> int:
    """Put together what machines that shared the trials have found; returns the exit status."""
    merged = shards.merged(folders, NAME, 'asked', 'tried', one_cpu=True)
    found, files = _found(merged['asked'], merged['tried'])
    print(files[proof.REPORT])
    print(shards.store(merged | found, files))
    return 0


def _found(asked: list[str], tried: dict[str, dict]) -> tuple[dict, dict[str, str]]:
    """Return what result.json has of these trials, and the report."""
    of = list(tried.values())
    return ({'trials': report.count_null_verdicts(of), 'asked': asked, 'tried': tried},
            {proof.REPORT: report.null_summary(of) + '\n'})


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
            'kernels': [trials.digest(built) for built in appliance.kernels.values()]}
