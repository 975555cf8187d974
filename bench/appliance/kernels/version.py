# SPDX-License-Identifier: GPL-2.0
"""The version of Linux that kernels are built of: kernel-patches/version names it."""

from dataclasses import dataclass
from pathlib import Path

from ..paths import PATCHES


@dataclass(frozen=True)
class Version:
    """A version's name at kernel.org, and the folder of its patches."""
    name: str
    folder: Path

    @property
    def package(self) -> str:
        """Return the name of Debian's package of its sources."""
        return f'linux-source-{self.name}'

    @property
    def oldest(self) -> int:
        """Return the oldest point release that the patches apply to."""
        return int((self.folder / 'oldest').read_text(encoding='utf-8'))


def _named() -> Version:
    name = (PATCHES / 'version').read_text(encoding='utf-8').strip()
    return Version(name, PATCHES / name)


LINUX = _named()
