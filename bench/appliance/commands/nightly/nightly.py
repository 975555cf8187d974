# SPDX-License-Identifier: GPL-2.0
"""`umwalk nightly`: observe a tree, add the night to the history, and say what moved."""

import contextlib
import fcntl
import hashlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterable, Iterator, Sequence

from .. import dashboard
from ..bench.session import Plan
from ...boots import guest
from ...failure import FAILED
from ...kernels import kbuild, series
from ...kernels.build import Built
from ...kernels.version import LINUX
from ...paths import TOP, locked_folder, results_folder, write_atomically
from ...runs import history
from ...runs.night import KIND, Fingerprint, Night
from ...runs.run import Run, boot_for_host, commit
from . import accepted, alerts, board, confirm, exports, kept, moved
from .observe import Found, Subject
from .suites import SUITES

ALERTS = 'alerts.md'
METRICS = 'umwalk.prom'


@dataclass(frozen=True)
class Wanted:
    """What a night is to observe."""
    kernels: Sequence[str]
    suites: Sequence[str]
    plan: Plan
    placements: int


def run(build: Path, wanted: Wanted) -> int:
    """Observe, store, say what moved; returns the exit status."""
    results = results_folder()
    with history.opened(results) as opened:  # refused now, not when all is done
        appliance = guest.ensure(build, [series.kernel(name) for name in wanted.kernels])
        reference = kept.reference(results, next(iter(appliance.kernels.values())))
        with _alone(results / kept.REFERENCE):
            return _night(Subject(build, replace(appliance, kernels={
                kept.REFERENCE: reference, **appliance.kernels}), reference, wanted.plan,
                wanted.placements, _last_folder(opened, results)), wanted.suites, opened, results)


def _night(subject: Subject, suites: Sequence[str], opened: history.History, results: Path) -> int:
    appliance = replace(subject.appliance, kernels=subject.kernels)
    this = Run(KIND, appliance)
    silent = alerts.silence(opened.nights(), this.started)
    found = Found()
    for suite in suites:
        SUITES[suite](subject, found)
    this.end()
    result = this.result(boot_for_host(appliance), {})
    night = Night(this.folder.name, result['started'], result['seconds'], LINUX.name,
                  result['source'], _fingerprint(subject, result['host']), found.points,
                  tuple(found.states))
    night = replace(night, confirmations=confirm.confirmations(subject, opened, night, results))
    for name, built in subject.kernels.items():
        found.files |= kept.files(built, f'{confirm.KERNELS}/{name}')
    found.files |= exports.files(night, found.samples, {
        name: [patch.digest for patch in built.kernel.stack.patches]
        for name, built in subject.kernels.items()})
    folder = this.store(result | night.found(), found.files)
    opened.add(night, folder.name)
    moves = moved.moved(opened, accepted.read())
    told = alerts.text(moves, opened.nights(), silent)
    write_atomically(results / ALERTS, told)
    write_atomically(results / METRICS, exports.prometheus(night, moves))
    page = dashboard.rebuild(subject.build, results, opened, board.shown(moves, opened, results))
    print(f'{told}\n{folder}\n{page}')
    return FAILED if any(one.rings for one in moves) else 0


def _last_folder(opened: history.History, results: Path) -> Path | None:
    nights = opened.nights()
    return results / nights[-1].folder if nights else None


@contextlib.contextmanager
def _alone(reference: Path) -> Iterator[None]:
    """Let only one night at a time measure against a reference."""
    try:
        with locked_folder(reference, fcntl.LOCK_NB):
            pass
    except BlockingIOError:
        print('waiting for another night', file=sys.stderr)
    with locked_folder(reference):
        yield


def _fingerprint(subject: Subject, host: dict) -> Fingerprint:
    first = next(iter(subject.kernels.values()))
    symbols = sorted((symbol, value) for symbol, (value, _) in first.kernel.requested().items())
    return Fingerprint(host['cpu'], host['kernel'], kbuild.compiler().partition('\n')[0],
                       _digest(map('='.join, symbols)), _digest(_platform(first)),
                       kept.digest(subject.reference), commit(TOP) or '')


def _platform(built: Built) -> list[str]:
    """Return the digests of the patches of series that all kernels have."""
    shared = set.intersection(*(set(series.kernel(name).stack.series) for name in series.kernels()))
    return [patch.digest for patch in built.kernel.stack.patches if patch.file.parent.name in shared]


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256('\n'.join(texts).encode()).hexdigest()[:16]
