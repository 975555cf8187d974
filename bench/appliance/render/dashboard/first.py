# SPDX-License-Identifier: GPL-2.0
"""The first screen: whether there is anything to read, in one sentence, and the contract."""

import re
from dataclasses import dataclass

from .values import CANARY, OPEN, Dashboard, Moved, Night, State

SILENCE = 36 * 3600  # seconds since the last night, from which on that is an alarm
CONTRACT = 'contract'


@dataclass(frozen=True)
class Screen:
    """What the first screen says; `news` are results of the last nights that nobody expects."""
    sentence: str
    read: bool
    silence: int
    last: Night | None
    open: list[Moved]
    canaries: list[Moved]
    settled: list[Moved]
    news: list[tuple[Night, State]]
    kernels: list[str]
    rules: list[tuple[str, list[tuple[str, str]]]]


def screen(board: Dashboard) -> Screen:
    """Put the first screen together."""
    newest = list({night.version: night for night in board.nights}.values())
    moved = list(reversed(board.moved))  # the newest first
    asks = [one for one in moved if one.state == OPEN]
    news = [(night, state) for night in newest for state in night.news]
    kernels, rules = _contract(newest)
    return Screen(sentence(len(board.nights), asks, len(news)), bool(asks or news or not newest),
                  SILENCE, board.nights[-1] if board.nights else None, asks,
                  [one for one in moved if one.state == CANARY],
                  [one for one in moved if one.state not in (OPEN, CANARY)], news, kernels, rules)


def sentence(nights: int, asks: list[Moved], news: int) -> str:
    """Say whether there is anything to read."""
    if not nights:
        return 'Please read: there is no night yet, run make nightly.'
    said = []
    if asks:
        said.append(f'{_number(len({one.what for one in asks}), "series has", "series have")} moved')
    if news:
        said.append(f'{_number(news, "test does", "tests do")} not end as expected')
    return f'Please read: {" and ".join(said)}.' if said else 'Nothing to do: nothing has moved.'


def _number(number: int, one: str, more: str) -> str:
    return f'{number} {one if number == 1 else more}'


def _contract(newest: list[Night]) -> tuple[list[str], list[tuple[str, list[tuple[str, str]]]]]:
    """Return the kernels, and for each rule what it says of each of them, with its class."""
    states = {(f'{night.version} {state.kernel}', state.name): state
              for night in newest for state in night.states if state.suite == CONTRACT}
    kernels = list(dict.fromkeys(kernel for kernel, _ in states))
    rules = sorted({rule for _, rule in states}, key=_natural)
    return kernels, [(rule, [_cell(states.get((kernel, rule))) for kernel in kernels])
                     for rule in rules]


def _natural(name: str) -> list:
    """Sort W2 before W10."""
    return [(int(part), '') if part.isdigit() else (0, part) for part in re.split(r'(\d+)', name)]


def _cell(state: State | None) -> tuple[str, str]:
    if state is None or state.state == '-':
        return 'not checked', 'none'
    if not state.as_expected:
        return ('✗ fails' if state.state == 'fail' else '! passes, known to fail'), 'news'
    return {'pass': ('✓ passes', 'pass'), 'fail': ('✗ fails, known', 'known'),
            'skip': ('skipped', 'none')}[state.state]
