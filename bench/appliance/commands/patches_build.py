# SPDX-License-Identifier: GPL-2.0
"""`umwalk patches-build`: build kernels after each of their patches."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Sequence

from ..failure import FAILED
from ..kernels import one_by_one, series
from ..kernels.one_by_one import Tree
from ..kernels.patch import Patch
from ..kernels.series import Kernel
from ..paths import build_folder
from .options import add_kernels, by_height

NAME = 'patches-build'
HELP = 'build kernels after each of their patches, and name those that fail or warn'


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)


def run(arguments: argparse.Namespace) -> int:
    """Build them; returns the exit status."""
    return build_all(build_folder(),
                     [series.kernel(name) for name in arguments.kernels or by_height()])


def build_all(build: Path, kernels: list[Kernel], targets: Sequence[str] = one_by_one.ALL,
              first: int = 0) -> int:
    """Build what the kernels share only once; returns the exit status.

    The first patches of each kernel are taken as one.
    """
    trees: dict[tuple[Patch, ...], Tree] = {}
    bad = 0
    for kernel in kernels:
        patches = kernel.stack.patches
        for count in range(first, len(patches) + 1):
            if patches[:count] not in trees:
                trees[patches[:count]] = one_by_one.build(build, _cut(kernel, count), targets)
                bad += count > first and _tell(patches[count - 1], trees[patches[:count - 1]],
                                           trees[patches[:count]])
    print(f'{len(trees)} trees, each with a patch more: {bad or "none"} '
          'with an error or a new warning')
    return FAILED if bad else 0


def _cut(kernel: Kernel, count: int) -> Kernel:
    patches = kernel.stack.patches[:count]
    name = f'{patches[-1].file.parent.name}/{patches[-1].file.stem}' if patches else 'no patch'
    return replace(kernel, name=name, stack=replace(kernel.stack, patches=patches))


def _tell(patch: Patch, before: Tree, after: Tree) -> bool:
    """Print what a patch brings about; returns whether there is anything."""
    lines = [*after.errors, *(f'>> {warned.line}'
                              for warned in sorted(after.warnings - before.warnings))]
    if lines:
        what = 'does not build' if after.errors else 'new warnings'
        print('\n  '.join([f'{patch.file.parent.name}/{patch.file.name}: {what}', *lines]))
    return bool(lines)
