# SPDX-License-Identifier: GPL-2.0
"""The stage that compiles for machines that user-mode Linux is not, and runs nothing."""

import re
import shutil
from typing import Container, Iterator

from ... import process
from ...kernels import compiled
from ...kernels.compiled import Compiled, Function
from ...kernels.patch import touched_files
from ...runs.outcome import FAIL, ON_BASE, PASS, SKIP, UNDECIDED, Finding, Outcome
from ...sandbox import OPEN
from .build import new_errors
from .compared import warnings
from .subject import Subject


def check(subject: Subject) -> Iterator[Outcome]:
    """Compile what the series touches for each machine."""
    for machine in compiled.MACHINES:
        yield from on_machine(subject, machine)


def on_machine(subject: Subject, machine: str) -> Iterator[Outcome]:
    """Compile what the series touches, before and after it."""
    names = touched_files(subject.patches)
    sparse = compiled.SPARSE if shutil.which('sparse') and machine == compiled.MACHINES[0] else ()
    base, patched = (
        compiled.compile_files(subject.build, kernel, machine, names, sparse, sandbox)
        for kernel, sandbox in ((subject.base, OPEN), (subject.patched, subject.sandbox)))
    yield _compiled(base, patched, machine)
    if sparse:
        yield warnings('sparse', base.of_sparse, patched.of_sparse, machine)
    elif machine == compiled.MACHINES[0]:
        yield Outcome('sparse', SKIP, process.missing('sparse'), machine)
    yield _sizes(base, patched, machine, {word.decode() for patch in subject.patches
                                          for word in re.findall(rb'\w+', patch.content)})


def _compiled(base: Compiled, patched: Compiled, machine: str) -> Outcome:
    """Tell what the compiler says; that of a file that the base cannot compile decides nothing."""
    if not patched.done + patched.failed:
        return Outcome('compile', SKIP, 'the series touches no code that it has', machine)
    old = [Finding(f'{name} is not compiled, nor is it on the base', ON_BASE)
           for name in patched.failed if name in base.failed]
    if len(old) < len(patched.failed):
        return Outcome('compile', FAIL, 'does not compile', machine,
                       (*new_errors(base, patched), *old))
    if not patched.done:
        return Outcome('compile', UNDECIDED, 'nothing of it is compiled, nor is it on the base',
                       machine, tuple(old))
    return warnings('compile', base.warnings, patched.warnings, machine,
                    f'{len(patched.done)} files compiled, not run: ')


def _sizes(base: Compiled, patched: Compiled, machine: str, words: Container[str]) -> Outcome:
    """Tell how code and stack use of each function change; those that the patches name come first."""
    if base.failed or patched.failed or not patched.done:
        return Outcome('size', SKIP, 'not all files are compiled', machine)
    functions = sorted({**base.functions, **patched.functions},
                       key=lambda key: (key[1] not in words, key))
    changed = [key for key in functions
               if base.functions.get(key) != patched.functions.get(key)]
    before, after = (sum(one.text for one in of.functions.values()) for of in (base, patched))
    return Outcome('size', PASS, f'text {_change(before, after)} bytes; text or stack of '
                   f'{len(changed)} functions changes', machine,
                   tuple(Finding(_grown(key, base.functions.get(key), patched.functions.get(key)))
                         for key in changed))


def _grown(key: tuple[str, str], before: Function | None, after: Function | None) -> str:
    name = f'{key[0]}: {key[1]}()'
    if not before or not after:
        there = before or after
        assert there
        what = 'is new' if after else 'is gone'
        return f'{name} {what}: text {there.text}, stack {there.stack} bytes'
    return (f'{name}: text {_change(before.text, after.text)}, '
            f'stack {_change(before.stack, after.stack)} bytes')


def _change(before: int, after: int) -> str:
    return f'{before} -> {after} ({after - before:+})' if before != after else f'{before}'
