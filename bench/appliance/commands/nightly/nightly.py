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
from . import accepted, alerts, board, canary, confirm, exports, kept, moved
from .observe import Found, Subject
from .suites import SUITES

ALERTS = 'alerts.md'
METRICS = 'umwalk.prom'


@dataclass(frozen=True)
class Wanted:
    """What a night is to observe: suites, or all of them, and the canary each week."""
    kernels: Sequence[str]
    suites: Sequence[str] | None
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


def _night(subject: Subject, suites: Sequence[str] | None, opened: history.History,
           results: Path) -> int:
    appliance = replace(subject.appliance, kernels=subject.kernels)
    this = Run(KIND, appliance)
    silent = alerts.silence(opened.nights(), this.started)
    found = Found()
    for suite, observe in SUITES.items():
        if not suites or suite in suites:
            observe(subject, found)
    this.end()
    result = this.result(boot_for_host(appliance), {})
    night = Night(this.folder.name, result['started'], result['seconds'], LINUX.name,
                  result['source'], _fingerprint(subject, result['host']), found.points,
                  tuple(found.states))
    night = replace(night, confirmations=confirm.confirmations(subject, opened, night, results))
    if canary.NAME in suites if suites else canary.due(opened, this.started):
        night = replace(night, states=(*night.states, *canary.states(subject, opened, night)))
    folder = this.store(result | night.found(), found.files | _files(subject, night, found.samples))
    opened.add(night, folder.name)
    rings = _tell(subject.build, opened, night, silent, results)
    print(folder)
    return FAILED if rings else 0


def _files(subject: Subject, night: Night, samples: str) -> dict[str, str | bytes]:
    """Return the kernels of a night, and the night in the formats of other programs."""
    found: dict[str, str | bytes] = {}
    for name, built in subject.kernels.items():
        found |= kept.files(built, f'{confirm.KERNELS}/{name}')
    return found | exports.files(night, samples, {
        name: [patch.digest for patch in built.kernel.stack.patches]
        for name, built in subject.kernels.items()})


def _tell(build: Path, opened: history.History, night: Night, silent: str, results: Path) -> bool:
    """Write and print what moved; return whether anything rings."""
    moves = moved.moved(opened, accepted.read())
    told = alerts.text(moves, opened.nights(), silent)
    write_atomically(results / ALERTS, told)
    write_atomically(results / METRICS, exports.prometheus(night, moves))
    page = dashboard.rebuild(build, results, opened, board.shown(moves, opened, results))
    print(f'{told}\n{page}')
    return any(one.rings for one in moves)


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
