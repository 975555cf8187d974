# SPDX-License-Identifier: GPL-2.0
"""The layouts and walks that a guest has; a row is one of each."""

from typing import Iterable

# The layouts that /bin/walks (workloads/) builds, and its walks.
LAYOUTS = ('hugetlb', 'pfnmap', 'sparse', 'dense')
WALKS = ('pmd_entry', 'pte_entry', 'pte_hole', 'smaps', 'pagemap')


Row = tuple[str, str]  # layout, walk


def chosen_rows(asked: Iterable[str]) -> list[Row]:
    """Return the rows of LAYOUT and LAYOUT:WALK,WALK arguments; all rows if there are none."""
    found = []
    for choice in tuple(asked) or LAYOUTS:
        layout, _, walks = choice.partition(':')
        found += [(layout, walk) for walk in (walks.split(',') if walks else WALKS)]
    return list(dict.fromkeys(found))
