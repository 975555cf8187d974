# SPDX-License-Identifier: GPL-2.0
"""Build kernels: one source tree, one object folder a configuration.

Kernels are built one after the other in the same object folder, and each result is copied
out. So what two kernels share is compiled once.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from .. import process
from ..failure import Failure
from ..paths import copy_atomically, locked
from ..progress import Step
from ..sandbox import OPEN, Sandbox
from . import configuration, gcov, kbuild, kept, shortcut, sources
from .kbuild import ObjectFolder
from .series import Kernel
from .sources import Source
from .tree import PatchedTree
from .version import LINUX, Version

TREE_IN_DEBUG = '/linux'  # what debug information calls the tree, wherever that is


@dataclass(frozen=True)
class Built:
    """A kernel that can be booted, and what belongs to its program.

    folder has all of that. program is `linux` in there, or the same in another placement.
    """
    kernel: Kernel
    source: Source
    folder: Path
    program: Path

    @property
    def debug(self) -> Path:
        """Return the file with the program's source lines, if there is one: it may be the program."""
        separate = self.program.with_name('linux.debug')
        return separate if separate.exists() else self.program

    @property
    def linked(self) -> Path:
        """Return the path of the program as the linker left it, with relocations."""
        return self.folder / 'linux.linked'

    @property
    def map(self) -> Path:
        """Return the path of the linker's map."""
        return self.folder / 'linux.map'

    @property
    def config(self) -> Path:
        """Return the path of its .config."""
        return self.folder / 'config'

    @property
    def notes(self) -> Path:
        """Return the folder of what gcov needs of each object whose lines it counts."""
        return self.folder / 'notes'

    @property
    def log(self) -> Path:
        """Return the path of what kbuild said."""
        return self.folder / 'build.log'


def ensure(build: Path, kernels: Sequence[Kernel], sandbox: Sandbox = OPEN) -> list[Built]:
    """Build what is missing; what is returned stays as long as this process runs."""
    with locked(build):
        return [_ensure_one(build, kernel, sandbox) for kernel in kernels]


def objects_folder(built: Built) -> Path:
    """Return the folder in which kernels of its configuration are built, one after the other."""
    return built.source.tree / f'{sources.OBJECTS}-{built.kernel.configuration}'


def release(built: Built) -> None:
    """Say that it is no longer used, so that it may be removed."""
    kept.release(built.folder)


def check_applies(build: Path, kernel: Kernel) -> None:
    """Raise Failure if its stack does not; nothing is changed or built."""
    read_files(build, kernel, set())


def read_files(build: Path, kernel: Kernel, names: set[str]) -> dict[str, str]:
    """Return files of the kernel tree as they are in a kernel, built or not; nothing is changed."""
    with locked(build):
        return _tree(build, sources.prepare(build, kernel.version)).read(kernel.stack, names)


def bring_tree_to(build: Path, kernel: Kernel) -> Path:
    """Apply a kernel's patches to the kernel tree, and return the tree."""
    source = sources.prepare(build, kernel.version)
    _tree(build, source).bring_to(kernel.stack)
    return source.tree


def show_tree(build: Path, kernel: Kernel, folder: Path) -> None:
    """Make an empty folder look like the kernel tree with a kernel's patches, while that is locked."""
    _tree(build, sources.prepare(build, kernel.version)).show(kernel.stack, folder)


def original(build: Path, name: str, version: Version = LINUX) -> Path:
    """Return a file of the kernel tree as it is without any patch, such as a program to run."""
    return PatchedTree(sources.tree(build, version), build / 'pristine').original(name)


def read_sources(build: Path, built: Built, files: set[str]) -> dict[str, str]:
    """Return files of the kernel tree as they were when the kernel was built."""
    with locked(build):
        sources.check_unchanged(build, built.kernel.version, built.source)
        return _tree(build, built.source).read(built.kernel.stack, files)


def _tree(build: Path, source: Source) -> PatchedTree:
    return PatchedTree(source.tree, build / 'pristine')


def _ensure_one(build: Path, kernel: Kernel, sandbox: Sandbox) -> Built:
    source = sources.prepare(build, kernel.version)
    folder = kept.folder(build, f'{kernel.name}-{kernel.configuration}', _digest(source, kernel))
    built = Built(kernel, source, folder, folder / kept.PROGRAM)
    kept.use(folder)
    if not built.program.exists():
        _build(build, built, sandbox)
        kept.forget_others(folder)
    return built


def _build(build: Path, built: Built, sandbox: Sandbox) -> None:
    kernel = built.kernel
    patched = _tree(build, built.source)
    patched.bring_to(kernel.stack)
    objects = ObjectFolder(built.source, patched, kernel.configuration.name, sandbox=sandbox)
    wanted = kernel.requested()
    objects.configure(wanted)
    configuration.check_taken(wanted, objects.config)
    shown = Step(f'building kernel {kernel.name}')
    try:
        compiled = _compile(built, objects, shown)
    except Failure:
        shown.end('failed')
        raise
    shown.end(f'done, {_files(compiled)} compiled')
    copy_atomically(objects.config, built.config)
    _install(built, objects)


