# SPDX-License-Identifier: GPL-2.0
"""Plain text for mail, at most 72 columns wide."""

import textwrap
from typing import Sequence

from .visible import visible

WIDTH = 72


def paragraph(text: str, first: str = '', other: str | None = None) -> str:
    """Fold a text; first stands in front of the first line, other (as many spaces) of the others."""
    return textwrap.fill(visible(text), WIDTH, initial_indent=first, break_on_hyphens=False,
                         subsequent_indent=' ' * len(first) if other is None else other)


def bullets(texts: Sequence[str]) -> str:
    """Return an item for each text."""
    return '\n'.join(paragraph(text, '- ') for text in texts)


def described(pairs: Sequence[tuple[str, str]]) -> str:
    """Return a line for each name and text. No line is one that git takes for a trailer."""
    width = max(len(name) for name, _ in pairs)
    return '\n'.join(paragraph(text, f'  {name:{width}}  ') for name, text in pairs)


def command(words: Sequence[str]) -> str:
    """Return a command, of words as a shell takes them, each of which stays whole."""
    lines = [f'  {words[0]}']
    for word in words[1:]:
        if len(lines[-1]) + len(word) + len('  \\') > WIDTH:
            lines.append('   ')
        lines[-1] += f' {visible(word)}'
    return ' \\\n'.join(lines)
