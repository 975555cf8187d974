# SPDX-License-Identifier: GPL-2.0
"""Patches for tests, as they would be posted."""

import difflib
from pathlib import Path

AUTHOR = 'A Developer <Developer@Example.org>'
MESSAGE = 'Say why.\n'


class WrittenSeries:
    """A series that is written change by change, onto files that it knows."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.files: dict[str, str] = {}
        self.patches: list[Path] = []

    def knows(self, name: str, text: str) -> 'WrittenSeries':
        """Have a file of the tree, which patches may change."""
        self.files[name] = text
        return self

    def change(self, name: str, old: str, new: str, *, title: str = 'mm: change something',
               message: str = MESSAGE, author: str = AUTHOR, signed: str | None = AUTHOR,
               notes: str = '') -> Path:
        """Write a patch that replaces a text in a file."""
        before = self.files[name]
        assert before.count(old) == 1, f'{name} has it {before.count(old)} times: {old}'
        self.files[name] = before.replace(old, new)
        diff = ''.join(difflib.unified_diff(before.splitlines(True),
                                            self.files[name].splitlines(True),
                                            f'a/{name}', f'b/{name}'))
        number = len(self.patches) + 1
        path = self.folder / f'{number:04}-change.patch'
        signature = f'\nSigned-off-by: {signed}\n' if signed else ''
        path.write_text(f'From: {author}\nSubject: [PATCH {number}] {title}\n\n{message}{signature}'
                        f'---\n{notes}\ndiff --git a/{name} b/{name}\n{diff}')
        self.patches.append(path)
        return path
