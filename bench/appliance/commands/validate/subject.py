# SPDX-License-Identifier: GPL-2.0
"""What is validated: a series, and the kernels without it, with it, and after each patch."""

from dataclasses import dataclass, replace
from pathlib import Path

from ...kernels.configuration import Configuration
from ...kernels.patch import Patch
from ...kernels.series import Kernel
from ...sandbox import OPEN, Sandbox


@dataclass(frozen=True)
class Subject:
    """A series on a base; all that is built lies in the folder build.

    The series is built and booted in the sandbox. The base, which is umwalk's, is built before.
    no_probe says why both kernels are without the probe, if they are. The differential takes
    these layouts, too.
    """
    build: Path
    base: Kernel
    patches: tuple[Patch, ...]
    sandbox: Sandbox = OPEN
    no_probe: str = ''
    layouts: tuple[str, ...] = ()

    @property
    def patched(self) -> Kernel:
        """Return the kernel with the whole series."""
        return self.after(len(self.patches))

    def after(self, count: int) -> Kernel:
        """Return the kernel after so many of the patches."""
        return self.base.plus(f'series-{count}', *(patch.file for patch in self.patches[:count]))

    def configured(self, configuration: Configuration) -> 'Subject':
        """Return the same in another configuration."""
        return replace(self, base=replace(self.base, configuration=configuration))
