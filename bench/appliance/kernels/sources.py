# SPDX-License-Identifier: GPL-2.0
"""The kernel tree, which is extracted or copied once into the build folder."""

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from .. import process
from ..failure import Failure
from ..paths import VERSION, write_atomically
from ..progress import step

PACKAGE = f'linux-source-{VERSION}'
OBJECTS = 'objects'  # begins the names of the folders in which kernels are built
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


def origin() -> Path:
    """Return the tarball or tree that the user names, or Debian's."""
    return Path(os.environ.get('LINUX_SRC') or TARBALL).expanduser().absolute()


def prepare(build: Path) -> Source:
    """Make sure that the tree is there and is made from what the user names now."""
    named = origin()
    tree = build / f'linux-{VERSION}'
    record = build / f'linux-{VERSION}.source'
    identity = _identity(named)
    if not tree.is_dir() or _recorded(record).get('id') != identity:
        release = _install(named, tree)
        # Saved originals belong to the old tree.
        shutil.rmtree(build / 'pristine', ignore_errors=True)
        write_atomically(record, json.dumps({'id': identity, 'release': release}) + '\n')
    return Source(tree, identity, _recorded(record)['release'])


def _recorded(record: Path) -> dict:
    try:
        return json.loads(record.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return {}


def _identity(named: Path) -> str:
    """Identify a tarball by name, size and time, and a tree by those of all its files."""
    digest = hashlib.sha256(str(named).encode())
    if named.is_dir():
        for folder, folders, files in os.walk(named):
            folders[:] = sorted(f for f in folders if f != '.git')
            for name in sorted(files):
                status = os.lstat(os.path.join(folder, name))
                digest.update(f'{folder}/{name} {status.st_size} {status.st_mtime_ns}\n'.encode())
    elif named.is_file():
        status = named.stat()
        digest.update(f'{status.st_size} {status.st_mtime_ns}'.encode())
    else:
        raise Failure(f"no kernel sources at '{named}': install {PACKAGE} (Debian), or set "
                      f'LINUX_SRC= to linux-{VERSION}.N.tar.xz of kernel.org, or to a tree')
    return digest.hexdigest()


def _install(named: Path, tree: Path) -> str:
    """Extract or copy next to the tree, check the version, then swap."""
    new = tree.with_name(tree.name + '.new')
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    if named.is_dir():
        command = ('tar -C "$1" --exclude=./.git --exclude=*.o --exclude=*.cmd -cf - . | '
                   'tar -C "$2" -xf -')
    else:
        command = 'tar -C "$2" --strip-components=1 -xf "$1"'
    with step(f'preparing {named.name}'):
        copied = process.run(['bash', '-o', 'pipefail', '-c', command, 'sh', named, new])
    if copied.returncode:
        reason = (copied.stderr.strip().splitlines() or ['tar failed'])[0]
        shutil.rmtree(new, ignore_errors=True)
        raise Failure(f"cannot unpack '{named}': {reason}")
    release = _release(new, named)
    if (new / '.config').exists():
        process.output(['make', '-s', '-C', new, 'ARCH=um', 'mrproper'])
    for objects in tree.glob(f'{OBJECTS}-*'):
        objects.rename(new / objects.name)
    shutil.rmtree(tree, ignore_errors=True)
    new.rename(tree)
    return release


def _release(tree: Path, named: Path) -> str:
    try:
        text = (tree / 'Makefile').read_text(encoding='utf-8')
    except OSError:
        text = ''
    fields = dict(re.findall(r'^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) = *(\S*)$', text, re.M))
    version = f"{fields.get('VERSION')}.{fields.get('PATCHLEVEL')}"
    if version != VERSION:
        shutil.rmtree(tree, ignore_errors=True)
        what = f'Linux {version}' if fields else 'not a kernel tree'
        raise Failure(f"'{named}' is {what}: set LINUX_SRC= to Linux {VERSION}")
    return f"{version}.{fields.get('SUBLEVEL', '0')}{fields.get('EXTRAVERSION', '')}"
