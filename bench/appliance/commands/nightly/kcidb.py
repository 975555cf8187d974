# SPDX-License-Identifier: GPL-2.0
"""A night as the common database of kernel CI systems takes it: KCIDB, schema 5.3.

https://github.com/kernelci/kcidb-io has the schema. Whoever submits nights gets an origin from
KernelCI, and puts it in place of ours: umwalk sends nothing.
"""

import hashlib
import json
import re
from typing import Iterator, Mapping, Sequence

from ...kernels.configuration import RELEASE
from ...render.visible import one_line, visible
from ...runs.night import Night, Point, Series, State

VERSION = {'major': 5, 'minor': 3}
ORIGIN = 'umwalk'
STATUS = {'pass': 'PASS', 'fail': 'FAIL'}  # all else did not run
LONGEST = 16384  # characters of log_excerpt


def text(night: Night, patches: Mapping[str, Sequence[str]]) -> str:
    """Return the night; patches has the SHA-256 of each patch of a kernel, the lowest first."""
    tests = [*(_test(night, state) for state in night.states),
             *(one for series, point in night.points.items()
               for one in _numbers(night, series, point))]
    return json.dumps({
        'version': VERSION,
        'checkouts': [_checkout(night, kernel, patches[kernel]) for kernel in patches],
        'builds': [_build(night, kernel) for kernel in patches],
        'tests': tests}, indent=1) + '\n'


def _id(night: Night, name: str) -> str:
    return f'{ORIGIN}:{night.name}:{name}'


def _of(night: Night, name: str) -> dict:
    return {'id': _id(night, name), 'origin': ORIGIN, 'start_time': night.started}


def _checkout(night: Night, kernel: str, patches: Sequence[str]) -> dict:
    lines = ''.join(f'{digest}\n' for digest in patches)
    return _of(night, kernel) | {
        'git_commit_name': f'v{night.source}', 'comment': f'Linux {night.source}, {kernel}',
        'patchset_hash': hashlib.sha256(lines.encode()).hexdigest() if patches else '',
        'valid': True}


def _build(night: Night, kernel: str) -> dict:
    return _of(night, kernel) | {
        'checkout_id': _id(night, kernel), 'architecture': 'um', 'config_name': RELEASE.name,
        'compiler': one_line(night.fingerprint.compiler), 'status': 'PASS'}


def _test(night: Night, state: State) -> dict:
    found = _done(night, state.kernel, state.suite, state.name) | {
        'status': STATUS.get(state.state, 'SKIP')}
    if state.detail:
        found['log_excerpt'] = visible(state.detail)[:LONGEST]
    if state.expected and state.state == 'fail':
        found['comment'] = 'this kernel is known to fail it'
    return found


def _numbers(night: Night, series: Series, point: Point) -> Iterator[dict]:
    for name, value in (('instructions', point.count), ('time_ratio', point.value)):
        if value is not None:
            yield _done(night, series.kernel, 'bench', series.layout, series.walk, name) | {
                'status': 'DONE', 'number': {'value': value}}


def _done(night: Night, kernel: str, *name: str) -> dict:
    """Return what each test has; a path has few characters, and the id tells what they stand for."""
    return _of(night, one_line(f'{kernel}:{".".join(name)}')) | {
        'build_id': _id(night, kernel),
        'path': '.'.join(re.sub(r'[^a-zA-Z0-9_-]', '_', part) for part in name)}
