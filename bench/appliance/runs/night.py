# SPDX-License-Identifier: GPL-2.0
"""A night: all that was observed of one tree, as values; its result.json has it as JSON."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Type, TypeVar

from ..failure import Failure

KIND = 'nightly'
RESULT = 'result.json'

Value = TypeVar('Value')


@dataclass(frozen=True)
class Fingerprint:
    """What has to be equal for times to be comparable; '' where it is not known.

    host is the release of the host's kernel, config and platform are digests of the symbols
    that are asked for and of the platform's patches, reference is the digest of the pinned
    kernel, and umwalk is the commit. The tree under test is no part: it is what is tested.
    """
    cpu: str
    host: str
    compiler: str
    config: str
    platform: str
    reference: str
    umwalk: str

    @property
    def of_counts(self) -> tuple[str, str]:
        """Return what has to be equal for counts of instructions to be comparable."""
        return self.compiler, self.config


@dataclass(frozen=True)
class Series:
    """What is measured each night: a walk of a layout on a kernel, of a version of Linux."""
    version: str
    kernel: str
    layout: str
    walk: str

    def __str__(self) -> str:
        return f'{self.version} {self.kernel} {self.layout}:{self.walk}'

    @property
    def row(self) -> tuple[str, str]:
        """Return the layout and the walk."""
        return self.layout, self.walk


@dataclass(frozen=True)
class Point:
    """What a night says of a series; None where it was not measured.

    value is the time on the kernel / that on the reference, low and high are the ends of its
    95 % interval. ns is the time of a walk, count the instructions that it retires.
    """
    value: float | None = None
    low: float | None = None
    high: float | None = None
    ns: float | None = None
    count: int | None = None


@dataclass(frozen=True)
class State:
    """The result of a test: pass, fail or skip, or '-' if nothing checked it.

    suite is the command that has the test, as 'contract', and name is the test, as 'W3'.
    expected tells whether the kernel is known to fail it.
    """
    kernel: str
    suite: str
    name: str
    state: str
    expected: bool = False
    detail: str = ''


@dataclass(frozen=True)
class Confirmation:
    """What the kernel of a night says against that of an earlier one, which took turns with it.

    against is the name of the earlier night, and verdict is that of `umwalk bench`.
    """
    against: str
    verdict: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Night:
    """One night; name is that of its folder when it was written, and no two nights share it."""
    name: str
    started: str  # UTC, ISO 8601
    seconds: float
    version: str
    source: str  # the release of the tree under test
    fingerprint: Fingerprint
    points: dict[Series, Point]
    states: tuple[State, ...]
    confirmations: dict[Series, Confirmation] = field(default_factory=dict)

    def found(self) -> dict:
        """Return what result.json has after the envelope."""
        return {'night': self.name, 'version': self.version,
                'fingerprint': asdict(self.fingerprint),
                'points': [asdict(series) | asdict(point) for series, point in self.points.items()],
                'states': [asdict(state) for state in self.states],
                'confirmations': [asdict(series) | asdict(confirmation)
                                  for series, confirmation in self.confirmations.items()]}


def read(folder: Path) -> Night:
    """Read the night of a folder; anything else is the user's mistake."""
    path = folder / RESULT
    try:
        return night(json.loads(path.read_text(encoding='utf-8')))
    except OSError as error:
        raise Failure(f'{path}: {error.strerror}') from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f'{path}: this is no night (docs/formats.md has the format): '
                      f'{type(error).__name__}: {error}') from error


def is_one(path: Path) -> bool:
    """Return whether a result.json is of a night; one that is damaged may be."""
    try:
        return json.loads(path.read_text(encoding='utf-8')).get('kind') == KIND
    except (OSError, ValueError, AttributeError):
        return True


def night(result: dict) -> Night:
    """Return the night that a result.json has."""
    if result['kind'] != KIND:
        raise ValueError(f"kind {result['kind']!r}")
    return Night(result['night'], result['started'], result['seconds'], result['version'],
                 result['source'], _made(Fingerprint, result['fingerprint']),
                 {_made(Series, one): _made(Point, one) for one in result['points']},
                 tuple(_made(State, one) for one in result['states']),
                 {_made(Series, one): _made(Confirmation, one) for one in result['confirmations']})


def _made(kind: Type[Value], found: dict[str, Any]) -> Value:
    """Make a value of the fields that are its own."""
    return kind(**{one.name: found[one.name] for one in fields(kind)})
