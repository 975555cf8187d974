# SPDX-License-Identifier: GPL-2.0
"""What moved and was accepted, with a reason each: it rings no longer."""

import re
from dataclasses import dataclass
from pathlib import Path

from ...failure import Failure
from ...kernels.lists import pattern
from ...kernels.version import LINUX
from ...paths import short

LINE = re.compile(r'(?P<until>\d{4}-\d\d-\d\d) (?P<pattern>\S.*?)\s+# (?P<reason>.*\S)')
FORM = 'YYYY-MM-DD PATTERN # REASON'
FILE = LINUX.folder / 'accepted'


@dataclass(frozen=True)
class Accepted:
    """A line of the file: what moved until that day, and has a name that fits the pattern."""
    until: str
    pattern: str
    reason: str

    def fits(self, day: str, name: str) -> bool:
        """Return whether what moved on a day is meant; * stands for any text."""
        return day <= self.until and pattern(self.pattern).fullmatch(name) is not None


def read(path: Path = FILE) -> list[Accepted]:
    """Read the file; without it nothing is accepted."""
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f'{short(path)} is no list of what is accepted: {error}') from error
    return [_line(f'{short(path)}:{number}', line.strip()) for number, line in enumerate(lines, 1)
            if line.strip() and not line.lstrip().startswith('#')]


def _line(where: str, line: str) -> Accepted:
    found = LINE.fullmatch(line)
    if not found:
        raise Failure(f'{where}: this accepts nothing, which has the form {FORM}: {line}')
    return Accepted(**found.groupdict())
