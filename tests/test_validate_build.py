# SPDX-License-Identifier: GPL-2.0
"""A series is built patch by patch, and compiled for machines that user-mode Linux is not."""

from dataclasses import replace

import pytest

from appliance import sandbox
from appliance.commands.validate import build, machines
from appliance.commands.validate.subject import Subject
from appliance.failure import Failure
from appliance.kernels import affected, build as builds, compiled, one_by_one, series, sources
from appliance.kernels.compiled import Compiled, Function
from appliance.kernels.one_by_one import Tree
from appliance.kernels.patch import Patch
from appliance.kernels.said import Said
from appliance.paths import build_folder
from appliance.runs.outcome import (FAIL, MENDED, NEW, ON_BASE, PASS, SKIP, UNDECIDED, WARN, Finding,
                                    Outcome)
from written import WrittenSeries

FILE = 'mm/mincore.c'
OBJECT = ('mm/mincore.o',)
PLACE = 'static int mincore_unmapped_range('


@pytest.fixture
def mincore(appliance, tmp_path):
    """A series onto stock that changes mm/mincore.c."""
    files = builds.read_files(build_folder(), series.kernel('stock'), {FILE})
    return WrittenSeries(tmp_path).knows(FILE, files[FILE])


def subject(a_series: WrittenSeries) -> Subject:
    return Subject(build_folder(), series.kernel('stock'), tuple(map(Patch, a_series.patches)))


def test_each_patch_is_built(mincore):
    """The second does not build, the third mends it but warns, the fourth mends that."""
    mincore.change(FILE, PLACE, f'static int __maybe_unused x(void)\n{{\n\treturn 1;\n}}\n\n{PLACE}')
    mincore.change(FILE, 'return 1;', 'return none_such;')
    mincore.change(FILE, '\treturn none_such;', '\tint unused;\n\n\tunused = 1;\n\treturn 1;')
    mincore.change(FILE, '\tint unused;\n\n\tunused = 1;\n', '')
    found = list(build.after_each_patch(subject(mincore), OBJECT))
    assert [(one.on, one.status) for one in found] == [
        ('0001-change.patch', PASS), ('0002-change.patch', FAIL), ('0003-change.patch', WARN),
        ('0004-change.patch', PASS)]
    assert [found[n].summary for n in (0, 1, 2)] == [
        '0 new warnings', 'does not build', 'builds again, 1 new warnings']
    assert any('none_such' in one.text for one in found[1].findings)
    assert '>> mm/mincore.c:' in found[2].findings[0].text and 'unused' in found[2].findings[0].text
    assert [one.kind for one in found[3].findings] == [MENDED]


@pytest.mark.long
def test_a_kernel_that_cannot_be_linked_does_not_build(mincore):
    """Each file compiles; no file has the function."""
    mincore.change(FILE, PLACE, f'int none_such(void);\n\nint caller(void);\nint caller(void)\n'
                                f'{{\n\treturn none_such();\n}}\n\n{PLACE}')
    mincore.change(FILE, PLACE, f'static int (*const keep)(void) __used = caller;\n\n{PLACE}')
    found = list(build.after_each_patch(subject(mincore), OBJECT))
    assert [one.status for one in found] == [FAIL, FAIL]
    assert "undefined reference to `none_such'" in found[0].findings[0].text
    assert found[1].summary == 'does not build, as before it'


def test_what_a_file_is_a_part_of_is_compiled(appliance):
    folder = builds.objects_folder(appliance.kernels['stock'])
    assert affected.objects(folder, ['mm/mincore.c']) == OBJECT
    of_header = affected.objects(folder, ['include/linux/pagewalk.h'])
    assert {'mm/pagewalk.o', 'mm/mincore.o', 'fs/proc/task_mmu.o'} <= set(of_header)
    assert 'lib/string.o' not in of_header
    assert affected.objects(folder, ['mm/Makefile', 'scripts/mod/modpost.c']) == ()


