# SPDX-License-Identifier: GPL-2.0
"""A kernel of which some files change is the same whether or not kbuild looks into each folder."""

import hashlib
import os
import shutil

import pytest

from appliance.kernels import build as builds, shortcut, sources
from appliance.kernels.kbuild import ObjectFolder
from appliance.kernels.series import kernel
from appliance.kernels.sources import Source
from appliance.kernels.tree import PatchedTree
from appliance.paths import build_folder, locked
from written import WrittenSeries

OBJECT = 'mm/a.o'
COMPILED = ['linux', f'single-goals=./{OBJECT}']


@pytest.fixture
def objects(tmp_path) -> ObjectFolder:
    """A folder in which a kernel of mm/a.c and mm/a.h has just been built."""
    tree = tmp_path / 'tree'
    folder = ObjectFolder(Source(tree, 'id', '6.12'), PatchedTree(tree, tmp_path / 'pristine'), 'x')
    for file, text in {
            tree / 'mm/a.c': 'first', tree / 'mm/a.h': 'first',
            folder.patched.pristine / 'mm/a.c': 'original',
            folder.path / '.config': 'CONFIG_A=y', folder.path / OBJECT: '',
            folder.path / 'mm/built-in.a': '!<thin>\n//\na.o/\n',
            folder.path / shortcut.ALL_OBJECTS: '',
            folder.path / 'mm/.a.o.cmd':
                'source_mm/a.o := ../mm/a.c\n\ndeps_mm/a.o := \\\n  ../mm/a.h \\\n',
            }.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    shortcut.keep(folder, 'options')
    return folder


def change(objects: ObjectFolder, name: str, text: str = 'second') -> None:
    """Change a file of the tree, as a patch would that touches it first."""
    saved = objects.patched.pristine / name
    if not saved.exists():
        shutil.copy(objects.patched.tree / name, saved)
    (objects.patched.tree / name).write_text(text)


def test_what_has_changed_is_compiled_and_all_is_linked(objects):
    change(objects, 'mm/a.c')
    assert shortcut.take(objects, 'options') == COMPILED
    assert not (objects.path / shortcut.ALL_OBJECTS).exists(), 'or else nothing would be linked'


def test_a_header_that_was_never_patched_before(objects):
    change(objects, 'mm/a.h')
    assert shortcut.take(objects, 'options') == COMPILED


def test_a_file_that_a_patch_has_added(objects):
    """It has no original."""
    (objects.patched.pristine / 'mm/a.c').unlink()
    objects.patched.record.write_text('["mm/a.c"]')
    shortcut.keep(objects, 'options')
    (objects.patched.tree / 'mm/a.c').write_text('second')
    assert shortcut.take(objects, 'options') == COMPILED
    shortcut.keep(objects, 'options')
    objects.patched.record.write_text('[]')
    (objects.patched.tree / 'mm/a.c').unlink()
    assert shortcut.take(objects, 'options') is None


def test_what_kbuild_did_not_note_is_not_read(objects):
    """In a sandbox, a Makefile may have made anything there."""
    os.mkfifo(objects.path / 'mm/.b.o.cmd')
    change(objects, 'mm/a.c')
    assert shortcut.take(objects, 'options') == COMPILED


def test_what_was_changed_and_changed_back_is_not_compiled(objects):
    change(objects, 'mm/a.h')
    change(objects, 'mm/a.h', 'first')
    assert shortcut.take(objects, 'options') == ['linux', 'build-dir=none']


def test_a_build_that_was_cut_short_is_not_trusted(objects):
    change(objects, 'mm/a.c')
    assert shortcut.take(objects, 'options')
    assert shortcut.take(objects, 'options') is None


def test_another_compiler_or_flag(objects):
    assert shortcut.take(objects, 'other options') is None


def test_another_configuration(objects):
    (objects.path / '.config').write_text('CONFIG_A=n')
    assert shortcut.take(objects, 'options') is None


def test_a_file_that_has_gone(objects):
    (objects.patched.tree / 'mm/a.c').unlink()
    assert shortcut.take(objects, 'options') is None


