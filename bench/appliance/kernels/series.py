# SPDX-License-Identifier: GPL-2.0
"""Stacks of patch series.

kernel-patches/VERSION/kernels/NAME names the series of a kernel, first one
lowest; kernel-patches/VERSION/SERIES/series names its patches, in order ('#'
starts a comment in both).
"""

from dataclasses import dataclass
from pathlib import Path

from ..failure import Failure
from ..paths import PATCHES, VERSION, short


@dataclass(frozen=True)
class Stack:
    """A kernel's name, the names of its series and the files of its patches."""
    kernel: str
    series: tuple[str, ...]
    patches: tuple[Path, ...]


def kernels(root: Path = PATCHES) -> list[str]:
    """Return the names of the kernels that can be built."""
    return sorted(p.name for p in (root / VERSION / 'kernels').iterdir())


def stack(kernel: str, root: Path = PATCHES) -> Stack:
    """Return the stack of a kernel; an unknown name is the user's mistake."""
    if kernel not in kernels(root):
        raise Failure(f"no kernel '{kernel}': there are {', '.join(kernels(root))} "
                      f'({short(root / VERSION / "kernels")})')
    series = entries(root / VERSION / 'kernels' / kernel)
    patches: list[Path] = []
    for name in series:
        folder = root / VERSION / name
        patches += [folder / patch for patch in entries(folder / 'series')]
    for patch in patches:
        if not patch.is_file():
            raise Failure(f'{short(patch)}: its series file names it, but it is missing')
    return Stack(kernel, tuple(series), tuple(patches))


def with_patches(base: Stack, name: str, *patches: Path) -> Stack:
    """Return a stack with more patches on top, which no series names."""
    return Stack(name, base.series, base.patches + patches)


def entries(path: Path) -> list[str]:
    """Return the lines of a file without comments."""
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except FileNotFoundError as error:
        raise Failure(f'{short(path)} is missing') from error
    return [entry for line in lines if (entry := line.split('#')[0].strip())]
