# SPDX-License-Identifier: GPL-2.0
"""One kernel with its functions in another order.

Where a function lies decides which others it competes with for a place in the
caches and branch predictors, so that two kernels differ whose functions are
all the same (Mytkowicz and others, "Producing wrong data without doing
anything obviously wrong!", 2009; Curtsinger and Berger, "Stabilizer", 2013).
Here the same objects are linked again, with all functions in random order.
"""

import hashlib
import random
import subprocess
from pathlib import Path

from . import kernel
from .guest import Appliance
from .paths import locked
from .progress import step


def ensure(build: Path, appliance: Appliance, count: int) -> dict[str, list[Path]]:
    """Programs by kernel, count placements of each; with one, that of the build."""
    if count == 1:
        return {name: [path] for name, path in appliance.kernels.items()}
    return {name: _placements(build, name, path, count)
            for name, path in appliance.kernels.items()}


def _placements(build: Path, name: str, program: Path, count: int) -> list[Path]:
    folder = program.parent / 'placements'
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    paths = [folder / f'{digest[:16]}-{i}' for i in range(count)]
    missing = [i for i, path in enumerate(paths) if not path.exists()]
    if not missing:
        return paths
    with step(f'linking {name} with {len(missing)} placements of its functions') as shown:
        with locked(build):
            _forget_others(folder, digest)
            functions = _functions(program)
            with kernel.Linking(build, name) as linking:
                for done, i in enumerate(missing):
                    shown.update(f'{done} of {len(missing)}')
                    order = random.Random(f'{name} {i}').sample(functions, len(functions))
                    linking.link(order, paths[i])
    return paths


def _forget_others(folder: Path, digest: str) -> None:
    """Those of a program that is no more."""
    if folder.exists():
        for path in folder.iterdir():
            if not path.name.startswith(digest[:16]):
                path.unlink()


def _functions(program: Path) -> list[str]:
    """The names of all functions, each of which may have a section of its own."""
    listed = subprocess.run(['nm', '--defined-only', program], capture_output=True, text=True,
                            check=True).stdout
    fields = (line.split() for line in listed.splitlines())
    return sorted({name for _, kind, name in fields if kind in 'tT' and not name.endswith('.cold')})
