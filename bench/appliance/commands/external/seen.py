# SPDX-License-Identifier: GPL-2.0
"""What the boots of a kernel have shown."""

from dataclasses import dataclass, field
from typing import Mapping

from ...boots.records import Record
from ..stress.seen import Seen as Boot
from .cases import Case
from .expected import PLAN


@dataclass(frozen=True)
class Seen:
    """What the boots of a kernel have shown."""
    kernel: str
    records: list[Record]
    cases: list[Case]
    console: str
    splats: list[str]
    died: str  # why it did not come to its end
    plan: Mapping[str, tuple[int, int]] = field(default_factory=lambda: PLAN)
    targets: Boot | None = None  # what the boot for libhugetlbfs has shown, if there was one

    def of(self, test: str, *states: str) -> list[Case]:
        """Return the cases of a test that have one of these states."""
        return [case for case in self.cases if case.test == test and case.state in states]
