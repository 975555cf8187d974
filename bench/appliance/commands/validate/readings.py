# SPDX-License-Identifier: GPL-2.0
"""What every reader of page tables says on two kernels, which are booted at the same time."""

from dataclasses import dataclass, field

from ...boots import guest
from ...boots.records import Reader, of_type
from ...kernels.build import Built
from .both import Seen, seen_on_both

Key = tuple[str, str, str]  # reader, layout, case


@dataclass
class Readings(Seen):
    """What the readers said on one kernel, and how its boot went."""
    said: dict[Key, Reader] = field(default_factory=dict)


def of_both(appliance: guest.Appliance, base: Built, patched: Built,
            layouts: tuple[str, ...] = ()) -> tuple[Readings, Readings]:
    """Boot both kernels, and return what was read on each, of these layouts, too."""
    first, second = (
        Readings(**vars(seen), said={(one.reader, one.layout, one.case): one
                                     for one in of_type(Reader, seen.records)})
        for seen in seen_on_both(appliance, base, patched, 'readers', *layouts))
    return first, second
