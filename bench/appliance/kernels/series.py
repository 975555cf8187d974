# SPDX-License-Identifier: GPL-2.0
"""Kernels: stacks of patch series, in a version and a configuration.

kernel-patches/VERSION/kernels/NAME lists the series of a kernel, the lowest first, and
kernel-patches/VERSION/SERIES/series lists the patches of a series, in order. '#' starts a
comment in both. A series may have a file `config`, with symbols that its kernels have on. Any
other stack is a kernel like these.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..failure import Failure
from ..paths import short
from .configuration import RELEASE, Configuration, Symbols, requested
from .lists import entries
from .patch import Patch
from .version import LINUX, Version

NAME = re.compile(r'[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}')  # that umrun takes; no file of an editor


@dataclass(frozen=True)
class Stack:
    """The names of series, and all patches: theirs, and those that no series names."""
    series: tuple[str, ...]
    patches: tuple[Patch, ...]


@dataclass(frozen=True)
class Kernel:
    """What can be built. Its name is for people: another stack may have the same."""
    name: str
    stack: Stack
    version: Version = LINUX
    configuration: Configuration = RELEASE

    def plus(self, name: str, *patches: Path) -> 'Kernel':
        """Return the kernel that has more patches on top."""
        more = tuple(Patch(patch) for patch in patches)
        return replace(self, name=name,
                       stack=replace(self.stack, patches=self.stack.patches + more))

    def with_series(self, name: str) -> 'Kernel':
        """Return the kernel that has one more series of its version on top."""
        more = self.plus(self.name, *_patches(self.version, name))
        return replace(more, stack=replace(more.stack, series=(*self.stack.series, name)))

    def without(self, series: str) -> 'Kernel':
        """Return the kernel that has all but one series, under a name of its own."""
        folder = self.version.folder / series
        stack = Stack(tuple(name for name in self.stack.series if name != series),
                      tuple(one for one in self.stack.patches if one.file.parent != folder))
        return replace(self, name=f'{self.name}-without-{series}', stack=stack)

    def requested(self) -> Symbols:
        """Return the symbols that are asked for: its configuration's, and those of its series."""
        own = (self.version.folder / series / 'config' for series in self.stack.series)
        return requested([*self.configuration.fragments, *(path for path in own if path.exists())])


def kernels(version: Version = LINUX) -> list[str]:
    """Return the names that kernel() knows."""
    return sorted(p.name for p in (version.folder / 'kernels').iterdir()
                  if NAME.fullmatch(p.name) and p.is_file())


def kernel(name: str, configuration: Configuration = RELEASE,
           version: Version = LINUX) -> Kernel:
    """Return the kernel of that name; an unknown name is the user's mistake."""
    if name not in kernels(version):
        raise Failure(f"no kernel '{name}': there are {', '.join(kernels(version))} "
                      f'({short(version.folder / "kernels")})')
    series = entries(version.folder / 'kernels' / name)
    patches = [Patch(patch) for one in series for patch in _patches(version, one)]
    return Kernel(name, Stack(tuple(series), tuple(patches)), version, configuration)


def _patches(version: Version, name: str) -> list[Path]:
    found = [version.folder / name / patch for patch in entries(version.folder / name / 'series')]
    for patch in found:
        if not patch.is_file():
            raise Failure(f'{short(patch)}: its series file names it, but it is missing')
    return found
