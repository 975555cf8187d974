# SPDX-License-Identifier: GPL-2.0
"""One kernel with its functions in another order.

The address of a function decides with which others it competes for a place in the caches and
branch predictors. So two kernels may differ although all their functions are the same
(Mytkowicz and others, "Producing wrong data without doing anything obviously wrong!", 2009;
Curtsinger and Berger, "Stabilizer", 2013). This module puts the functions of a linked kernel
into random orders.
"""

import hashlib
from pathlib import Path

from ..paths import locked, write_atomically
from ..progress import step
from .movable import Movable


def ensure(build: Path, programs: dict[str, Path], count: int) -> dict[str, list[Path]]:
    """Return count placements of each kernel; a single one is the program as built.

    A kernel may be any program that kernel.py has built, in a folder of its own. Its
    placements are kept in that folder until the program changes.
    """
    if count == 1:
        return {name: [path] for name, path in programs.items()}
    return {name: _placements(build, name, path, count)
            for name, path in programs.items()}


def _placements(build: Path, name: str, program: Path, count: int) -> list[Path]:
    paths = _paths(program, count)
    if all(path.exists() for path in paths):
        return paths
    with locked(build), step(f'{count} orders of the functions of {name}') as shown:
        paths = _paths(program, count)  # again: the program may have changed before the lock
        _forget_others(paths)
        movable = Movable(program)
        for i, path in enumerate(paths):
            shown.update(f'{i} of {count}')
            if not path.exists():
                write_atomically(path, movable.placed(movable.drawn(f'{name} {i}')), 0o755)
    return paths


def _paths(program: Path, count: int) -> list[Path]:
    digest = hashlib.sha256(program.read_bytes()).hexdigest()[:16]
    return [program.parent / 'placements' / f'{digest}-{i}' for i in range(count)]


def _forget_others(paths: list[Path]) -> None:
    """Remove placements of former programs, and files that were left half written."""
    digest = paths[0].name.partition('-')[0]
    for path in paths[0].parent.glob('*'):
        if not path.name.startswith(digest):
            path.unlink()
