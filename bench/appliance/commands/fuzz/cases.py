# SPDX-License-Identifier: GPL-2.0
"""Cases for `walks replay`: an address space, and what is asked of it.

Addresses are numbers of pages. docs/formats.md has the lines that the guest reads.
"""

from dataclasses import dataclass, replace
from typing import Iterable

HUGE = 512  # pages of a huge page, and of a page table
# How a layout file (docs/layouts.md) writes each kind of VMA.
IN_LAYOUT = {
    'anon': ['kind=anon'], 'forked': ['kind=anon', 'touch=fork'],
    'zero': ['kind=anon', 'prot=r', 'touch=read'], 'poisoned': ['kind=anon', 'touch=poison'],
    'file': ['kind=file'], 'shared_file': ['kind=file', 'shared=yes'],
    'hugetlb': ['kind=hugetlb'], 'pfnmap': ['kind=pfnmap_fault'], 'linear': ['kind=pfnmap'],
    'cow': ['kind=pfnmap_cow'], 'mixedmap': ['kind=mixedmap']}

Range = tuple[int, int]  # from the first page to the one behind the last


@dataclass(frozen=True)
class Vma:
    """A mapping, and the ranges of pages in it that are populated."""
    start: int
    end: int
    kind: str
    populated: tuple[Range, ...] = ()

    @property
    def unit(self) -> int:
        """Pages that are populated together."""
        return HUGE if self.kind == 'hugetlb' else 1

    def cut(self, start: int, end: int) -> 'Vma':
        """Return the part of it from start to end."""
        inside = [(max(first, start), min(last, end)) for first, last in self.populated]
        return replace(self, start=start, end=end,
                       populated=tuple(one for one in inside if one[0] < one[1]))


@dataclass(frozen=True)
class Ask:
    """One read of a range; the words behind it are as in the line that the guest reads."""
    what: str  # walk, walk_range_vma, walk_page_vma, pagemap, scan, mincore; smaps has no range
    start: int = 0
    end: int = 0
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = [] if self.what == 'smaps' else [str(self.start), str(self.end)]
        return ' '.join([self.what, *place, *self.words])


@dataclass(frozen=True)
class Case:
    """An address space, and what is asked of it."""
    name: str
    vmas: tuple[Vma, ...]
    asks: tuple[Ask, ...]

    def __str__(self) -> str:
        vmas = ', '.join(f'{vma.end - vma.start} {vma.kind}' for vma in self.vmas)
        return f'{vmas}: {"; ".join(map(str, self.asks))}'

    def is_possible(self) -> bool:
        """Whether the guest takes it: a walk of one VMA needs the VMA."""
        return all(any(vma.start <= int(ask.words[0]) < vma.end and (
            ask.what != 'walk_page_vma' or (vma.start, vma.end) == (ask.start, ask.end))
            for vma in self.vmas) for ask in self.asks if ask.what.endswith('_vma'))

    def lines(self) -> list[str]:
        """Return what the guest reads."""
        return [f'case {self.name}',
                *(f'vma {vma.start} {vma.end} {vma.kind}' for vma in self.vmas),
                *(f'populate {first} {end}' for vma in self.vmas for first, end in vma.populated),
                *map(str, self.asks)]


def text(cases: Iterable[Case]) -> str:
    """Return the file that the guest reads."""
    return ''.join(f'{line}\n' for case in cases for line in case.lines())


def layout(case: Case, about: Iterable[str]) -> str:
    """Return the address space as a layout file, with comments on top."""
    base = case.vmas[0].start // HUGE ** 2 * HUGE ** 2 if case.vmas else 0
    sections = ['\n'.join([f'[vma {number}]', *IN_LAYOUT[vma.kind], f'at={vma.start - base}',
                           f'size={vma.end - vma.start}', *_populate(vma), *_apart(vma, number)])
                for number, vma in enumerate(case.vmas)]
    comments = '\n'.join(f'# {line}' for line in about)
    return '\n\n'.join(['# SPDX-License-Identifier: GPL-2.0\n' + comments, *sections]) + '\n'


def _apart(vma: Vma, number: int) -> list[str]:
    """Neighbours would merge, so the guest keeps every other one apart."""
    return ['apart=yes'] * (vma.kind in ('anon', 'forked') and number % 2)


def _populate(vma: Vma) -> list[str]:
    pages = [f'{(first - vma.start) // vma.unit}-{(end - vma.start) // vma.unit - 1}'
             for first, end in vma.populated]
    return [f'populate={",".join(pages)}'] if pages else []
