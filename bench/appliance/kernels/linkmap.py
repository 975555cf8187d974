# SPDX-License-Identifier: GPL-2.0
"""Read the linker's map: which section of which object file went where."""

import re
from pathlib import Path

import numpy as np

_INPUT = re.compile(r'^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$', re.M)


class Inputs:
    """Input sections that hold something, by address."""

    def __init__(self, text: str):
        found = sorted((int(address, 16), int(size, 16), name, file)
                       for name, address, size, file in _INPUT.findall(text)
                       if int(address, 16) and int(size, 16))
        self.starts = np.array([address for address, *_ in found], np.int64)
        self.sizes = np.array([size for _, size, *_ in found], np.int64)
        self.names = [name for *_, name, _ in found]
        self.files = [file for *_, file in found]

    def at(self, addresses: np.ndarray) -> np.ndarray:
        """Return the index of the input section that holds each address; -1 if none does."""
        return holding(self.starts, self.sizes, addresses)

    def of_the_kernel(self, i: int) -> bool:
        """Whether it is the kernel's own: kbuild names no object of its own by an absolute path."""
        return not self.files[i].startswith('/')


def read(path: Path) -> Inputs:
    """Return the input sections that a map file lists."""
    return Inputs(path.read_text(encoding='utf-8', errors='replace'))


def holding(starts: np.ndarray, sizes: np.ndarray, addresses: np.ndarray) -> np.ndarray:
    """Return the index of the ascending range that holds each address; -1 if none does."""
    i = np.searchsorted(starts, addresses, side='right') - 1
    return np.where((i >= 0) & (addresses < starts[i] + sizes[i]), i, -1)
