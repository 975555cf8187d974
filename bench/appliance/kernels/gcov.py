# SPDX-License-Identifier: GPL-2.0
"""What gcov says of the lines of a kernel: which of them have code, and how often it ran."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from .. import process
from ..failure import Failure
from ..sandbox import Sandbox

Counts = Mapping[str, Mapping[int, int]]  # by file of the tree, and by line
Functions = Mapping[str, Mapping[int, str]]  # likewise

# gcc notes lines only after its first optimizations, which would leave no `return -EINVAL;`. With
# debug information it notes the calls of inline functions, too.
FLAGS = '-ftest-coverage -g2 -fdisable-tree-early_optimizations'
COUNTING = f'{FLAGS} -fprofile-arcs'

FUNCTION = (0x01000000).to_bytes(4, 'little')  # begins one in the notes: GCOV_TAG_FUNCTION

# What gcov says of an object without counts, and of one without functions.
HARMLESS = ('assuming not executed', 'no functions found')


def has_functions(notes: Path) -> bool:
    """Say whether an object has any, by its notes; the kernel counts nothing of one without."""
    return FUNCTION in notes.read_bytes()


def lines(folders: Sequence[Path], notes: Sequence[str], sandbox: Sandbox) -> Counts:
    """Return the lines that have code, and how often each ran, by the notes of the compiler.

    Each folder has the same notes, and beside them the counts of a boot; without counts no line ran.
    """
    found: dict[str, Counter[int]] = {f'{Path(name).with_suffix(".c")}': Counter() for name in notes}
    for file in _files([folder / name for folder in folders for name in notes], sandbox):
        of_file = found.setdefault(_name_in_tree(file['file']), Counter())
        for line in file['lines']:
            of_file[line['line_number']] += line['count']
    return found


def functions(folder: Path, sandbox: Sandbox) -> Functions:
    """Return in which function each line lies, by the notes of the compiler in a folder."""
    found: dict[str, dict[int, str]] = {}
    for file in _files(sorted(folder.rglob('*.gcno')), sandbox):
        of_file = found.setdefault(_name_in_tree(file['file']), {})
        for one in file['functions']:
            of_file |= dict.fromkeys(range(one['start_line'], one['end_line'] + 1), one['name'])
    return found


def _files(notes: list[Path], sandbox: Sandbox) -> Iterator[dict]:
    """Yield what gcov has to say of each source file, once for each object that has code of it."""
    if not notes:
        return
    ran = process.run([*sandbox.under(), 'gcov', '--json-format', '--stdout', *notes])
    wrong = [line for line in ran.stderr.splitlines() if not line.endswith(HARMLESS)]
    if ran.returncode or wrong:
        raise Failure(f'gcov failed: {wrong[-1] if wrong else process.ending(ran.returncode)}')
    for document in ran.stdout.splitlines():
        yield from json.loads(document)['files']


def _name_in_tree(name: str) -> str:
    """Return the name of a file that the compiler named from an object folder, which is in the tree."""
    return os.path.normpath(os.path.join('objects', name))