def test_a_file_that_has_come(objects):
    (objects.patched.tree / 'mm/a.c').unlink()
    shortcut.keep(objects, 'options')
    (objects.patched.tree / 'mm/a.c').write_text('second')
    assert shortcut.take(objects, 'options') is None


def test_what_another_object_is_made_of(objects):
    """As kernel/bounds.s, from which kbuild makes a header."""
    (objects.path / 'mm/.bounds.s.cmd').write_text('deps_mm/bounds.s := \\\n  ../mm/a.h \\\n')
    change(objects, 'mm/a.h')
    assert shortcut.take(objects, 'options') is None


def test_an_object_that_is_not_linked_as_it_is(objects):
    """As those of the vDSO, of which kbuild makes a library that the kernel has as data."""
    (objects.path / 'mm/built-in.a').write_text('!<thin>\n//\nother.o/\nalso-a.o/\n')
    change(objects, 'mm/a.c')
    assert shortcut.take(objects, 'options') is None


def needed(appliance, *names: str) -> list[str] | None:
    """Return the objects of stock that a change of these files compiles."""
    built = appliance.kernels['stock']
    patched = PatchedTree(built.source.tree, build_folder() / 'pristine')
    with locked(build_folder()):
        builds.bring_tree_to(build_folder(), built.kernel)
        return shortcut._needed(ObjectFolder(built.source, patched, 'release'), set(names))


def test_what_is_needed_of_a_real_kernel(appliance):
    assert needed(appliance, 'mm/util.c') == ['mm/util.o']
    readers = needed(appliance, 'fs/proc/internal.h')
    assert {'fs/proc/base.o', 'fs/proc/task_mmu.o'} <= set(readers)
    assert all(name.startswith('fs/') for name in readers)
    assert needed(appliance, 'drivers/net/loopback.c') == [], 'it is not configured'
    assert needed(appliance, 'kernel/sched/fair.c') == ['kernel/sched/fair.o']


@pytest.mark.parametrize('name', [
    'mm/Makefile', 'mm/Kconfig', 'include/linux/mm_types.h', 'arch/x86/um/vdso/um_vdso.c',
    'scripts/kallsyms.c', 'lib/vsprintf.c', 'arch/um/kernel/vmlinux.lds.S',
    'include/asm-generic/vmlinux.lds.h'])
def test_kbuild_looks_itself_for_what_is_more_than_objects(appliance, name):
    assert needed(appliance, name) is None


@pytest.mark.long
def test_the_kernel_is_the_same(appliance, tmp_path, monkeypatch):
    """The short way from one patch to another, against kbuild's own."""
    files = builds.read_sources(build_folder(), appliance.kernels['stock'],
                                {'mm/mincore.c', 'fs/proc/internal.h'})
    first, second = ((tmp_path / name) for name in ('first', 'second'))
    first.mkdir()
    second.mkdir()
    source, header = 'mm/mincore.c', 'fs/proc/internal.h'
    include = '#include <linux/pagewalk.h>'
    WrittenSeries(first).knows(source, files[source]).change(
        source, include, f'{include}\nint one_more = 1;')
    WrittenSeries(second).knows(header, files[header]).change(
        header, 'struct ctl_table_header;\n',
        'struct ctl_table_header;\nstatic const char more[] __used = "more";\n')
    ways = []

    def watched(*arguments):
        ways.append(take(*arguments))
        return ways[-1]

    take = shortcut.take
    monkeypatch.setattr(shortcut, 'take', watched)
    base = kernel('stock')
    one, other = (base.plus(folder.name, *folder.iterdir()) for folder in (first, second))

    def digest_after(*kernels) -> str:
        for a_kernel in kernels:
            for left in (build_folder() / 'kernels').glob(f'{a_kernel.name}-release-*'):
                shutil.rmtree(left)
            built, = builds.ensure(build_folder(), [a_kernel])
        return hashlib.sha256(built.program.read_bytes()).hexdigest()

    short = digest_after(one, other)
    assert ways[1] and './mm/mincore.o' in ways[1][1]
    for record in appliance.kernels['stock'].source.tree.glob(f'{sources.OBJECTS}-release.built'):
        record.unlink()
    assert digest_after(other) == short
    assert ways[2] is None
    monkeypatch.undo()
    assert digest_after(one) != short
