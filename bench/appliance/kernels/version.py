# SPDX-License-Identifier: GPL-2.0
"""The version of Linux that kernels are built of. No other file knows which it is."""

from dataclasses import dataclass
from pathlib import Path

from ..paths import PATCHES


@dataclass(frozen=True)
class Version:
    """A version's name at kernel.org, Debian's package of its sources, the folder of patches."""
    name: str
    package: str
    folder: Path


LINUX = Version('6.12', 'linux-source-6.12', PATCHES / '6.12')
