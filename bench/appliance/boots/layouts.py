# SPDX-License-Identifier: GPL-2.0
"""Layouts of a user's own, as files (docs/layouts.md): they become part of the guest's root.

What the command line names holds for all boots of this process.
"""

import hashlib
import re
import subprocess
from pathlib import Path
from typing import Iterable

from .. import process
from ..failure import Failure
from ..paths import TOP, write_atomically

ENDING = '.layout'
NAME = re.compile(r'[A-Za-z0-9_][A-Za-z0-9_-]{0,30}')
FOLDER = 'layouts'  # of the guest's root, where its program looks
# Layouts of the guest's program that are no files, and what stands for all of them.
TAKEN = ('kinds', 'joints', 'layouts')

SHIPPED = TOP / 'workloads' / 'layouts'

_given: dict[str, bytes] = {}  # files, by the names of their layouts


def take(program: Path, asked: Iterable[str], shipped: Iterable[str]) -> tuple[str, ...]:
    """Return the names of layouts that are named, or that files have, which are checked."""
    return tuple(dict.fromkeys(name if name in shipped else _file(program, name, shipped)
                               for name in asked))


def _file(program: Path, asked: str, shipped: Iterable[str]) -> str:
    path = Path(asked)
    if not asked.endswith(ENDING) and '/' not in asked:
        raise Failure(f"no layout '{asked}': there are {', '.join(shipped)}, or name a file, "
                      f'as in my{ENDING}')
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Failure(f'{asked}: {error.strerror}') from error
    name = path.name.removesuffix(ENDING)
    if not NAME.fullmatch(name):
        raise Failure(f"{asked}: '{name}' cannot be the name of a layout: letters, digits, _ and - "
                      'can, 31 of them at most')
    if name in (*shipped, *TAKEN) or _given.get(name, content) != content:
        raise Failure(f'{asked}: there is another layout {name}: give the file another name')
    ran = process.run([program, 'layout', path.absolute()], stderr=subprocess.STDOUT)
    if ran.returncode:
        why = ran.stdout.strip().removeprefix('walks: ').removeprefix(str(path.absolute()))
        raise Failure(f'{asked}{why}' if why else f'{asked}: {process.ending(ran.returncode)}')
    _given[name] = content
    return name


def room(program: Path, name: str) -> int:
    """Return of how many copies of a layout a guest has room."""
    content = _given.get(name) or (SHIPPED / f'{name}{ENDING}').read_bytes()
    said = process.output([program, 'layout', '/dev/stdin'], content.decode(errors='replace'))
    return int(said.split()[-1])


def root(initramfs: Path) -> Path:
    """Return the guest's root with the files that were given, beside that without them."""
    if not _given:
        return initramfs
    archive = initramfs.read_bytes() + _cpio(_given)
    digest = hashlib.sha256(archive).hexdigest()[:16]
    added = initramfs.with_name(f'{initramfs.stem}-{digest}.cpio')
    write_atomically(added, archive)
    return added


def _cpio(files: dict[str, bytes]) -> bytes:
    """Return an archive as the kernel unpacks it, behind another one, too."""
    entries = [(FOLDER, 0o40755, b'')]
    entries += [(f'{FOLDER}/{name}{ENDING}', 0o100644, files[name]) for name in sorted(files)]
    return b''.join(_entry(*one) for one in (*entries, ('TRAILER!!!', 0, b'')))


def _entry(name: str, mode: int, content: bytes) -> bytes:
    fields = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    header = b'070701' + b''.join(b'%08x' % field for field in fields)
    return _padded(header + name.encode() + b'\0') + _padded(content)


def _padded(part: bytes) -> bytes:
    return part + bytes(-len(part) % 4)
