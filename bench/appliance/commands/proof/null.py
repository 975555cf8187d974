# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-proof --null`: count how often bench tells kernels apart that walk alike.

Some patches change nothing on a walk: an unused function, a comment, two swapped functions,
a driver. A kernel with such a patch is compared with the kernel without it as a user would
do it, with all rows, the default budget and placements. But rows of the same code are timed,
too. Trials are kept in results/proof/null.jsonl; a stopped run goes on from there.
"""

import hashlib
import json
import time
from dataclasses import asdict, replace
from pathlib import Path

from ... import paths
from ...boots import guest
from ...kernels import kernel, placement, series
from ...paths import PATCHES, VERSION, results_folder
from ...progress import step
from ..bench import compare
from ..bench.session import PROFILES, Session
from . import proof, report

FOLDER = PATCHES / VERSION / 'proof' / 'null'
TRIALS = 2  # of each patch
PLAN = replace(PROFILES['quick'], time_all=True)


def run(build: Path) -> int:
    """Run what is missing of the trials, print what all of them come to; the exit status."""
    appliance = guest.ensure(build, [proof.BASE])
    programs = ensure(build)
    path = results_folder() / 'proof' / 'null.jsonl'
    path.parent.mkdir(parents=True, exist_ok=True)
    base = appliance.kernels[proof.BASE]
    trials = proof.kept(path, [base, *programs.values()])
    with open(path, 'a', encoding='utf-8') as kept:
        for number in range(TRIALS):
            for name, program in programs.items():
                if sum(t['condition'] == name for t in trials) > number:
                    continue
                trial = _trial(build, replace(appliance, kernels={proof.BASE: base, name: program}),
                               f'{name}: trial {number + 1} of {TRIALS}')
                trials.append(trial)
                kept.write(json.dumps(trial) + '\n')
                kept.flush()
    print(report.null_summary(trials))
    print(f'\n{path}')
    return 0


def ensure(build: Path) -> dict[str, Path]:
    """Build the kernels that are not up to date; return them by the names of their patches."""
    stack = series.stack(proof.BASE)
    bench = kernel.Bench(build, 'release')
    programs = {}
    try:
        for patch in sorted(FOLDER.glob('*.patch')):
            target = build / 'release' / 'proof' / patch.stem / 'linux'
            wanted = _stamp(build, patch)
            stamp = target.with_name('stamp')
            if not (stamp.exists() and stamp.read_text(encoding='utf-8') == wanted):
                with step(f'building {proof.BASE} with {patch.name}'):
                    bench.build(series.with_patches(stack, patch.stem, patch), target, True)
                paths.write_atomically(stamp, wanted)
            programs[patch.stem] = target
    finally:
        bench.restore(stack)
    return programs


def _stamp(build: Path, patch: Path) -> str:
    base = kernel.binary(build, proof.BASE).with_name('stamp').read_text(encoding='utf-8')
    return hashlib.sha256(base.encode() + patch.read_bytes()).hexdigest() + '\n'


def _trial(build: Path, appliance: guest.Appliance, shown: str) -> dict:
    kernels = placement.ensure(build, appliance.kernels, compare.PLACEMENTS)
    started = time.monotonic()
    session = Session(appliance, kernels, PLAN)
    health = compare.observe(session, shown)
    rows = [{'layout': layout, 'walk': walk, 'verdict': found.verdict,
             'ratio': found.ratio and asdict(found.ratio),
             'control': found.control and asdict(found.control)}
            for layout, walk in session.rows for found in [session.comparisons[layout, walk]]]
    _, name = appliance.kernels
    return {'condition': name, 'seconds': round(time.monotonic() - started, 1),
            'boots': session.boots, 'rows': rows, 'others': health['others'],
            'speed_range': health['speed_range'],
            'kernels': [proof.digest(program) for program in appliance.kernels.values()]}
