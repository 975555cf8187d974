# SPDX-License-Identifier: GPL-2.0
"""What is known of a stressor once its boot is over: the row that it has in the table."""

from dataclasses import dataclass, field


@dataclass
class Row:
    """A stressor: what it did, how often others read about it, and what was wrong.

    A stressor that did nothing says why.
    """
    stressor: str
    operations: int = 0
    reads: int = 0
    faults: list[str] = field(default_factory=list)
    not_run: str = ''
    notes: list[str] = field(default_factory=list)  # what else its readers counted, a line each

    @property
    def is_bad(self) -> bool:
        """Whether something was wrong, or nothing was tried."""
        return bool(self.faults or self.not_run)

    @property
    def state(self) -> str:
        """Say in a word or two how it went."""
        if self.faults:
            return f'{len(self.faults)} faults' if len(self.faults) > 1 else '1 fault'
        return f'not run: {self.not_run}' if self.not_run else 'none'
