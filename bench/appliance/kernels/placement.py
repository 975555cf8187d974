# SPDX-License-Identifier: GPL-2.0
"""One kernel with its functions in another order.

The address of a function decides with which others it competes for a place in the caches and
branch predictors. So two kernels may differ although all their functions are the same
(Mytkowicz and others, "Producing wrong data without doing anything obviously wrong!", 2009;
Curtsinger and Berger, "Stabilizer", 2013). This module puts the functions of a linked kernel
into random orders.
"""

from dataclasses import replace
from pathlib import Path

from ..paths import locked, write_atomically
from ..progress import step
from .build import Built
from .movable import Movable


def ensure(build: Path, kernels: dict[str, Built], count: int) -> dict[str, list[Built]]:
    """Count placements of each kernel, kept beside it; with one, that of the build."""
    if count == 1:
        return {name: [built] for name, built in kernels.items()}
    return {name: [replace(built, program=path) for path in _placements(build, name, built, count)]
            for name, built in kernels.items()}


def _placements(build: Path, name: str, built: Built, count: int) -> list[Path]:
    paths = [built.folder / 'placements' / str(i) for i in range(count)]
    if all(path.exists() for path in paths):
        return paths
    with locked(build), step(f'{count} orders of the functions of {name}') as shown:
        movable = Movable(built)
        for i, path in enumerate(paths):
            shown.update(f'{i} of {count}')
            if not path.exists():
                write_atomically(path, movable.placed(movable.drawn(f'{name} {i}')), 0o755)
    return paths
