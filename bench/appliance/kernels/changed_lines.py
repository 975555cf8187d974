# SPDX-License-Identifier: GPL-2.0
"""Which lines of files patches have changed or added, whatever number of patches it took."""

import os
import re
import tempfile
from pathlib import Path
from typing import Mapping

from ..paths import write_atomically
from . import git

# Added lines begin with another sign than a name does, so no line of a file can look like one.
OPTIONS = ('--no-index', '--no-prefix', '--unified=0', '--output-indicator-new=>')
LINE = re.compile(r'\+\+\+ (?P<file>.*?)\t?|@@ -\S+ \+(?P<first>\d+)(?:,(?P<count>\d+))? @@.*')


def changed_lines(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[int]]:
    """Return the numbers of lines that are new in each file, by its name after the patches."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for side, texts in (('before', before), ('after', after)):
            (folder / side).mkdir()
            for name, text in texts.items():
                write_atomically(folder / side / name, text)
        said = git.alone('diff', *OPTIONS, folder / 'before', folder / 'after').stdout
        return _numbers(os.fsdecode(said), f'{folder}/after/'.lstrip('/'))


def _numbers(diff: str, top: str) -> dict[str, list[int]]:
    """Read a diff of files whose names begin with top."""
    found: dict[str, list[int]] = {}
    name = ''
    for match in filter(None, map(LINE.fullmatch, diff.split('\n'))):
        if match['file'] is not None:
            name = match['file'].removeprefix(top)
        else:
            first, count = int(match['first']), int(match['count'] or 1)
            found.setdefault(name, []).extend(range(first, first + count))
    return {name: numbers for name, numbers in found.items() if numbers}
