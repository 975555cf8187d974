# SPDX-License-Identifier: GPL-2.0
"""Compile files of a kernel for machines that user-mode Linux is not; nothing is linked or run."""

import contextlib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator, Mapping

from .. import process
from ..paths import CONFIGS, locked
from ..sandbox import OPEN, Sandbox
from . import configuration, gcov, said, sources
from .kbuild import WITH_WARNINGS, ObjectFolder
from .said import Said
from .series import Kernel
from .tree import PatchedTree

# Each has a fragment of its name in uml-config/.
MACHINES = ('x86_64', 'i386')
# What shows that a header is still fit for use.
OF_HEADERS = {'mm/pagewalk.c', 'fs/proc/task_mmu.c'}
NO_KERNEL_CODE = ('tools/', 'scripts/', 'samples/', 'Documentation/', 'usr/')
OF_X86 = re.compile(r'(?!arch/)|arch/x86/(?!um/)')
# Objtool takes long to build, and checks what is never run here.
OPTIONS = (*WITH_WARNINGS, 'CONFIG_OBJTOOL=')
SPARSE = ('C=2', 'CHECK=sparse')  # on each file, compiled again or not


@dataclass(frozen=True)
class Function:
    """How much code a function has, with what the compiler split off, and stack, in bytes."""
    text: int = 0
    stack: int = 0


@dataclass(frozen=True)
class Compiled:
    """What came of the files: which could be compiled and which not, and all that was said."""
    done: tuple[str, ...]
    failed: tuple[str, ...]
    errors: tuple[str, ...]
    warnings: frozenset[Said]
    of_sparse: frozenset[Said]
    functions: Mapping[tuple[str, str], Function]


def compile_files(build: Path, kernel: Kernel, machine: str, names: Iterable[str],
                  options: Iterable[str] = (), sandbox: Sandbox = OPEN) -> Compiled:
    """Compile those of the files, as they are in the kernel, that the machine's kernel may have."""
    with _objects(build, kernel, machine, sandbox) as objects:
        made = _made(objects, names)
        lines = _make(objects, made, '-fstack-usage', options)
        done = [name for name in made if made[name].exists()]
        by_file = said.warnings(lines)
        return Compiled(
            tuple(done), tuple(name for name in made if name not in done),
            tuple(said.errors(lines)), _all(by_file, '.o'), _all(by_file, '.c'),
            {(name, function): size for name in done
             for function, size in _functions(made[name]).items()})


def code_lines(build: Path, kernel: Kernel, machine: str, names: Iterable[str],
               sandbox: Sandbox = OPEN) -> gcov.Counts:
    """Compile the same files; return the lines that have code, each of which ran 0 times."""
    with _objects(build, kernel, machine, sandbox) as objects:
        made = _made(objects, names)
        _make(objects, made, gcov.FLAGS)
        notes = [str(one.with_suffix('.gcno').relative_to(objects.path)) for one in made.values()
                 if one.exists()]
        return gcov.lines([objects.path], notes, sandbox)


@contextlib.contextmanager
def _objects(build: Path, kernel: Kernel, machine: str, sandbox: Sandbox) -> Iterator[ObjectFolder]:
    """Bring the tree to the kernel and configure it for the machine; nobody else builds meanwhile."""
    with locked(build):
        source = sources.prepare(build, kernel.version)
        patched = PatchedTree(source.tree, build / 'pristine')
        patched.bring_to(kernel.stack)
        objects = ObjectFolder(source, patched, machine, machine, sandbox)
        wanted = configuration.requested([CONFIGS / f'{machine}.config'])
        objects.configure(wanted)
        configuration.check_taken(wanted, objects.config)
        yield objects


def _made(objects: ObjectFolder, names: Iterable[str]) -> dict[str, Path]:
    """Return the objects to be made, by the names of their sources."""
    return {name: objects.path / Path(name).with_suffix('.o') for name in files(names)
            if (objects.source.tree / name).is_file()}


def files(names: Iterable[str]) -> list[str]:
    """Return the files of C that have to be compiled if these were changed."""
    found = {name for name in names if name.endswith('.c')}
    if any(name.endswith('.h') for name in names):
        found |= OF_HEADERS
    return sorted(name for name in found
                  if OF_X86.match(name) and not name.startswith(NO_KERNEL_CODE))


def _make(objects: ObjectFolder, made: Mapping[str, Path], flag: str,
          options: Iterable[str] = ()) -> list[str]:
    """Compile all of them, even if nothing has changed: the compiler has to say it again."""
    if not made:
        return []
    targets = [str(target.relative_to(objects.path)) for target in made.values()]
    objects.remove(targets)
    ran = objects.make([*OPTIONS, *options, *targets], {'KCFLAGS': flag})
    return ran.communicate()[0].splitlines()


def _all(by_file: Mapping[str, set[Said]], suffix: str) -> frozenset[Said]:
    return frozenset().union(*(of for made, of in by_file.items() if made.endswith(suffix)))


def _functions(target: Path) -> dict[str, Function]:
    text: dict[str, int] = defaultdict(int)
    stack: dict[str, int] = defaultdict(int)
    symbols = process.output(['nm', '--print-size', '--radix=d', target])
    for size, name in re.findall(r'^\d+ (\d+) [tTwW] (\S+)$', symbols, re.M):
        text[_whole(name)] += int(size)
    used = target.with_suffix('.su').read_text(encoding='utf-8')
    for name, size in re.findall(r'^[^\t]*:(\S+)\t(\d+)\t', used, re.M):
        stack[_whole(name)] = max(stack[_whole(name)], int(size))
    return {name: Function(text[name], stack[name]) for name in text}


def _whole(name: str) -> str:
    """Return the name of the function that the compiler has made a part or a variant of."""
    return name.partition('.')[0]
