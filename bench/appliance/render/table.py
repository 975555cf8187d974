# SPDX-License-Identifier: GPL-2.0
"""Tables of text: for the terminal and mail, and as Markdown."""

from typing import Collection


def aligned(rows: list[list[str]], left: Collection[int]) -> list[str]:
    """Return a line for each row; the columns in left have words, the others numbers."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ['  '.join(cell.ljust(width) if i in left else cell.rjust(width)
                      for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def markdown(rows: list[list[str]], left: Collection[int]) -> str:
    """Return the rows in Markdown; the first row is the header."""
    rule = [':--' if i in left else '--:' for i in range(len(rows[0]))]
    return '\n'.join('| ' + ' | '.join(row) + ' |' for row in (rows[0], rule, *rows[1:]))