@pytest.mark.parametrize('confined', [pytest.param(False, marks=pytest.mark.long), True])
def test_a_makefile_runs_in_the_sandbox(appliance, tmp_path, confined):
    """It writes where it may, and beside the build folder's locks, if it is not confined."""
    name, line, outside = 'mm/Makefile', 'KASAN_SANITIZE_slab_common.o := n\n', build_folder() / 'evil'
    tree, inside = appliance.kernels['stock'].source.tree, f'{sources.OBJECTS}-*/evil'
    text = builds.read_files(build_folder(), series.kernel('stock'), {name})[name]
    evil = WrittenSeries(tmp_path).knows(name, text)
    evil.change(name, line, f'{line}evil := $(shell touch evil; touch {outside})\n')
    confining = sandbox.choose(build_folder()) if confined else sandbox.OPEN
    try:
        found = list(build.after_each_patch(replace(subject(evil), sandbox=confining), OBJECT))
        found += machines.on_machine(replace(subject(evil), sandbox=confining), 'x86_64')
        assert [one.status for one in found if one.check == 'build'] == [PASS]
        assert list(tree.glob(inside)), 'the Makefile was not read'
        assert outside.exists() != confined
    finally:
        for made in (outside, *tree.glob(inside)):
            made.unlink(missing_ok=True)


def test_what_is_compiled_for_another_machine(mincore):
    mincore.change(FILE, PLACE, f'int umwalk_other;\n\n{PLACE}')
    mincore.change(FILE, '\tunsigned char *vec = walk->private;\n\tint nr =',
                   '\tunsigned char *vec = walk->private;\n\tchar more[100];\n\tint nr =')
    mincore.change(FILE, '\tptl = pmd_trans_huge_lock(pmd, vma);',
                   '#ifdef CONFIG_NUMA\n\tint numa = 1;\n#endif\n\n\tmemset(more, nr, sizeof(more));\n'
                   '\tOPTIMIZER_HIDE_VAR(vec);\n\tasm volatile("" : : "r" (more) : "memory");\n'
                   '\tptl = pmd_trans_huge_lock(pmd, vma);')
    found = {one.check: one for one in machines.on_machine(subject(mincore), 'x86_64')}
    assert {name: (one.status, one.on) for name, one in found.items()} == {
        'compile': (WARN, 'x86_64'), 'sparse': (WARN, 'x86_64'), 'size': (PASS, 'x86_64')}
    new = {name: [one.text for one in outcome.findings if one.kind == NEW]
           for name, outcome in found.items()}
    assert found['compile'].summary.startswith('1 files compiled, not run: ')
    assert all(text.startswith('>> mm/mincore.c:') for text in new['compile'] + new['sparse'])
    assert any("unused variable 'numa'" in text for text in new['compile'])
    assert any("'umwalk_other' was not declared" in text for text in new['sparse'])
    grown = [text for text in new['size'] if 'mincore_pte_range()' in text]
    assert len(grown) == 1 and '(+' in grown[0].partition(', stack ')[2]


@pytest.mark.parametrize('machine, broken', [
    pytest.param('x86_64', '#ifdef CONFIG_TRANSPARENT_HUGEPAGE', marks=pytest.mark.long),
    ('i386', '#ifndef CONFIG_64BIT')])
def test_what_only_another_machine_has_does_not_compile(mincore, machine, broken):
    mincore.change(FILE, PLACE, f'{broken}\n#error "not here"\n#endif\n\n{PLACE}')
    one = next(machines.on_machine(subject(mincore), machine))
    assert (one.check, one.status, one.summary) == ('compile', FAIL, 'does not compile')
    assert 'not here' in one.findings[0].text


NONE = Compiled((), (), (), frozenset(), frozenset(), {})
DONE = replace(NONE, done=('mm/a.c',), functions={('mm/a.c', 'walk'): Function(100, 8)})
FAILED = replace(NONE, failed=('mm/a.c',), errors=('mm/a.c:1:1: error: no',))


