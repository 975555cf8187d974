# SPDX-License-Identifier: GPL-2.0
"""Whether what a tool says agrees with the truth of a layout, and with what umwalk reads."""

from typing import Callable, Iterator, NamedTuple

from . import said
from .said import Said

# The flags of page-types that each of the two knows.
LETTERS = {'truth': 'aFGz1', 'walks': 'F1'}

Fields = dict[str, int]


def of_vmas(found: Said, reference: Said, _: str) -> Iterator[str]:
    """Yield in what the fields of smaps differ."""
    for start in sorted(found.vmas.keys() | reference.vmas.keys()):
        if start in found.vmas and start in reference.vmas:
            yield from _of_each(f'VMA {start:#x}: ', found.vmas[start], reference.vmas[start])
        else:
            yield f'VMA {start:#x} is ' + ('missing' if start in reference.vmas else 'too many')


def of_totals(found: Said, reference: Said, _: str) -> Iterator[str]:
    """Yield in what the sums over all VMAs differ."""
    yield from _of_each('', found.totals, reference.totals)


def of_pages(found: Said, reference: Said, letters: str) -> Iterator[str]:
    """Yield which pages differ, in being present or in their flags."""
    for page in sorted(found.pages.keys() | reference.pages.keys()):
        is_, ought = (_flags(of.pages.get(page), letters) for of in (found, reference))
        if is_ != ought:
            yield f'page {page << 12:#x} is {is_}, expected {ought}'


def of_files(found: Said, reference: Said, _: str) -> Iterator[str]:
    """Yield of which mapped files the resident pages differ."""
    for start in sorted(found.files.keys() | reference.files.keys()):
        is_, ought = found.files.get(start), reference.files.get(start)
        if is_ != ought:
            yield f'the file at {start:#x}: resident pages, and all, are {is_}, expected {ought}'


def _of_each(where: str, found: Fields, reference: Fields) -> Iterator[str]:
    for name, value in found.items():
        if value != reference.get(name):
            yield f'{where}{name} is {value}, expected {reference.get(name)}'


def _flags(flags: str | None, letters: str) -> str:
    """Return the flags that both know, in one order."""
    if flags is None:
        return 'absent'
    return f'present {"".join(letter for letter in letters if letter in flags)}'.strip()


class Tool(NamedTuple):
    """How its output is read, what it tells, and how that is compared."""
    read: Callable[[str], Said]
    tells: str  # the facts of a Said
    differences: Callable[[Said, Said, str], Iterator[str]]


TOOLS = {'page-types': Tool(said.of_page_types, 'pages', of_pages),
         'pmap': Tool(said.of_pmap, 'vmas', of_vmas),
         'smem': Tool(said.of_smem, 'totals', of_totals),
         'vmtouch': Tool(said.of_vmtouch, 'files', of_files)}
