# SPDX-License-Identifier: GPL-2.0
"""A night in the formats of other programs: JUnit XML, KTAP, CSV, Go's benchmarks, Prometheus.

kcidb.py has one more.
"""

import csv
import datetime
import io
from collections import Counter, defaultdict
from dataclasses import astuple, fields
from typing import Iterable, Iterator, Mapping, Sequence

from ...render import junit
from ...render.visible import one_line
from ...runs.night import Night, Point, Series, State
from . import kcidb
from .moved import ACCEPTED, CONFIRMED, NOT_OURS, SUSPECT, Move

SKIPPED = ('skip', '-')  # nothing checked the latter


def files(night: Night, benchmarks: str, patches: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the files that a night's folder has of these; patches are digests by kernel."""
    return {'junit.xml': junit_xml(night), 'tests.ktap': ktap(night.states),
            'points.csv': points_csv(night), 'bench.txt': benchmarks,
            'kcidb.json': kcidb.text(night, patches)}


def junit_xml(night: Night) -> str:
    """Return the tests as JUnit XML, a suite for each kernel and command."""
    suites: dict[str, list[junit.Case]] = defaultdict(list)
    for one in night.states:
        suites[f'{one.kernel}.{one.suite}'].append(
            junit.Case(one.name, 0, _junit(one), _first_line(one), one.detail))
    return junit.document(f'umwalk nightly {night.name}', suites)


def _junit(state: State) -> str:
    if state.state == 'fail' and not state.expected:
        return junit.ERROR if state.name == 'boot' else junit.FAILURE
    return junit.SKIPPED if state.state in SKIPPED or state.state == 'fail' else ''


def _first_line(state: State) -> str:
    known = 'known to fail: ' if state.state == 'fail' and state.expected else ''
    return known + next(iter(state.detail.splitlines()), '')


def ktap(states: Sequence[State]) -> str:
    """Return the tests as KTAP version 1; what is known to fail is an expected failure (XFAIL)."""
    lines = ['KTAP version 1', f'1..{len(states)}']
    for number, one in enumerate(states, 1):
        lines += [f'# {one_line(line)}' for line in one.detail.splitlines()]
        bad = one.state == 'fail' and not one.expected
        mark = ' # SKIP' if one.state in SKIPPED else ' # XFAIL' if one.state == 'fail' and not bad \
            else ''
        name = one_line(f'{one.kernel}.{one.suite}.{one.name}').replace('#', '_')
        lines.append(f'{"not ok" if bad else "ok"} {number} {name}{mark}')
    return '\n'.join(lines) + '\n'


def points_csv(night: Night) -> str:
    """Return what was measured, a line for each series; an empty field was not."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow([field.name for kind in (Series, Point) for field in fields(kind)])
    writer.writerows([*astuple(series), *astuple(point)] for series, point in night.points.items())
    return text.getvalue()


def samples(kernel: str, rows: Iterable[dict]) -> str:
    """Return the median of each boot as a benchmark of Go, which benchstat reads."""
    return ''.join(f'BenchmarkWalk/kernel={kernel}/layout={row["layout"]}/walk={row["walk"]} 1 '
                   f'{ns:.1f} ns/op\n' for row in rows for ns in row[kernel]['ns_of_boots'])


def prometheus(night: Night, moves: Sequence[Move]) -> str:
    """Return gauges for the textfile collector of node_exporter, which takes no timestamps."""
    return '\n'.join([*_metrics(night, moves), '# EOF', ''])


def _metrics(night: Night, moves: Sequence[Move]) -> Iterator[str]:
    ended = datetime.datetime.fromisoformat(night.started).timestamp() + night.seconds
    yield from _gauge('last_night_timestamp_seconds', 'When the last whole night ended.',
                      [('', ended)])
    states = Counter(move.state for move in moves)
    yield from _gauge('moved', 'How many things moved, by state.',
                      [(_labels(state=state), states[state])
                       for state in (SUSPECT, CONFIRMED, ACCEPTED, NOT_OURS)])
    for name, text, field in (('time_ratio', 'Time of a walk / that on the reference.', 'value'),
                              ('walk_instructions', 'Instructions of a walk.', 'count')):
        yield from _gauge(name, text, [
            (_labels(**vars(series)), getattr(point, field))
            for series, point in night.points.items() if getattr(point, field) is not None])
    yield from _gauge('test_passes', 'Whether a test passes, or fails as expected.',
                      [(_labels(kernel=one.kernel, suite=one.suite, test=one.name),
                        int(one.state != 'fail' or one.expected))
                       for one in night.states if one.state not in SKIPPED])


def _gauge(name: str, text: str, values: Iterable[tuple[str, float]]) -> list[str]:
    return [f'# HELP umwalk_{name} {text}', f'# TYPE umwalk_{name} gauge',
            *(f'umwalk_{name}{labels} {value!r}' for labels, value in values)]


def _labels(**labels: str) -> str:
    return '{' + ','.join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + '}'


def _escaped(value: str) -> str:
    return one_line(value).replace('\\', r'\\').replace('"', r'\"')
