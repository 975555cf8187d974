# SPDX-License-Identifier: GPL-2.0
"""Random cases: address spaces that differ at each joint, and reads around the joints.

Forked memory is shared with a child; there are no other processes. Poisoned memory is not
scanned, since nothing says how PAGEMAP_SCAN reports it.
"""

from random import Random
from types import MappingProxyType
from typing import Callable, Iterable, Mapping

from .cases import HUGE, Ask, Case, Range, Vma

BASE = 1 << 24  # 64 GiB, far from the program
TOP = HUGE * HUGE  # pages behind a top-level entry
KINDS: Mapping[str, int] = MappingProxyType({
    'anon': 6, 'hugetlb': 6, 'pfnmap': 3, 'linear': 3, 'zero': 2, 'cow': 2, 'file': 1,
    'shared_file': 1, 'mixedmap': 1, 'forked': 1, 'poisoned': 1})
OF_PROBE = ('pfnmap', 'linear', 'cow', 'mixedmap')
NO_PROBE = {kind: weight for kind, weight in KINDS.items() if kind not in OF_PROBE}
MOST_HUGE = 6  # huge pages that are populated in a case
MOST_PTES = 90  # pages of a walk that calls back for each; the guest keeps 112 calls
MOST_PAGES = 1024  # pages of any walk
SETS = ('pte_entry,pte_hole,hugetlb_entry', 'pmd_entry,pte_hole,hugetlb_entry',
        'pmd_entry,pte_entry,pte_hole,hugetlb_entry', 'pte_entry,hugetlb_entry', 'pmd_entry',
        'pte_hole', 'hugetlb_entry', 'pmd_entry,pte_hole')
POLICIES = ('walk', 'skip_pfnmap', 'skip_hugetlb', 'skip_all', 'fail_pfnmap')
# Categories of PAGEMAP_SCAN that a layout knows: file, present, zero page. Nothing says whether
# a huge page that is absent is huge.
CATEGORIES = (1 << 2, 1 << 3, 1 << 5)
ALL = sum(CATEGORIES)


def cases(seed: int, numbers: Iterable[int], often: Mapping[str, int] = MappingProxyType({}),
          weights: Mapping[str, int] = KINDS) -> list[Case]:
    """Return the cases of a seed that have these numbers, each named by its own."""
    return [case(Random(f'{seed} {number}'), f'{number}', often, weights) for number in numbers]


def case(random: Random, name: str, often: Mapping[str, int] = MappingProxyType({}),
         weights: Mapping[str, int] = KINDS, asks: int = 40) -> Case:
    """Return one, the same for the same state of random.

    A read comes as many times as often; that is 1 for what it does not name, and 0 for never.
    The weights are those of kinds of memory.
    """
    vmas = _vmas(random, weights)
    points = _points(vmas)
    kinds = {vma.kind for vma in vmas}
    makers = [maker for what, of_read in READS.items() for maker in of_read * often.get(what, 1)
              if what != 'scan' or 'poisoned' not in kinds]
    return Case(name, vmas, (Ask('smaps'), *(random.choice(makers)(random, vmas, points)
                                             for _ in range(asks))))


