# SPDX-License-Identifier: GPL-2.0
"""What moved: times, counts and results of tests, as the history has them up to its last night.

Times are ratios to the reference, and move where they have a change point, within one
fingerprint. Counts move if they change at all, within one compiler and configuration. A result
of a test moves if it changes, whatever was measured on.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Iterable, Iterator, Mapping, Sequence

from ...numbers.changepoint import changes
from ...runs.history import Entry, History
from ...runs.night import Confirmation, Fingerprint, Series, State
from .accepted import Accepted

RINGS = 14  # nights for which what moved is shown, unless it is accepted before
LOOKED_BACK = 90  # nights of one fingerprint

TIME, COUNT, TEST = 'time', 'instructions', 'test'
SUSPECT, CONFIRMED, ACCEPTED, NOT_OURS = 'suspect', 'confirmed', 'accepted', 'not ours'


@dataclass(frozen=True)
class Move:
    """One thing that moved.

    name is the series, or kernel, suite and test. It moved in the night since, from before to
    after: ratios to the reference, counts or states. why tells how its state is known.
    """
    kind: str
    name: str
    since: Entry
    before: float | str
    after: float | str
    state: str
    why: str = ''
    series: int | None = None

    @property
    def ratio(self) -> float | None:
        """Return after / before of numbers."""
        if isinstance(self.before, str) or isinstance(self.after, str) or not self.before:
            return None
        return self.after / self.before

    @property
    def rings(self) -> bool:
        """Whether somebody should look."""
        return self.state in (SUSPECT, CONFIRMED)


def moved(history: History, accepted: Sequence[Accepted] = ()) -> list[Move]:
    """Return what moved in the last nights; nothing has without any night."""
    nights = history.nights()
    if not nights:
        return []
    found = [*_tests(history, nights), *_counts(history, nights), *_times(history, nights)]
    return [_accepted(one, accepted) for one in found]


def _accepted(move: Move, accepted: Sequence[Accepted]) -> Move:
    reason = next((one.reason for one in accepted if one.fits(move.since.started[:10], move.name)), '')
    return replace(move, state=ACCEPTED, why=reason) if reason and move.rings else move


def _comparable(history: History, nights: list[Entry], of_counts: bool) -> dict[int, Entry]:
    """Return the nights that the last one may be compared with, itself the last, by their id."""
    prints = history.fingerprints()

    def key(number: int) -> Fingerprint | tuple[str, str]:
        return prints[number].of_counts if of_counts else prints[number]

    last = key(nights[-1].fingerprint)
    return {night.id: night for night in nights if key(night.fingerprint) == last}


def _times(history: History, nights: list[Entry]) -> Iterator[Move]:
    comparable = _comparable(history, nights, of_counts=False)
    recent = list(comparable.values())[-RINGS:]
    told = {night.id: history.confirmations(night.id) for night in recent}
    for number, series in history.series().items():
        values = _ratios(history, comparable, number)
        for change in changes([value for _, value in values]):
            since = values[change.at][0]
            if since in recent and values[-1][0] == nights[-1]:
                yield Move(TIME, str(series), since, change.before, change.after,
                           *_judged(since, (told[night.id].get(number) for night in recent
                                            if night.started >= since.started)), number)


def _ratios(history: History, comparable: Mapping[int, Entry],
            series: int) -> list[tuple[Entry, float]]:
    return [(comparable[night], point.value) for night, point in history.points(series).items()
            if night in comparable and point.value is not None][-LOOKED_BACK:]


def measured(history: History, series: Series) -> int:
    """Return how many times of a series are compared with those of the last night."""
    number = next(number for number, one in history.series().items() if one == series)
    comparable = _comparable(history, history.nights(), of_counts=False)
    return len(_ratios(history, comparable, number))


def _judged(since: Entry, told: Iterable[Confirmation | None]) -> tuple[str, str]:
    """Judge a change of time by what later nights have confirmed against one before it."""
    for one in told:
        if one and one.against < since.name and one.verdict != 'undecided':
            confirmed = one.verdict in ('faster', 'slower')
            said = f'against the kernel of {one.against}: {one.verdict}'
            return (CONFIRMED if confirmed else NOT_OURS), said
    return SUSPECT, 'the kernels were not compared with one another, or that was undecided'


def _counts(history: History, nights: list[Entry]) -> Iterator[Move]:
    comparable = _comparable(history, nights, of_counts=True)
    recent = list(comparable)[-RINGS:]
    for number, series in history.series().items():
        counts = [(night, point.count) for night, point in history.points(number).items()
                  if night in comparable and point.count is not None]
        for (_, before), (night, after) in pairwise(counts):
            if before != after and night in recent:
                yield Move(COUNT, str(series), comparable[night], before, after, CONFIRMED,
                           'counts are exact', number)


def _tests(history: History, nights: list[Entry]) -> Iterator[Move]:
    """Find results that changed; one that is bad from the start of what is looked at is one, too."""
    same = [night for night in nights if night.version == nights[-1].version]
    states = [(night, {_name(one): one for one in history.states(night.id)})
              for night in same[-RINGS - 1:]]
    known: dict[str, str] = {}
    for night, of_night in states:
        for name, state in of_night.items():
            bad = state.state == 'fail' and not state.expected
            if known.get(name, state.state) != state.state or name not in known and bad:
                yield Move(TEST, name, night, known.get(name, '-'), state.state, CONFIRMED,
                           state.detail)
            known[name] = state.state


def _name(state: State) -> str:
    return f'{state.kernel} {state.suite} {state.name}'
