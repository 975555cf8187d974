# SPDX-License-Identifier: GPL-2.0
"""Run kbuild in an object folder, which lies in the kernel tree.

So kbuild names no absolute path, and ccache finds what another clone has compiled.

In a sandbox, kbuild runs code that umwalk does not trust. Then it gets a copy of the folder,
and umwalk writes nothing in there, since a link could be in the way.
"""

import hashlib
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Iterable, Mapping, Sequence

from .. import process
from ..failure import Failure
from ..paths import copy_atomically, write_atomically
from ..sandbox import OPEN, Sandbox
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

LAST_BUILT = 'built'  # beside a folder: what its kernel was built from (shortcut.py)
WARNINGS = 'warnings'  # beside a folder: what the compiler said of each object (one_by_one.py)


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
    sandbox: Sandbox = OPEN

    @property
    def path(self) -> Path:
        """Return the folder."""
        return self.source.tree / (f'{OBJECTS}-{self.name}'
                                   + ('-sandbox' if self.sandbox.confines else ''))

    @property
    def config(self) -> Path:
        """Return the path of .config."""
        return self.made('.config')

    def made(self, name: str) -> Path:
        """Return the path of a file that kbuild has made, and see that it is a plain file."""
        path = self.path / name
        if not path.exists() or not stat.S_ISREG(path.lstat().st_mode):
            raise Failure(f'kbuild made no plain file {path}')
        return path

    def configure(self, wanted: Symbols) -> None:
        """Make .config of no symbols but these and what they select.

        It stays as it is if all that it depends on is as it was.
        """
        text = ''.join(f'{symbol}={value}\n' for symbol, (value, _) in wanted.items())
        done = self.beside('configured')
        depends = hashlib.sha256((text + self.source.id + compiler()).encode()
                                 + self.patched.content(_is_kconfig)).hexdigest()
        self.begin()
        if (self.path / '.config').exists() and _says(done, depends):
            return
        done.unlink(missing_ok=True)
        fragment = self.beside('fragment')
        write_atomically(fragment, text)
        ran = self.make(['allnoconfig'], {'KCONFIG_ALLCONFIG': str(fragment)})
        output, _ = ran.communicate()
        if ran.returncode:
            raise Failure('configuring the kernel failed:\n' + output)
        write_atomically(done, depends)

    def beside(self, suffix: str) -> Path:
        """Return the path of a file of umwalk's own, which kbuild does not touch."""
        return self.path.with_name(f'{self.path.name}.{suffix}')

    def begin(self) -> None:
        """Make the folder. One in a sandbox begins anew with each run, as a copy of the other."""
        run = self.beside('run')
        if not self.sandbox.confines or _says(run, self.sandbox.run):
            self.path.mkdir(exist_ok=True)
            return
        if self.path.exists():
            process.output(['chmod', '-R', 'u+rwX', self.path])
            shutil.rmtree(self.path)
        outside = replace(self, sandbox=OPEN)
        if outside.path.exists():
            process.output(['cp', '-a', '--reflink=auto', outside.path, self.path])
        self.path.mkdir(exist_ok=True)
        for suffix in ('configured', LAST_BUILT, WARNINGS):
            self.beside(suffix).unlink(missing_ok=True)
            if outside.beside(suffix).exists():
                copy_atomically(outside.beside(suffix), self.beside(suffix))
        write_atomically(run, self.sandbox.run)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files of the folder, if they are there."""
        process.output([*self.sandbox.under(self.path), 'rm', '-f',
                        *(str(self.path / name) for name in names)])

    def make(self, targets: Sequence[str],
             more: Mapping[str, str] = MappingProxyType({})) -> subprocess.Popen:
        """Start kbuild, with more in its environment; what it says can be read."""
        gcc = 'ccache gcc' if shutil.which('ccache') else 'gcc'
        return process.start(
            [*self.sandbox.under(self.path), 'make', '-C', self.source.tree, f'O={self.path}',
             f'ARCH={self.arch}', f'CC={gcc}', f'-j{len(os.sched_getaffinity(0)) + 1}', *targets],
            REPRODUCIBLE | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            **process.TEXT)


def _says(file: Path, what: str) -> bool:
    return file.exists() and file.read_text(encoding='utf-8') == what


def _is_kconfig(name: str) -> bool:
    return Path(name).name.startswith('Kconfig') or name.startswith('scripts/')