def _vmas(random: Random, weights: Mapping[str, int]) -> tuple[Vma, ...]:
    vmas: list[Vma] = []
    at = BASE + random.choice((0, 0, random.randrange(TOP), TOP - random.randrange(1, 20)))
    huge = 0
    for _ in range(random.randint(1, 9)):
        at += _gap(random, at)
        kind = random.choices(list(weights), list(weights.values()))[0]
        if kind == 'mixedmap' and any(vma.kind == kind for vma in vmas):
            kind = 'anon'  # all of that memory is the same
        if vmas and vmas[-1].end == at and _would_merge(vmas[-1].kind, kind):
            at += random.randint(1, 9)
        if kind == 'hugetlb':
            at = -(-at // HUGE) * HUGE
        vma = Vma(at, at + _size(random, at, kind), kind)
        vma = Vma(vma.start, vma.end, kind, _populated(random, vma, MOST_HUGE - huge))
        huge += sum(end - first for first, end in vma.populated) // HUGE * (kind == 'hugetlb')
        vmas.append(vma)
        at = vma.end
    return tuple(vmas)


def _would_merge(left: str, right: str) -> bool:
    """Markers do not keep anonymous memory apart; every other 'anon' is apart by itself."""
    return 'poisoned' in (left, right) or left == right == 'zero'


def _gap(random: Random, at: int) -> int:
    return random.choice((0, 0, 0, 0, random.randint(1, 9), HUGE - at % HUGE,
                          HUGE - at % HUGE + random.randint(0, 3), random.randint(1, 5) * HUGE,
                          TOP - at % TOP, TOP - at % TOP + random.randint(0, 600)))


def _size(random: Random, at: int, kind: str) -> int:
    if kind == 'hugetlb':
        return random.choice((1, 1, 2, 3, 5)) * HUGE
    size = random.choice((random.randint(1, 3), random.randint(1, 40), HUGE - at % HUGE,
                          HUGE - at % HUGE + random.randint(1, 9), random.randint(500, 520),
                          random.randint(1, 3) * HUGE, random.randint(600, 1700)))
    return min(size, HUGE) if kind in ('cow', 'mixedmap') else size


def _populated(random: Random, vma: Vma, most_huge: int) -> tuple[Range, ...]:
    pages = (vma.end - vma.start) // vma.unit
    if vma.kind == 'linear' or random.random() < 0.2:  # linear: mapped throughout
        return ()
    if random.random() < 0.3:
        cuts = [0, pages]
    else:
        cuts = sorted({random.randint(0, pages) for _ in range(random.choice((2, 2, 4, 6)))})
    ranges = list(zip(cuts[::2], cuts[1::2]))
    if vma.unit == HUGE:
        ranges = [(first, min(end, first + most_huge)) for first, end in ranges[:1] if most_huge > 0]
    return tuple((vma.start + first * vma.unit, vma.start + end * vma.unit)
                 for first, end in ranges)


def _points(vmas: tuple[Vma, ...]) -> list[int]:
    """Return the pages around which it is worth reading."""
    found = set()
    for vma in vmas:
        found |= {vma.start, vma.end}
        found |= {page for one in vma.populated for page in one}
        found |= {-(-vma.start // HUGE) * HUGE, vma.end // HUGE * HUGE, -(-vma.end // TOP) * TOP}
    return sorted(found)


def _range(random: Random, points: list[int], most: int) -> Range:
    start = random.choice(points) + random.choice((0, 0, -1, 1, random.randint(-9, 9)))
    if random.random() < 0.3:
        end = random.choice(points) + random.choice((0, -1, 1))
    else:
        end = start + random.choice((1, 2, random.randint(1, 20), random.randint(1, most)))
    return start, min(max(end, start + 1), start + most)


def _stop(random: Random) -> tuple[str, str]:
    if random.random() < 0.7:
        return '0', '0'
    return str(random.randint(0, 6)), random.choice(('7', '-7'))


def _walk(random: Random, _: tuple[Vma, ...], points: list[int]) -> Ask:
    calls = random.choice(SETS)
    start, end = _range(random, points, MOST_PTES if 'pte_entry' in calls else MOST_PAGES)
    if random.random() < 0.04:
        end = start - random.randint(0, 2)
    policy = random.choice(('none', random.choice(POLICIES)))
    return Ask('walk', start, end, (policy, *_stop(random), calls))


def _one_vma(random: Random, vmas: tuple[Vma, ...], points: list[int]) -> Ask:
    vma, calls = random.choice(vmas), random.choice(SETS)
    most = MOST_PTES if 'pte_entry' in calls else MOST_PAGES
    if random.random() < 0.3 and vma.end - vma.start <= most:
        return Ask('walk_page_vma', vma.start, vma.end, (str(vma.start), *_stop(random), calls))
    start, end = _range(random, points, most)
    if random.random() < 0.8:
        start = min(max(start, vma.start), vma.end - 1)
        end = min(max(end, start + 1), vma.end, start + most)
    return Ask('walk_range_vma', start, end, (str(vma.start), *_stop(random), calls))


def _pagemap(random: Random, _: tuple[Vma, ...], points: list[int]) -> Ask:
    return Ask('pagemap', *_range(random, points, random.choice((3, 40, 511, 600, 2000))))


def _mincore(random: Random, _: tuple[Vma, ...], points: list[int]) -> Ask:
    return Ask('mincore', *_range(random, points, random.choice((3, 40, 600))))


def _scan(random: Random, _: tuple[Vma, ...], points: list[int]) -> Ask:
    start, end = _range(random, points, random.choice((3, 40, 600, 2000)))
    inverted, mask, anyof = (random.choice((0, random.choice(CATEGORIES), random.randrange(ALL) & ALL))
                             for _ in range(3))
    report = random.choice((ALL, random.randrange(ALL + 1) & ALL))
    limits = random.choice((0, 0, random.randint(1, 5), random.randint(1, 600))), \
        random.choice((512, 512, random.randint(1, 4)))
    return Ask('scan', start, end, tuple(map(str, (inverted, mask, anyof, report, *limits))))


# How often each read comes, next to the others.
READS: dict[str, list[Callable[[Random, tuple[Vma, ...], list[int]], Ask]]] = {
    'walk': [_walk] * 12 + [_one_vma] * 3, 'pagemap': [_pagemap] * 3, 'mincore': [_mincore] * 2,
    'scan': [_scan] * 5}
