# SPDX-License-Identifier: GPL-2.0
"""Files that name things, one a line."""

import re
from pathlib import Path

from ..failure import Failure
from ..paths import short


def entries(path: Path) -> list[str]:
    """Return the lines of such a file, without comments ('#' starts one)."""
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except FileNotFoundError as error:
        raise Failure(f'{short(path)} is missing') from error
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f'{short(path)} is no list: {error}') from error
    return [entry for line in lines if (entry := line.split('#')[0].strip())]


def pattern(text: str) -> re.Pattern[str]:
    """Return what a pattern in such a file stands for: itself, in which * is any text."""
    return re.compile('.*'.join(map(re.escape, text.split('*'))))
