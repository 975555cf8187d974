# SPDX-License-Identifier: GPL-2.0
"""Make a case smaller as long as it still shows its fault.

What is tried next is all that is one step smaller, the largest steps first; the predicate sees
many at a time, since a boot serves them all. Nothing is tried twice. (Zeller's delta debugging,
by greedy steps.)
"""

from dataclasses import replace
from typing import Callable, Iterator

from .cases import Ask, Case, Vma

AT_A_TIME = 60
SIMPLER = {'cow': ('anon', 'linear'), 'pfnmap': ('linear',), 'mixedmap': ('pfnmap',),
           'zero': ('anon',), 'poisoned': ('anon',), 'forked': ('anon',), 'file': ('anon',),
           'shared_file': ('file',)}  # kinds of memory, none of which merges with a neighbour
Predicate = Callable[[list[Case]], list[bool]]  # whether each still shows the fault


def shrink(case: Case, shows: Predicate) -> Case:
    """Return the smallest case that was found; shows(case) is known to be true."""
    tried = {_key(case)}
    while smaller := _first(case, shows, tried):
        case = smaller
    return case


def _first(case: Case, shows: Predicate, tried: set[str]) -> Case | None:
    waiting: list[Case] = []
    for one in _smaller(case):
        if one.is_possible() and _key(one) not in tried:
            tried.add(_key(one))
            waiting.append(replace(one, name=f'{case.name.partition("/")[0]}/{len(tried)}'))
        if len(waiting) == AT_A_TIME:
            if found := _of(waiting, shows):
                return found
            waiting = []
    return _of(waiting, shows) if waiting else None


def _of(cases: list[Case], shows: Predicate) -> Case | None:
    return next((case for case, shown in zip(cases, shows(cases)) if shown), None)


def _key(case: Case) -> str:
    return '\n'.join(case.lines()[1:])


def _smaller(case: Case) -> Iterator[Case]:
    asks, vmas = case.asks, case.vmas
    if len(asks) > 1:
        yield replace(case, asks=asks[:len(asks) // 2])
        yield replace(case, asks=asks[len(asks) // 2:])
    if len(vmas) > 1:
        yield replace(case, vmas=vmas[:len(vmas) // 2])
        yield replace(case, vmas=vmas[len(vmas) // 2:])
        yield from (replace(case, vmas=vmas[:i] + vmas[i + 1:]) for i in range(len(vmas)))
    for i, vma in enumerate(vmas):
        yield from (replace(case, vmas=vmas[:i] + (less,) + vmas[i + 1:]) for less in _vmas(vma))
    for i, ask in enumerate(asks):
        yield from (replace(case, asks=asks[:i] + (one,) + asks[i + 1:]) for one in _asks(ask))


def _vmas(vma: Vma) -> Iterator[Vma]:
    pages = (vma.end - vma.start) // vma.unit
    for step in dict.fromkeys((pages // 2, pages // 4, 8, 1)):
        if 0 < step < pages:
            yield vma.cut(vma.start, vma.end - step * vma.unit)
            yield vma.cut(vma.start + step * vma.unit, vma.end)
    for kind in SIMPLER.get(vma.kind, ()):
        yield replace(vma, kind=kind, populated=() if kind == 'linear' else vma.populated)
    for i in range(len(vma.populated)):
        yield replace(vma, populated=vma.populated[:i] + vma.populated[i + 1:])
    for i, (first, end) in enumerate(vma.populated):
        if end - first > vma.unit:
            half = first + (end - first) // vma.unit // 2 * vma.unit
            for one in ((first, half), (half, end)):
                yield replace(vma, populated=vma.populated[:i] + (one,) + vma.populated[i + 1:])


def _asks(ask: Ask) -> Iterator[Ask]:
    pages = ask.end - ask.start
    for step in dict.fromkeys((pages // 2, pages // 4, 8, 1)):
        if 0 < step < pages and ask.what != 'walk_page_vma':
            yield replace(ask, end=ask.end - step)
            yield replace(ask, start=ask.start + step)
    if ask.what == 'scan':
        yield from (replace(ask, words=ask.words[:i] + (plain,) + ask.words[i + 1:])
                    for i, plain in enumerate(('0', '0', '0', '8', '0', '512'))
                    if ask.words[i] != plain)
    if ask.what == 'walk':
        policy, at, code, calls = ask.words
        if policy != 'none':
            yield replace(ask, words=('none', at, code, calls))
        if code != '0':
            yield replace(ask, words=(policy, '0', '0', calls))
        if at != '0':
            yield replace(ask, words=(policy, '0', code, calls))