def _files(number: int) -> str:
    return f'{number} file{"s" if number != 1 else ""}'


def _install(built: Built, objects: ObjectFolder) -> None:
    """Copy the program, last, and before it what is needed to count and to move it."""
    linked = objects.made('linux')
    _install_notes(built, objects)
    if not built.kernel.configuration.countable:
        copy_atomically(linked, built.program)
        return
    copy_atomically(linked, built.linked)
    copy_atomically(objects.made('vmlinux.map'), built.map)
    bare = built.folder / 'linux.bare'  # in one step, --only-keep-debug makes a damaged file
    _objcopy('--remove-relocations=*', built.linked, bare)
    _objcopy('--only-keep-debug', bare, built.folder / 'linux.debug')
    _objcopy('--strip-debug', bare, built.program)
    bare.unlink()


def _install_notes(built: Built, objects: ObjectFolder) -> None:
    for name in map(_notes, built.kernel.configuration.covered):
        if (objects.path / name).exists():  # or else this kernel has no such object
            copy_atomically(objects.made(name), built.notes / name)


def _notes(name: str) -> str:
    return str(Path(name).with_suffix('.gcno'))


def _objcopy(option: str, source: Path, target: Path) -> None:
    temporary = target.with_name(f'.{target.name}.{os.getpid()}')
    process.output(['objcopy', option, source, temporary])
    temporary.replace(target)


def _digest(source: Source, kernel: Kernel) -> str:
    """Return a digest that changes whenever the kernel could come out different."""
    symbols = {symbol: value for symbol, (value, _) in kernel.requested().items()}
    parts = [source.id, *(patch.digest for patch in kernel.stack.patches),
             *(f'{symbol}={symbols[symbol]}' for symbol in sorted(symbols)), kbuild.compiler(),
             _compiler_flags(kernel.configuration), *_counting(kernel.configuration.covered)]
    return hashlib.sha256('\n'.join(parts).encode()).hexdigest()


def _compiler_flags(configured: configuration.Configuration) -> str:
    """Return the flags beyond those of the tree; {tree} is the tree, {objects} the folder of objects.

    Functions have sections of their own, so that movable.py can reorder them. Debug
    information names folders, and ccache would put in those of the first compilation, which may
    have been of another configuration. The linker's build ID, which remains without debug
    information, would differ with them. Of two maps that fit the compiler takes the last.
    """
    return (f'-ffunction-sections -fdebug-prefix-map={{tree}}={TREE_IN_DEBUG} '
            f'-fdebug-prefix-map={{objects}}={TREE_IN_DEBUG}/{sources.OBJECTS} '
            + configured.compiler_flags)


def _counting(objects: Sequence[str]) -> list[str]:
    """Return what makes kbuild compile these objects so that gcov can count their lines."""
    if not objects:
        return []
    return [f'CFLAGS_GCOV={gcov.COUNTING}', *(f'GCOV_PROFILE_{Path(name).name}=y' for name in objects)]


def _compile(built: Built, objects: ObjectFolder, shown: Step) -> int:
    """Have the kernel made; returns how many files were compiled."""
    flags = _compiler_flags(built.kernel.configuration).format(
        tree=built.source.tree.resolve(), objects=objects.path.resolve())
    counting = _counting(built.kernel.configuration.covered)
    options = '\n'.join([kbuild.compiler(), flags, *counting])
    for targets in shortcut.take(objects, options), ['linux']:
        if targets is None:
            continue
        compiled = _make(built, objects, [*targets, *counting], flags, shown)
        if compiled is not None:
            shortcut.keep(objects, options)
            return compiled
    errors = [line for line in built.log.read_text(encoding='utf-8').splitlines()
              if re.search(r'error|undefined reference|\*\*\*', line, re.I)][:5]
    raise Failure(f'kernel {built.kernel.name} does not build, see {built.log}:\n'
                  + '\n'.join(errors))


def _make(built: Built, objects: ObjectFolder, targets: list[str], flags: str,
          shown: Step) -> int | None:
    """Run kbuild; returns how many files it compiled, or None if it failed."""
    compiled = 0
    with open(built.log, 'w', encoding='utf-8') as written:
        ran = objects.make(targets, {'CCACHE_NOHASHDIR': '1', 'KCFLAGS': flags})
        assert ran.stdout
        for line in ran.stdout:
            written.write(line)
            compiled += line.startswith('  CC ')
            shown.update(f'{_files(compiled)} compiled')
    return None if ran.wait() else compiled
