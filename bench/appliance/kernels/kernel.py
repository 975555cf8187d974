# SPDX-License-Identifier: GPL-2.0
"""Build kernels: one source tree, one object folder a configuration.

Kernels are built one after the other in the same object folder, and each result is copied
out. So what two kernels share is compiled once. The object folder lies in the tree, so that
kbuild names no absolute path, and ccache finds what another clone has compiled.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from .. import process
from ..failure import Failure
from ..paths import copy_atomically, locked, write_atomically
from ..progress import Step
from . import functions, kconfig, linkmap, movable, series, sources
from .newfiles import whole
from .tree import PatchedTree, put

# The same sources give the same program, wherever and whenever they are built.
REPRODUCIBLE = {
    'KBUILD_BUILD_TIMESTAMP': '1970-01-01', 'KBUILD_BUILD_USER': 'umwalk',
    'KBUILD_BUILD_HOST': 'umwalk', 'KBUILD_BUILD_VERSION': '1',
}


# The release has lines and inlined functions, for counts and stack traces. This is the
# cheapest debug information, and changes no instruction.
DEBUG_FLAGS = {'release': '-g1'}
TREE_IN_DEBUG = '/linux'  # the name of the tree in debug information, wherever it is

PROBE_HEADER = Path('linux') / 'pagewalk_probe.h'
DEBUG_FILE = 'linux.debug'


def binary(build: Path, name: str, configuration: str = 'release') -> Path:
    """Return the path of the built kernel."""
    return build / configuration / 'kernels' / name / 'linux'


def debug_file(program: Path) -> Path:
    """Return the file with a program's source lines, which may be the program itself."""
    separate = program.with_name(DEBUG_FILE)
    return separate if separate.exists() else program


def ensure(build: Path, names: list[str], configuration: str = 'release') -> list[Path]:
    """Build what is not up to date; return the kernels' programs."""
    stacks = [series.stack(name) for name in names]
    with locked(build):
        source = sources.prepare(build)
        for stack in stacks:
            _ensure_one(build, source, stack, configuration)
    return [binary(build, name, configuration) for name in names]


def bring_tree_to(build: Path, name: str) -> Path:
    """Return the kernel tree with a kernel's patches, for what is built from its files."""
    source = sources.prepare(build)
    PatchedTree(source.tree, build / 'pristine').bring_to(series.stack(name))
    return source.tree


def read_sources(build: Path, name: str, files: set[str]) -> dict[str, str]:
    """Read files of the kernel tree as they are in a kernel, those that exist."""
    with locked(build):
        tree = sources.prepare(build).tree
        return PatchedTree(tree, build / 'pristine').read(series.stack(name), files)


def _objects(tree: Path, configuration: str) -> Path:
    return tree / f'{sources.OBJECTS}-{configuration}'


class Bench:
    """Builds other stacks than the named kernels, in the same object folder.

    What a stack shares with the one before it is not compiled again. The
    kernels' own programs and stamps stay as they are.
    """

    def __init__(self, build: Path, configuration: str):
        self.top = build
        self.configuration = configuration

    def build(self, stack: series.Stack, target: Path, configure: bool = False) -> Path:
        """Build a stack, the program to target; configure first if asked to."""
        with locked(self.top):
            tree = self._bring_to(stack)
            objects = _objects(tree, self.configuration)
            if configure:
                _configure(tree, objects, self.configuration)
            _compile(self.top, tree, objects, self.configuration, 'other')
            _install(objects, target, self.configuration)
        return target

    def check_applies(self, stack: series.Stack) -> None:
        """Raise Failure if it does not; nothing is changed or built."""
        with locked(self.top):
            tree = sources.prepare(self.top).tree
            PatchedTree(tree, self.top / 'pristine').read(stack, set())

    def restore(self, stack: series.Stack) -> None:
        """Leave the tree as that of a kernel."""
        with locked(self.top):
            self._bring_to(stack)

    def _bring_to(self, stack: series.Stack) -> Path:
        tree = sources.prepare(self.top).tree
        PatchedTree(tree, self.top / 'pristine').bring_to(stack)
        return tree


def _ensure_one(build: Path, source: sources.Source, stack: series.Stack,
                configuration: str) -> None:
    target = binary(build, stack.kernel, configuration)
    stamp = target.with_name('stamp')
    wanted = _stamp(source, stack, configuration)
    if target.exists() and stamp.exists() and stamp.read_text(encoding='utf-8') == wanted:
        return
    PatchedTree(source.tree, build / 'pristine').bring_to(stack)
    objects = _objects(source.tree, configuration)
    _configure(source.tree, objects, configuration)
    shown = Step(f'building kernel {stack.kernel}')
    try:
        compiled = _compile(build, source.tree, objects, configuration, stack.kernel, shown)
    except Failure:
        shown.end('failed')
        raise
    shown.end(f'done, {compiled} files compiled')
    stamp.unlink(missing_ok=True)
    copy_atomically(objects / '.config', target.with_name('config'))
    _install(objects, target, configuration)
    _export_headers(source.tree, build / 'headers')
    write_atomically(stamp, wanted)


