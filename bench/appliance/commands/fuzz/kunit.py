# SPDX-License-Identifier: GPL-2.0
"""A case as a layout of the KUnit suite `pagewalk`, of which all its tests walk every range."""

import difflib

from ...paths import TOP
from .cases import HUGE, Case, Vma

SUITE = 'mm/tests/pagewalk_kunit.c'
MOST_AREAS = 4
MOST_PAGES = 6 * HUGE  # the suite keeps 8 * HUGE calls of callbacks
TOP_LEVEL = HUGE * HUGE  # pages behind a top-level entry
# The suite's layouts begin with the last page table of a top-level entry.
ORIGIN = TOP_LEVEL - HUGE
NAMES = {'anon': 'ANON', 'linear': 'PFNMAP', 'hugetlb': 'HUGETLB'}
LAST = '};\n'  # line behind the layouts


def patch(case: Case, name: str) -> str | None:
    """Return a patch that adds the case's address space; None if the suite has not such memory."""
    added = _layout(case, name)
    if not added:
        return None
    before = (TOP / 'kernel-patches' / 'files' / SUITE).read_text(encoding='utf-8').splitlines(True)
    at = before.index(LAST, before.index('static const struct layout layouts[] = {\n'))
    after = [*before[:at], *added, *before[at:]]
    return ''.join(difflib.unified_diff(before, after, f'a/{SUITE}', f'b/{SUITE}'))


def _layout(case: Case, name: str) -> list[str]:
    vmas = case.vmas
    if not 0 < len(vmas) <= MOST_AREAS or any(
            vma.kind not in NAMES or len(vma.populated) > 1 for vma in vmas):
        return []
    first = (vmas[0].start - ORIGIN) % TOP_LEVEL
    end = vmas[-1].end + 1 - vmas[0].start + first
    if end - first > MOST_PAGES:
        return []
    areas = ',\n'.join(f'\t\t{_area(vma, vmas[0].start - first)}' for vma in vmas)
    return [f'\t{{ "{name}", {len(vmas)}, {end}, {{\n', *f'{areas} }} }},\n'.splitlines(True)]


def _area(vma: Vma, origin: int) -> str:
    numbers = [page - origin for page in (vma.start, vma.end, *sum(vma.populated, ()))]
    return f'{{ {NAMES[vma.kind]}, {", ".join(map(str, numbers))} }}'
