# SPDX-License-Identifier: GPL-2.0
"""Have kbuild compile what a change needs and link, without a look into each of its folders.

kbuild starts a make in each of 340 folders before it links, which takes as long as all else of
a kernel of which one file has changed. So the objects that the change needs are named to it,
by what it noted of each (affected.py), and the kernel is linked from what is there.

That is so only if the last build in the folder came to its end with the same configuration and
flags, and nothing has changed since but files of C that objects of the kernel are made of. Else
kbuild looks itself.
"""

import hashlib
import json
from pathlib import Path

from ..paths import write_atomically
from . import affected
from .kbuild import LAST_BUILT, ObjectFolder

ALL_OBJECTS = 'vmlinux.a'  # from which the kernel is linked: their names, not their content
OF_A_FOLDER = 'built-in.a'  # the same of those in one folder, but for what goes into a library
MOST = 40  # objects; if more have to be compiled, the looking matters little
# Two variables of kbuild's Makefile: the folder in which it begins to look, and what it is to
# make there, which is all unless somebody asks for single objects.
NO_FOLDER = 'build-dir=none'
ONLY = 'single-goals='

Files = dict[str, str | None]  # each file that a patch has touched -> digest, or none if not there


def take(objects: ObjectFolder, options: str) -> list[str] | None:
    """Return what to have kbuild make, if that will do, or None.

    options stands for all but the tree that the kernel depends on. From here until keep(), the
    folder counts as one whose build was cut short.
    """
    record = objects.beside(LAST_BUILT)
    if not record.exists():
        return None
    last = json.loads(record.read_text(encoding='utf-8'))
    record.unlink()
    if last['options'] != _digest(options.encode() + objects.config.read_bytes()):
        return None
    needed = _needed(objects, _changed(objects, last['files']))
    if needed is None:
        return None
    objects.remove([ALL_OBJECTS])  # so it is made anew, and all that depends on it
    only = ONLY + ' '.join(f'./{name}' for name in needed)
    return ['linux', only if needed else NO_FOLDER]


def keep(objects: ObjectFolder, options: str) -> None:
    """Note that the folder has been built to the end."""
    write_atomically(objects.beside(LAST_BUILT), json.dumps(
        {'options': _digest(options.encode() + objects.config.read_bytes()),
         'files': _files(objects)}))


def _changed(objects: ObjectFolder, before: Files) -> set[str] | None:
    """Return the files that have changed, or None if one has come or gone."""
    changed = set()
    for name in before.keys() | objects.patched.touched():
        now = _digest_of(objects.patched.tree / name)
        # What no patch had touched was as it is without any.
        then = before[name] if name in before else _digest_of(objects.patched.pristine / name)
        if None in (now, then) and now != then:
            return None
        if now != then:
            changed.add(name)
    return changed


def _needed(objects: ObjectFolder, changed: set[str] | None) -> list[str] | None:
    if changed is None or any(not name.endswith(('.c', '.h')) for name in changed):
        return None
    if affected.others(objects.path, changed):
        return None
    needed = [name for name in affected.objects(objects.path, changed)
              if (objects.path / name).exists()]
    if len(needed) > MOST or not all(_is_linked(objects, name) for name in needed):
        return None
    return needed


def _is_linked(objects: ObjectFolder, name: str) -> bool:
    of_folder = Path(name).with_name(OF_A_FOLDER)
    return ((objects.path / of_folder).exists()
            and f'\n{Path(name).name}/'.encode() in objects.made(str(of_folder)).read_bytes())


def _files(objects: ObjectFolder) -> Files:
    return {name: _digest_of(objects.patched.tree / name) for name in objects.patched.touched()}


def _digest_of(file: Path) -> str | None:
    return _digest(file.read_bytes()) if file.is_file() else None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
