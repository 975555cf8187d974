# SPDX-License-Identifier: GPL-2.0
"""Build a kernel after each of its patches, with the further warnings of W=1.

All are built in one object folder, one after the other, and nothing is compiled again that
does not change. The folder remembers what the compiler said of each object file when it was
last compiled. A folder whose last build was cut short remembers nothing, and is made anew.
"""

import json
import shutil
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Sequence

from ..paths import locked, write_atomically
from ..progress import Step
from ..sandbox import OPEN, Sandbox
from . import said, sources
from .kbuild import WARNINGS, WITH_WARNINGS, ObjectFolder
from .said import Said
from .series import Kernel
from .tree import PatchedTree

ALL = ('linux',)


@dataclass(frozen=True)
class Tree:
    """What is said of a kernel: no errors if it builds, and the warnings of all its files."""
    errors: tuple[str, ...]
    warnings: frozenset[Said]


def build(folder: Path, kernel: Kernel, targets: Sequence[str] = ALL,
          sandbox: Sandbox = OPEN) -> Tree:
    """Build a kernel in the build folder, or only these targets of it."""
    with locked(folder):
        source = sources.prepare(folder, kernel.version)
        patched = PatchedTree(source.tree, folder / 'pristine')
        patched.bring_to(kernel.stack)
        objects = ObjectFolder(source, patched, f'W1-{kernel.configuration}',
                               sandbox=sandbox)
        known = _take_record(objects)
        objects.configure(kernel.requested())
        lines, status = _make(objects, kernel.name, targets)
        new = said.warnings(lines)
        errors = said.errors(lines) or ['make failed'] if status else []
        if status:  # the compiler may not have come to what it warned of before
            new = {made: warned | known.get(made, set()) for made, warned in new.items()}
        known |= new
        _record(objects, known)
        return Tree(tuple(errors), frozenset().union(*known.values()))


def _make(objects: ObjectFolder, name: str, targets: Sequence[str]) -> tuple[list[str], int]:
    shown = Step(f'building {name}')
    lines = []
    compiled = 0
    with objects.make([*WITH_WARNINGS, *targets]) as ran:
        assert ran.stdout
        for line in ran.stdout:
            lines.append(line.rstrip('\n'))
            compiled += line.startswith('  CC ')
            shown.update(f'{compiled} files compiled')
    shown.end(f'{"failed" if ran.returncode else "done"}, {compiled} files compiled')
    return lines, ran.returncode


def _take_record(objects: ObjectFolder) -> dict[str, set[Said]]:
    objects.begin()
    record = objects.beside(WARNINGS)
    try:
        text = record.read_text(encoding='utf-8')
    except FileNotFoundError:
        shutil.rmtree(objects.path, ignore_errors=True)
        return {}
    record.unlink()
    return {made: {Said(*one) for one in warned} for made, warned in json.loads(text).items()}


def _record(objects: ObjectFolder, known: dict[str, set[Said]]) -> None:
    write_atomically(objects.beside(WARNINGS), json.dumps(
        {made: sorted(map(astuple, warned)) for made, warned in known.items()}))
