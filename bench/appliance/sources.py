# SPDX-License-Identifier: GPL-2.0
"""The kernel tree: extracted or copied once into the build folder."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .failure import Failure
from .paths import VERSION, write_atomically
from .progress import step

PACKAGE = f'linux-source-{VERSION}'
OBJECTS = 'objects'  # prefix of the folders in the tree that kernels are built in
TARBALL = Path(f'/usr/src/{PACKAGE}.tar.xz')


@dataclass(frozen=True)
class Source:
    """A kernel tree that umwalk may patch.

    tree: the folder; id: changes whenever the unpatched content does;
    release: its version, e.g. '6.12.117'.
    """
    tree: Path
    id: str
    release: str


def prepare(build: Path) -> Source:
    """Make sure that the tree is there and is made from what the user names now."""
    origin = Path(os.environ.get('LINUX_SRC') or TARBALL).expanduser().absolute()
    tree = build / f'linux-{VERSION}'
    record = build / f'linux-{VERSION}.source'
    identity = _identity(origin)
    if not tree.is_dir() or _recorded(record).get('id') != identity:
        release = _install(origin, tree)
        # Saved originals belong to the old tree.
        shutil.rmtree(build / 'pristine', ignore_errors=True)
        write_atomically(record, json.dumps({'id': identity, 'release': release}) + '\n')
    return Source(tree, identity, _recorded(record)['release'])


def _recorded(record: Path) -> dict:
    try:
        return json.loads(record.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return {}


def _identity(origin: Path) -> str:
    """A tarball by name, size and time; a tree by those of all its files."""
    digest = hashlib.sha256(str(origin).encode())
    if origin.is_dir():
        for folder, folders, files in os.walk(origin):
            folders[:] = sorted(f for f in folders if f != '.git')
            for name in sorted(files):
                status = os.lstat(os.path.join(folder, name))
                digest.update(f'{folder}/{name} {status.st_size} {status.st_mtime_ns}\n'.encode())
    elif origin.is_file():
        status = origin.stat()
        digest.update(f'{status.st_size} {status.st_mtime_ns}'.encode())
    else:
        raise Failure(f"no kernel sources at '{origin}': install {PACKAGE}, or set "
                      f'LINUX_SRC= to a tarball or tree of Linux {VERSION}')
    return digest.hexdigest()


def _install(origin: Path, tree: Path) -> str:
    """Extract or copy next to the tree, check the version, then swap."""
    new = tree.with_name(tree.name + '.new')
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    if origin.is_dir():
        command = ('tar -C "$1" --exclude=./.git --exclude=*.o --exclude=*.cmd -cf - . | '
                   'tar -C "$2" -xf -')
    else:
        command = 'tar -C "$2" --strip-components=1 -xf "$1"'
    with step(f'preparing {origin.name}'):
        copied = subprocess.run(['bash', '-o', 'pipefail', '-c', command, 'sh', origin, new],
                                stderr=subprocess.PIPE, text=True, check=False)
    if copied.returncode:
        last = (copied.stderr.strip().splitlines() or ['tar failed'])[-1]
        shutil.rmtree(new, ignore_errors=True)
        raise Failure(f"cannot unpack '{origin}': {last}")
    release = _release(new, origin)
    if (new / '.config').exists():
        subprocess.run(['make', '-s', '-C', new, 'ARCH=um', 'mrproper'], check=True)
    for objects in tree.glob(f'{OBJECTS}-*'):
        objects.rename(new / objects.name)
    shutil.rmtree(tree, ignore_errors=True)
    new.rename(tree)
    return release


def _release(tree: Path, origin: Path) -> str:
    try:
        text = (tree / 'Makefile').read_text(encoding='utf-8')
    except OSError:
        text = ''
    fields = dict(re.findall(r'^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) = *(\S*)$', text, re.M))
    version = f"{fields.get('VERSION')}.{fields.get('PATCHLEVEL')}"
    if version != VERSION:
        shutil.rmtree(tree, ignore_errors=True)
        what = f'Linux {version}' if fields else 'no kernel tree'
        raise Failure(f"'{origin}' is {what}, wanted Linux {VERSION}: set LINUX_SRC=")
    return f"{version}.{fields.get('SUBLEVEL', '0')}{fields.get('EXTRAVERSION', '')}"
