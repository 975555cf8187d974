# SPDX-License-Identifier: GPL-2.0
"""What the dashboard is made of, as plain values: it does not know where they come from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

# What is known of something that moved. Only what is open asks to be read.
OPEN, ACCEPTED, NOT_OURS, CANARY = 'open', 'accepted', 'not ours', 'canary'

# A night's index in the dashboard's list, then value, low, high, ns and count of a walk; each of
# these may be None.
Row = tuple[int, float | None, float | None, float | None, float | None, int | None]


@dataclass(frozen=True)
class State:
    """The result of a test of a suite on a kernel: pass, fail, skip or '-' (not checked)."""
    suite: str
    name: str
    kernel: str
    state: str
    expected: bool = False  # whether the kernel is known to fail it
    detail: str = ''

    @property
    def as_expected(self) -> bool:
        """Return whether the result is no news."""
        return self.state not in ('pass', 'fail') or (self.state == 'fail') == self.expected


@dataclass(frozen=True)
class Night:
    """One night; folder has its files, or is None if they are gone."""
    name: str
    version: str
    source: str
    started: str  # ISO 8601
    seconds: float
    fingerprint: int  # a key of the dashboard's fingerprints
    states: tuple[State, ...] = ()
    folder: Path | None = None

    @property
    def news(self) -> list[State]:
        """Return the results that are not as expected."""
        return [state for state in self.states if not state.as_expected]


@dataclass(frozen=True)
class Series:
    """A walk of a layout on a kernel of a version of Linux, night by night."""
    id: int
    version: str
    kernel: str
    layout: str
    walk: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """A line of source, and how many instructions more a walk spends on it."""
    file: str
    line: int
    text: str
    instructions: int


@dataclass(frozen=True)
class Function:
    """A function, and how many instructions more a walk spends in it."""
    name: str
    instructions: int
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Moved:
    """Something that moved: by how much, and how sure that is.

    what names it in a line, measure is time, instructions or what else moved. night is the index
    of the first night that has it, and before that of the last one that has not. size and
    certainty are text. up tells whether it is more than before.
    """
    what: str
    measure: str
    size: str
    certainty: str
    night: int
    before: int | None = None
    series: int | None = None
    up: bool = True
    state: str = OPEN
    reason: str = ''
    functions: tuple[Function, ...] = ()


@dataclass(frozen=True)
class Dashboard:
    """All that the pages say; the oldest night comes first.

    charts is the folder with charts.js and charts.css, or None: then lacks says why.
    """
    nights: list[Night]
    fingerprints: Mapping[int, Mapping[str, str]]
    series: list[Series]
    moved: list[Moved] = field(default_factory=list)
    charts: Path | None = None
    lacks: str = ''
