# SPDX-License-Identifier: GPL-2.0
"""The stage that builds the kernel after each patch."""

from dataclasses import replace
from typing import Iterator

from ...failure import Failure
from ...kernels import affected, build as builds, one_by_one
from ...kernels.compiled import Compiled
from ...kernels.one_by_one import Tree
from ...kernels.patch import touched_files
from ...runs.outcome import FAIL, Finding, Outcome
from ...sandbox import OPEN
from .compared import warnings
from .subject import Subject

NOTHING_SAID = Tree((), frozenset())


def check(subject: Subject) -> Iterator[Outcome]:
    """Build the kernel after each patch."""
    base, = builds.ensure(subject.build, [subject.base])
    yield from after_each_patch(subject, affected.objects(builds.objects_folder(base),
                                                          touched_files(subject.patches)))


def after_each_patch(subject: Subject, objects: tuple[str, ...]) -> Iterator[Outcome]:
    """Yield what each patch breaks, warns of, or mends; of the objects, with further warnings."""
    before = _compile(subject, 0, objects)
    if before.errors:
        raise Failure('the base itself does not build, so there is nothing to compare with: '
                      + before.errors[0])
    for number, patch in enumerate(subject.patches, 1):
        after = _compile(subject, number, objects)
        yield _built(before, after, patch.file.name)
        before = after


def _compile(subject: Subject, number: int, objects: tuple[str, ...]) -> Tree:
    """Compile the objects after a patch, and then, without more warnings, build the kernel."""
    kernel, sandbox = ((subject.after(number), subject.sandbox) if number
                       else (subject.base, OPEN))
    tree = one_by_one.build(subject.build, kernel, objects, sandbox) if objects else NOTHING_SAID
    if tree.errors:
        return tree
    try:
        builds.ensure(subject.build, [kernel], sandbox)
    except Failure as failure:
        return replace(tree, errors=tuple(str(failure).splitlines()[1:]) or (str(failure),))
    return tree


def _built(before: Tree, after: Tree, patch: str) -> Outcome:
    if after.errors:
        new = new_errors(before, after)
        return Outcome('build', FAIL, 'does not build' if new else 'does not build, as before it',
                       patch, new)
    return warnings('build', before.warnings - after.warnings, after.warnings - before.warnings,
                    patch, 'builds again, ' if before.errors else '')


def new_errors(before: Tree | Compiled, after: Tree | Compiled) -> tuple[Finding, ...]:
    """Return what a compiler cannot compile, but could before."""
    return tuple(Finding(f'>> {line}') for line in after.errors if line not in before.errors)
