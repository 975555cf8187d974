# SPDX-License-Identifier: GPL-2.0
"""`umwalk dashboard`: write the pages that show the history of nights (docs/dashboard.md)."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Sequence

from .. import process
from ..paths import TOP, build_folder, locked, results_folder, short
from ..render.dashboard import site
from ..render.dashboard.values import Dashboard, Moved, Night, Series, State
from ..runs.history import History, opened
from .nightly import accepted, board, moved

NAME = 'dashboard'
HELP = 'write the pages that show the history of nights'

FOLDER = 'dashboard'  # of the results
NODE = ('node', 'npm')


def add_arguments(_: argparse.ArgumentParser) -> None:
    """There are no options."""


def run(_: argparse.Namespace) -> int:
    """Write the pages; returns the exit status."""
    results = results_folder()
    with opened(results) as history:
        moves = moved.moved(history, accepted.read())
        print(short(rebuild(build_folder(), results, history, board.shown(moves, history, results))))
    return 0


def rebuild(build: Path, results: Path, history: History, moves: Sequence[Moved]) -> Path:
    """Write the pages anew; return the first one."""
    charts, lacks = _charts(build)
    if lacks:
        print(f'dashboard: without its charts: {lacks}', file=sys.stderr)
    site.write(_board(results, history, moves, charts, lacks), results / FOLDER)
    return results / FOLDER / 'index.html'


def _charts(build: Path) -> tuple[Path | None, str]:
    """Have the script of the charts built, if it is not yet; return its folder, or what is missing."""
    folder = build / 'web'
    command = ['make', '-s', '-C', str(TOP / 'web'), f'OUT={folder}']
    with locked(build):
        ran = process.run(command, stderr=subprocess.STDOUT)
    if not ran.returncode:
        return folder, ''
    missing = [program for program in NODE if not shutil.which(program)]
    if missing:
        how = process.output([TOP / 'bench' / 'deps.sh', 'how', *missing]).strip()
        return None, f'{" and ".join(missing)} not found; run {how}, then make dashboard'
    return None, f'they could not be built; `{" ".join(command)}` says why'


def _board(results: Path, history: History, moves: Sequence[Moved], charts: Path | None,
           lacks: str) -> Dashboard:
    """Read all that the pages say."""
    entries = history.nights()
    at = {entry.id: index for index, entry in enumerate(entries)}
    nights = [Night(entry.name, entry.version, entry.source, entry.started, entry.seconds,
                    entry.fingerprint, tuple(State(**vars(one)) for one in history.states(entry.id)),
                    results / entry.folder) for entry in entries]
    series = [Series(number, **vars(one), rows=[
        (at[night], point.value, point.low, point.high, point.ns, point.count)
        for night, point in history.points(number).items()])
              for number, one in history.series().items()]
    return Dashboard(nights, {number: vars(one) for number, one in history.fingerprints().items()},
                     series, list(moves), charts, lacks)
