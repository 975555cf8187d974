# SPDX-License-Identifier: GPL-2.0
"""The layouts and walks that there are, as the guest's program names them; a row is one of each."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from .. import process
from ..failure import Failure
from . import guest, layouts

Row = tuple[str, str]  # layout, walk


@dataclass(frozen=True)
class Known:
    """The layouts and walks that rows can be made of.

    More layouts, and readers, which are walks, are taken only by name.
    """
    layouts: tuple[str, ...]
    walks: tuple[str, ...]
    readers: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    def rows(self, asked: Iterable[str]) -> tuple[Row, ...]:
        """Return the rows of LAYOUT and LAYOUT:WALK,WALK arguments.

        LAYOUT alone is all walks but the readers, and no argument is all layouts.
        """
        found: list[Row] = []
        for choice in tuple(asked) or self.layouts:
            layout, colon, walks = choice.partition(':')
            _check('layout', layout, self.layouts + self.more)
            for walk in walks.split(',') if colon else self.walks:
                _check('walk', walk, self.walks + self.readers)
                found.append((layout, walk))
        return tuple(dict.fromkeys(found))

    def row(self, asked: str) -> Row:
        """Return the one row that LAYOUT:WALK is."""
        rows = self.rows([asked])
        if len(rows) != 1:
            raise Failure(f'{asked}: give one row, LAYOUT:WALK, as in dense:pte_entry')
        return rows[0]


def _check(what: str, name: str, there_are: tuple[str, ...]) -> None:
    if name not in there_are:
        raise Failure(f"no {what} '{name}': there are {', '.join(there_are)}; a row is LAYOUT:WALK")


def known(build: Path, asked: Iterable[str] = ()) -> Known:
    """Ask the guest's program, which runs here, too; no kernel is built for that.

    asked are layouts, or files of them, which are taken instead of those that are usual.
    """
    program = guest.ensure_program(build)
    listed = process.output([program, 'list'])
    names: dict[str, list[str]] = defaultdict(list)
    for line in listed.splitlines():
        kind, name, *_ = line.split()
        names[kind].append(name)
    shipped = [*names['layout'], *names['more']]
    chosen = layouts.take(program, asked, shipped) or tuple(names['layout'])
    return Known(chosen, tuple(names['walk']), tuple(names['reader']),
                 tuple(name for name in shipped if name not in chosen))


def arguments(rows: Iterable[Row]) -> list[str]:
    """Return the arguments of the guest's program for rows, one for each layout."""
    walks: dict[str, list[str]] = defaultdict(list)
    for layout, walk in rows:
        walks[layout].append(walk)
    return [f'{layout}:{",".join(of_layout)}' for layout, of_layout in walks.items()]
