# SPDX-License-Identifier: GPL-2.0
"""What every reader of page tables says on two kernels."""

from dataclasses import dataclass, field

from ...boots import guest
from ...boots.records import Reader, of_type
from ...kernels.build import Built
from .both import seen_on_both

Key = tuple[str, str, str]  # reader, layout, case


@dataclass
class Readings:
    """What the readers said on one kernel, and how its boot went."""
    kernel: str
    said: dict[Key, Reader] = field(default_factory=dict)
    died: str = ''  # why the boot did not come to its end, with its stack
    splats: list[str] = field(default_factory=list)  # and complaints, each with its stack


def of_both(appliance: guest.Appliance, base: Built, patched: Built) -> tuple[Readings, Readings]:
    """Boot both kernels, and return what was read on each."""
    first, second = (
        Readings(seen.kernel, {(one.reader, one.layout, one.case): one
                               for one in of_type(Reader, seen.records)}, seen.died, seen.splats)
        for seen in seen_on_both(appliance, base, patched, 'readers'))
    return first, second
