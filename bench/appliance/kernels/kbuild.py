# SPDX-License-Identifier: GPL-2.0
"""Run kbuild in an object folder, which lies in the kernel tree.

So kbuild names no absolute path, and ccache finds what another clone has compiled.
"""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Mapping, Sequence

from .. import process
from ..failure import Failure
from ..paths import write_atomically
from .configuration import Symbols
from .sources import OBJECTS, Source
from .tree import PatchedTree

# The same sources give the same program, wherever and whenever they are built.
REPRODUCIBLE = {
    'KBUILD_BUILD_TIMESTAMP': '1970-01-01', 'KBUILD_BUILD_USER': 'umwalk',
    'KBUILD_BUILD_HOST': 'umwalk', 'KBUILD_BUILD_VERSION': '1',
}
# All that can be compiled is, after an error, too, and what is said of a file stays together.
# kernel-doc is left out: it says nothing of the code, and takes as long as the compiler.
WITH_WARNINGS = ('W=1', 'cmd_checkdoc=', '--keep-going', '--output-sync=target')


def compiler() -> str:
    """Return what the compiler says of its version."""
    return process.output(['gcc', '--version'])


@dataclass(frozen=True)
class ObjectFolder:
    """Where one configuration of the kernel tree is built, whatever patches the tree has."""
    source: Source
    patched: PatchedTree
    name: str
    arch: str = 'um'

    @property
    def path(self) -> Path:
        """Return the folder."""
        return self.source.tree / f'{OBJECTS}-{self.name}'

    @property
    def config(self) -> Path:
        """Return the path of .config."""
        return self.path / '.config'

    def configure(self, wanted: Symbols) -> None:
        """Make .config of no symbols but these and what they select.

        It stays as it is if all that it depends on is as it was.
        """
        text = ''.join(f'{symbol}={value}\n' for symbol, (value, _) in wanted.items())
        done = self.path / 'umwalk.configured'
        depends = hashlib.sha256((text + self.source.id + compiler()).encode()
                                 + self.patched.content(_is_kconfig)).hexdigest()
        if done.exists() and done.read_text(encoding='utf-8') == depends:
            return
        done.unlink(missing_ok=True)
        self.path.mkdir(exist_ok=True)
        fragment = self.path / 'umwalk.config'
        write_atomically(fragment, text)
        ran = self.make(['allnoconfig'], {'KCONFIG_ALLCONFIG': str(fragment)})
        output, _ = ran.communicate()
        if ran.returncode:
            raise Failure('configuring the kernel failed:\n' + output)
        write_atomically(done, depends)

    def make(self, targets: Sequence[str],
             more: Mapping[str, str] = MappingProxyType({})) -> subprocess.Popen:
        """Start kbuild, with more in its environment; what it says can be read."""
        gcc = 'ccache gcc' if shutil.which('ccache') else 'gcc'
        return process.start(
            ['make', '-C', self.source.tree, f'O={self.path}', f'ARCH={self.arch}', f'CC={gcc}',
             f'-j{len(os.sched_getaffinity(0)) + 1}', *targets],
            REPRODUCIBLE | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            **process.TEXT)


def _is_kconfig(name: str) -> bool:
    return Path(name).name.startswith('Kconfig') or name.startswith('scripts/')
