# SPDX-License-Identifier: GPL-2.0
"""The kernel tree, which is extracted or copied once into the build folder."""

import contextlib
import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from .. import process
from ..failure import Failure
from ..paths import expanded, write_atomically
from ..progress import step
from .version import LINUX, Version

OBJECTS = 'objects'  # begins the names of the folders in which kernels are built


@dataclass(frozen=True)
class Source:
    """A kernel tree that umwalk may patch.

    tree is the folder, id changes whenever the unpatched content does, and release is the
    version with its point release.
    """
    tree: Path
    id: str
    release: str


def origin(version: Version = LINUX) -> Path:
    """Return the tarball or tree that the user names, or Debian's."""
    return expanded(os.environ.get('LINUX_SRC')
                    or f'/usr/src/{version.package}.tar.xz').absolute()


def tree(build: Path, version: Version = LINUX) -> Path:
    """Return the path of the kernel tree, whether it is there or not."""
    return build / f'linux-{version.name}'


def prepare(build: Path, version: Version = LINUX) -> Source:
    """Make sure that the tree is there and is made from what the user names now."""
    named = origin(version)
    target = tree(build, version)
    if build.resolve().is_relative_to(named.resolve()):
        raise Failure(f"the build folder '{build}' lies in the kernel tree '{named}', which is "
                      'copied: set BUILD= to a folder outside of it')
    if _record(named.resolve()).exists():
        raise Failure(f"'{named}' is the tree to which umwalk applies its patches: set LINUX_SRC= to "
                      'the sources that it was made from')
    identity = _identity(named, version)
    if not target.is_dir() or _recorded(target).get('id') != identity:
        release = _install(named, target, version)
        # Saved originals belong to the old tree.
        shutil.rmtree(build / 'pristine', ignore_errors=True)
        write_atomically(_record(target), json.dumps({'id': identity, 'release': release}) + '\n')
    return Source(target, identity, _recorded(target)['release'])


def check_unchanged(build: Path, version: Version, source: Source) -> None:
    """Raise Failure if the tree has been made from something else since."""
    if _recorded(tree(build, version)).get('id') != source.id:
        raise Failure(f'{source.tree}: somebody has set another LINUX_SRC= in the meantime, and '
                      f'the sources that were measured, {source.release}, are gone')


def _record(of_tree: Path) -> Path:
    return of_tree.with_name(f'{of_tree.name}.source')


def _recorded(of_tree: Path) -> dict:
    try:
        return json.loads(_record(of_tree).read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return {}


def _identity(named: Path, version: Version) -> str:
    """Identify a tarball by name, size and time, and a tree by those of all its files."""
    digest = hashlib.sha256(os.fsencode(named))
    if named.is_dir():
        for folder, folders, files in os.walk(named):
            folders[:] = sorted(f for f in folders if f != '.git')
            for name in sorted(files):
                with contextlib.suppress(FileNotFoundError):  # somebody builds in there
                    status = os.lstat(os.path.join(folder, name))
                    digest.update(os.fsencode(f'{folder}/{name} {status.st_size} '
                                              f'{status.st_mtime_ns}\n'))
    elif named.is_file():
        status = named.stat()
        digest.update(f'{status.st_size} {status.st_mtime_ns}'.encode())
    else:
        raise Failure(f"no kernel sources at '{named}': install {version.package} (Debian), or set "
                      f'LINUX_SRC= to linux-{version.name}.N.tar.xz of kernel.org, N from '
                      f'{version.oldest} on, or to a tree')
    return digest.hexdigest()


def _install(named: Path, target: Path, version: Version) -> str:
    """Extract or copy next to the tree, check the version, then swap."""
    new = target.with_name(target.name + '.new')
    shutil.rmtree(new, ignore_errors=True)
    if named.is_dir():
        _release(named, named, version)  # before all that somebody has there is copied
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
    try:
        release = _release(new, named, version)
    except Failure:
        shutil.rmtree(new)
        raise
    if (new / '.config').exists():
        process.output(['make', '-s', '-C', new, 'ARCH=um', 'mrproper'])
    for objects in target.glob(f'{OBJECTS}-*'):
        objects.rename(new / objects.name)
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)
    return release


def _release(folder: Path, named: Path, version: Version) -> str:
    try:
        text = (folder / 'Makefile').read_text(encoding='utf-8', errors='replace')
    except OSError:
        text = ''
    fields = dict(re.findall(r'^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) = *(\S*)$', text, re.M))
    found = f"{fields.get('VERSION')}.{fields.get('PATCHLEVEL')}"
    point = fields.get('SUBLEVEL') or '0'
    if found != version.name or int(point) < version.oldest:
        what = f'Linux {found}.{point}' if fields else 'not a kernel tree'
        raise Failure(f"'{named}' is {what}: set LINUX_SRC= to Linux {version.name}.N, N from "
                      f'{version.oldest} on')
    return f"{found}.{point}{fields.get('EXTRAVERSION', '')}"