def _install(objects: Path, target: Path, configuration: str) -> None:
    """Copy the program; put debug information and relocations of a release into other files."""
    linked = objects / 'linux'
    if configuration not in DEBUG_FLAGS:
        copy_atomically(linked, target)
        return
    bare = objects / 'linux.bare'  # both in one step make a damaged file
    _objcopy('--remove-relocations=*', linked, bare)
    _objcopy('--only-keep-debug', bare, target.with_name(DEBUG_FILE))
    _objcopy('--strip-debug', bare, target)
    inputs = linkmap.read(objects / 'vmlinux.map')
    movable.record(target, linked.read_bytes(), inputs)
    functions.record(target, linked.read_bytes(), inputs)


def _objcopy(option: str, source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f'.{target.name}.{os.getpid()}')
    process.output(['objcopy', option, source, temporary])
    temporary.replace(target)


def _export_headers(tree: Path, headers: Path) -> None:
    """Copy the probe's interface for the guest's programs; its time changes with its content."""
    put(tree / 'include' / 'uapi' / PROBE_HEADER, headers / PROBE_HEADER)


def _stamp(source: sources.Source, stack: series.Stack, configuration: str) -> str:
    """Return a text that changes whenever the built kernel could change."""
    digest = hashlib.sha256(source.id.encode())
    for path in kconfig.fragments(configuration):
        digest.update(path.read_bytes())
    for patch in stack.patches:
        digest.update(whole(patch))
    digest.update((process.output(['gcc', '--version']) + _compiler_flags(configuration)).encode())
    return digest.hexdigest() + '\n'


def _compiler_flags(configuration: str) -> str:
    """Beyond those of the tree, which is {tree}.

    Sections of their own let movable.py reorder functions. Debug information
    names folders, and ccache would put in those of whoever compiled first; the
    linker's build ID, which stays when it is stripped, would differ with them.
    """
    return (f'-ffunction-sections -fdebug-prefix-map={{tree}}={TREE_IN_DEBUG} '
            + DEBUG_FLAGS.get(configuration, ''))


def _configure(tree: Path, objects: Path, configuration: str) -> None:
    objects.mkdir(exist_ok=True)
    paths = kconfig.fragments(configuration)
    wanted = kconfig.requested(paths)
    fragment = objects / 'umwalk.config'
    text = ''.join(f'{symbol}={value}\n' for symbol, (value, _) in wanted.items())
    write_atomically(fragment, text)
    ran = _make(tree, objects, ['allnoconfig'], {'KCONFIG_ALLCONFIG': str(fragment)})
    output, _ = ran.communicate()
    if ran.returncode:
        raise Failure('configuring the kernel failed:\n' + output)
    kconfig.check_taken(wanted, objects / '.config')


def _compile(build: Path, tree: Path, objects: Path, configuration: str, name: str,
             shown: Step | None = None) -> int:
    """Run kbuild; returns how many files it compiled."""
    log = build / f'{name}.build.log'
    flags = _compiler_flags(configuration).format(tree=tree.resolve())
    ran = _make(tree, objects, ['linux'], {'CCACHE_NOHASHDIR': '1', 'KCFLAGS': flags})
    compiled = 0
    assert ran.stdout
    with open(log, 'w', encoding='utf-8') as written:
        for line in ran.stdout:
            written.write(line)
            compiled += line.startswith('  CC ')
            if shown:
                shown.update(f'{compiled} files compiled')
    if ran.wait():
        errors = [line for line in log.read_text(encoding='utf-8').splitlines()
                  if 'error' in line.lower() or '***' in line][:5]
        raise Failure(f'kernel {name} does not build, see {log}:\n' + '\n'.join(errors))
    return compiled


def _make(tree: Path, objects: Path, targets: list[str],
          extra: dict[str, str]) -> subprocess.Popen:
    """Start kbuild."""
    compiler = 'ccache gcc' if shutil.which('ccache') else 'gcc'
    return process.start(
        ['make', '-C', tree, f'O={objects}', 'ARCH=um', f'CC={compiler}',
         f'-j{len(os.sched_getaffinity(0)) + 1}', *targets],
        REPRODUCIBLE | extra, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        **process.TEXT)
