# SPDX-License-Identifier: GPL-2.0
"""What a boot of a kernel has shown."""

from dataclasses import dataclass

from ...boots.records import Record
from .cases import Case


@dataclass(frozen=True)
class Seen:
    """What a boot of a kernel has shown."""
    kernel: str
    records: list[Record]
    cases: list[Case]
    console: str
    splats: list[str]
    died: str  # why it did not come to its end

    def of(self, test: str, *states: str) -> list[Case]:
        """Return the cases of a test that have one of these states."""
        return [case for case in self.cases if case.test == test and case.state in states]