@pytest.mark.parametrize('base, patched, status', [
    (DONE, DONE, PASS), (DONE, FAILED, FAIL), (FAILED, FAILED, UNDECIDED), (FAILED, DONE, PASS),
    (NONE, NONE, SKIP), (NONE, FAILED, FAIL),
    (replace(DONE, failed=('mm/b.c',)), replace(DONE, failed=('mm/b.c',)), PASS)])
def test_what_the_base_cannot_compile_decides_nothing(base, patched, status):
    assert machines._compiled(base, patched, 'i386').status == status


def test_the_size_and_stack_of_each_function_that_changes():
    after = replace(DONE, functions={('mm/a.c', 'walk'): Function(120, 24),
                                     ('mm/a.c', 'more'): Function(16, 8)})
    one = machines._sizes(DONE, after, 'x86_64', ())
    assert (one.status, one.summary) == (
        PASS, 'text 100 -> 136 (+36) bytes; text or stack of 2 functions changes')
    assert [f.text for f in one.findings] == [
        'mm/a.c: more() is new: text 16, stack 8 bytes',
        'mm/a.c: walk(): text 100 -> 120 (+20), stack 8 -> 24 (+16) bytes']
    assert machines._sizes(DONE, DONE, 'x86_64', ()) == Outcome(
        'size', PASS, 'text 100 bytes; text or stack of 0 functions changes', 'x86_64')
    assert machines._sizes(FAILED, DONE, 'x86_64', ()).status == SKIP
    assert machines._sizes(DONE, after, 'x86_64', {'walk'}).findings == one.findings[::-1]


def test_a_tree_that_stays_broken_has_no_new_fault():
    broken = Tree(('mm/a.c:1:1: error: no',), frozenset())
    assert build._built(Tree((), frozenset()), broken, 'p').findings == (
        Finding('>> mm/a.c:1:1: error: no'),)
    again = build._built(broken, broken, 'p')
    assert (again.status, again.findings) == (FAIL, ())


def test_a_base_that_does_not_build_is_said(monkeypatch):
    monkeypatch.setattr(one_by_one, 'build', lambda *_: Tree(('mm/a.c:1:1: error: no',), frozenset()))
    with pytest.raises(Failure, match='the base itself does not build.*error: no'):
        list(build.after_each_patch(Subject(None, series.kernel('stock'), ()), OBJECT))


def test_a_missing_sparse_skips(monkeypatch, tools):
    monkeypatch.setenv('PATH', tools('sparse'))
    monkeypatch.setattr(compiled, 'compile_files', lambda *_: DONE)
    found = {one.check: one for one in machines.on_machine(Subject(None, series.kernel('stock'), ()),
                                                        'x86_64')}
    assert found['sparse'].status == SKIP
    assert '`bench/deps.sh how sparse` prints' in found['sparse'].summary


def test_what_has_to_be_compiled():
    assert compiled.files(['mm/a.c', 'tools/mm/b.c', 'Documentation/x.rst', 'arch/um/c.c',
                           'arch/x86/mm/d.c', 'arch/x86/um/e.c', 'arch/arm/f.c', 'scripts/g.c']) == [
        'arch/x86/mm/d.c', 'mm/a.c']
    assert set(compiled.files(['include/linux/pagewalk.h', 'mm/a.c'])) == {
        'mm/a.c', 'mm/pagewalk.c', 'fs/proc/task_mmu.c'}


def test_warnings_are_compared_with_those_of_the_base():
    old, new, gone = (Said('mm/a.c', 'walk', text, f'mm/a.c:1:1: warning: {text}')
                      for text in ('old', 'new', 'gone'))
    moved = replace(old, line='mm/a.c:9')
    one = machines._compiled(replace(DONE, warnings=frozenset({old, gone})),
                          replace(DONE, warnings=frozenset({moved, new})), 'i386')
    assert one.status == WARN
    assert [(f.kind, f.text) for f in one.findings] == [
        (NEW, '>> mm/a.c:1:1: warning: new'), (ON_BASE, 'mm/a.c:9'),
        (MENDED, 'mm/a.c:1:1: warning: gone')]
