# SPDX-License-Identifier: GPL-2.0
"""Stacks of patches apply whole or not at all, and only what differs is written."""

import os
import subprocess
from pathlib import Path

import pytest

from appliance.kernels import series
from appliance.kernels.patch import touched_files
from appliance.kernels.tree import PatchedTree
from appliance.kernels.version import Version
from appliance.failure import Failure

PATCH = '''--- a/mm/walk.c
+++ b/mm/walk.c
@@ -1,3 +1,3 @@
 one
-two
+{new}
 three
'''
CREATES = '''--- /dev/null
+++ b/mm/probe.c
@@ -0,0 +1 @@
+probe
'''


class Clone:
    """A patch folder and a kernel tree of two files."""

    def __init__(self, folder: Path):
        self.root = folder / 'kernel-patches' / '6.12'
        self.tree = folder / 'linux'
        self.patched = PatchedTree(self.tree, folder / 'pristine')
        (self.tree / 'mm').mkdir(parents=True)
        self.version = Version('6.12', self.root)
        (self.root / 'kernels').mkdir(parents=True)
        self.write('mm/walk.c', 'one\ntwo\nthree\n')
        self.write('mm/other.c', 'other\n')

    def write(self, name: str, text: str) -> None:
        (self.tree / name).write_text(text)

    def read(self, name: str) -> str:
        return (self.tree / name).read_text()

    def everything(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for top in (self.tree, self.patched.pristine)
                for path in top.rglob('*') if path.is_file()}

    def kernel(self, name: str, **patches: str) -> series.Stack:
        """Make a kernel of one series that has the kernel's name."""
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        for patch, text in patches.items():
            (folder / f'{patch}.patch').write_text(text)
        (folder / 'series').write_text('# in order\n' + ''.join(f'{p}.patch\n' for p in patches))
        (self.root / 'kernels' / name).write_text(f'{name}\n')
        return series.kernel(name, version=self.version).stack


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def test_switching_stacks_changes_and_restores(clone):
    a = clone.kernel('a', one=PATCH.format(new='TWO'))
    b = clone.kernel('b', one=PATCH.format(new='2'), two=CREATES)
    clone.patched.bring_to(a)
    assert clone.read('mm/walk.c') == 'one\nTWO\nthree\n'
    clone.patched.bring_to(b)
    assert clone.read('mm/walk.c') == 'one\n2\nthree\n'
    assert clone.read('mm/probe.c') == 'probe\n'
    clone.patched.bring_to(clone.kernel('none'))
    assert clone.read('mm/walk.c') == 'one\ntwo\nthree\n'
    assert not (clone.tree / 'mm/probe.c').exists()


def test_same_content_keeps_its_time(clone):
    """A file that two stacks patch alike must not be compiled again."""
    a = clone.kernel('a', one=PATCH.format(new='TWO'))
    b = clone.kernel('b', one=PATCH.format(new='TWO'), two=CREATES)
    clone.patched.bring_to(a)
    os.utime(clone.tree / 'mm/walk.c', (1, 1))
    clone.patched.bring_to(b)
    assert (clone.tree / 'mm/walk.c').stat().st_mtime == 1
    clone.patched.bring_to(clone.kernel('none'))
    assert (clone.tree / 'mm/walk.c').stat().st_mtime > 1


def test_a_stack_that_does_not_apply_names_the_hunk_and_changes_nothing(clone):
    clone.patched.bring_to(clone.kernel('a', one=CREATES))
    bad = clone.kernel('bad', one=PATCH.format(new='TWO'),
                       two=PATCH.format(new='2').replace('one', 'ONE'))
    with pytest.raises(Failure, match=r'two\.patch: hunk 1 does not apply to mm/walk\.c, line 1'):
        clone.patched.bring_to(bad)
    assert clone.read('mm/walk.c') == 'one\ntwo\nthree\n'
    assert clone.read('mm/probe.c') == 'probe\n'
    assert sorted(p.name for p in clone.tree.rglob('*.*')) == ['other.c', 'probe.c', 'walk.c']


def test_the_hunk_is_that_of_the_file(clone):
    """Git names hunks after all files; one that removes another file is not among them."""
    far = ''.join(f'{number}\n' for number in range(30))
    clone.write('mm/walk.c', f'one\ntwo\nthree\n{far}')
    hunk = '@@ -31,3 +31,3 @@\n 27\n-x\n+y\n 29\n'
    removes = '--- a/mm/other.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-another\n'
    with pytest.raises(Failure, match=r'one\.patch: hunk 2 does not apply to mm/walk\.c, line 31'):
        clone.patched.bring_to(clone.kernel('a', one=PATCH.format(new='2') + hunk + removes))
    with pytest.raises(Failure, match=r'one\.patch: the removal does not apply to mm/other\.c, line 1'):
        clone.patched.bring_to(clone.kernel('a', one=removes + PATCH.format(new='2') + hunk))


def test_fuzz_is_refused_and_an_offset_is_not(clone):
    clone.write('mm/walk.c', 'zero\nzero\none\ntwo\nthree\n')
    lower = PATCH.format(new='TWO').replace('-1,3 +1,3', '-2,3 +2,3')  # not a file's first line
    clone.patched.bring_to(clone.kernel('a', one=lower))
    assert clone.read('mm/walk.c') == 'zero\nzero\none\nTWO\nthree\n'
    clone.patched.bring_to(clone.kernel('none'))
    clone.write('mm/walk.c', 'one\ntwo\nthree, changed\n')
    with pytest.raises(Failure, match='does not apply'):
        clone.patched.bring_to(clone.kernel('a', one=PATCH.format(new='TWO')))


def test_missing_names_are_named(clone):
    clone.kernel('a', one=CREATES)
    with pytest.raises(Failure, match="no kernel 'b': there are a"):
        series.kernel('b', version=clone.version)
    (clone.root / 'a/one.patch').unlink()
    with pytest.raises(Failure, match=r'one\.patch: its series file names it, but it is missing'):
        series.kernel('a', version=clone.version)


def test_a_file_that_is_no_patch_is_refused(clone):
    with pytest.raises(Failure, match='it changes no file'):
        clone.patched.bring_to(clone.kernel('a', one=PATCH.format(new='2'), two='hello\n'))


SINCE = 'In-tree-since: 6.12.9\n---\n'


def test_a_patch_that_newer_trees_have_is_left_out_there(clone):
    stack = clone.kernel('k', a=f'What newer trees have.\n\n{SINCE}{PATCH.format(new="TWO")}',
                         b=PATCH.format(new='2').replace('-two', '-TWO'))
    clone.patched.bring_to(stack)
    assert clone.read('mm/walk.c') == 'one\n2\nthree\n'


def test_on_a_newer_tree(clone):
    clone.write('mm/walk.c', 'one\nTWO\nthree\n')
    test_a_patch_that_newer_trees_have_is_left_out_there(clone)


def test_only_a_patch_that_says_so_is_left_out(clone):
    clone.write('mm/walk.c', 'one\nTWO\nthree\n')
    with pytest.raises(Failure, match='hunk 1 does not apply'):
        clone.patched.bring_to(clone.kernel('k', a=PATCH.format(new='TWO')))


def mail(message: str, diff: str) -> str:
    return f'From: A Developer <developer@example.org>\nSubject: [PATCH] x\n\n{message}\n---\n{diff}'


def test_text_in_another_encoding_survives(clone):
    stack = clone.kernel('k', one='')
    content = mail('By M\xfcller.', PATCH.format(new='\xfc')).encode('latin-1')
    stack.patches[0].file.write_bytes(content)
    clone.patched.bring_to(stack)
    assert (clone.tree / 'mm/walk.c').read_bytes() == b'one\n\xfc\nthree\n'
    clone.patched.bring_to(clone.kernel('none'))
    assert clone.read('mm/walk.c') == 'one\ntwo\nthree\n'


RENAMES = '''diff --git a/mm/other.c b/mm/another.c
similarity index 100%
rename from mm/other.c
rename to mm/another.c
'''


def test_a_rename_of_a_file_that_stays_as_it_is(clone):
    clone.patched.bring_to(clone.kernel('a', one=RENAMES))
    assert clone.read('mm/another.c') == 'other\n' and not (clone.tree / 'mm/other.c').exists()
    clone.patched.bring_to(clone.kernel('none'))
    assert clone.read('mm/other.c') == 'other\n' and not (clone.tree / 'mm/another.c').exists()


def test_a_file_whose_name_is_in_another_encoding(clone):
    stack = clone.kernel('a', one='')
    stack.patches[0].file.write_bytes(CREATES.replace('probe.c', 'm\xfcller.c').encode('latin-1'))
    made = clone.tree / 'mm' / os.fsdecode(b'm\xfcller.c')
    clone.patched.bring_to(stack)
    assert made.read_text() == 'probe\n'
    clone.patched.bring_to(clone.kernel('none'))
    assert not made.exists()


RUNS = '''diff --git a/mm/other.c b/mm/other.c
old mode 100644
new mode 100755
'''


def test_a_change_of_mode_alone(clone):
    clone.patched.bring_to(clone.kernel('a', one=RUNS))
    assert (clone.tree / 'mm/other.c').stat().st_mode & 0o111
    clone.patched.bring_to(clone.kernel('none'))
    assert not (clone.tree / 'mm/other.c').stat().st_mode & 0o111


def indented(text: str) -> str:
    return ''.join(f'    {line}' for line in text.splitlines(keepends=True))


NOT_THERE = PATCH.format(new='2').replace('walk.c', 'nothing.c')


@pytest.mark.parametrize('message', [
    '--- a/mm/nothing.c is what it was called once', indented(NOT_THERE),
    indented(PATCH.format(new='quoted'))])
def test_what_a_message_quotes_is_no_change(clone, message):
    stack = clone.kernel('k', one=mail(message, PATCH.format(new='2')))
    assert touched_files(stack.patches) == ['mm/walk.c']
    clone.patched.bring_to(stack)
    assert clone.read('mm/walk.c') == 'one\n2\nthree\n'


def test_a_diff_in_a_message_is_one_and_is_refused_with_its_line(clone):
    stack = clone.kernel('k', one=mail(NOT_THERE, PATCH.format(new='2')))
    with pytest.raises(Failure, match=r'one\.patch:4: it changes mm/nothing\.c, which is not there'):
        clone.patched.bring_to(stack)


def test_a_removed_line_that_looks_like_a_file_is_none(clone):
    clone.write('mm/walk.c', 'one\n-- a/mm/nothing.c\nthree\n')
    stack = clone.kernel('k', one=PATCH.format(new='2').replace('-two', '--- a/mm/nothing.c'))
    assert touched_files(stack.patches) == ['mm/walk.c']
    clone.patched.bring_to(stack)


@pytest.mark.parametrize('name', ['../secret', '/etc/secret', 'mm/../../secret'])
def test_nothing_outside_of_the_tree_is_touched(clone, name):
    (clone.tree.parent / 'secret').write_text('one\ntwo\nthree\n')
    stack = clone.kernel('k', one=PATCH.format(new='2').replace('mm/walk.c', name))
    with pytest.raises(Failure, match=r'one\.patch:1: .*secret is outside of the tree'):
        clone.patched.bring_to(stack)


def adds(name: str) -> str:
    """A patch that adds a file."""
    return CREATES.replace('mm/probe.c', name)


@pytest.mark.parametrize('name, why', [
    ('mm/walk.c/x.c', 'mm/walk.c/x.c would lie below mm/walk.c, which is a file'),
    ('mm', 'mm is a folder'), ('mm/link', 'mm/link is a symlink'),
    ('shortcut/new.c', 'shortcut is a symlink'),
    ('objects-release/scripts/fixdep', 'objects-release/scripts/fixdep is a name that umwalk uses'),
    ('patched.json', 'patched.json is a name'), ('patched.json/x', 'patched.json/x is a name'),
    ('mm/.walk.c.umwalk', 'mm/.walk.c.umwalk is a name'),
    ('mm/.walk.c.umwalk/x', 'mm/.walk.c.umwalk/x is a name'),
    ('include/config/x.h', 'include/config/x.h is what a build leaves'),
    ('arch/um/include/generated/x', 'arch/um/include/generated/x is what a build leaves'),
    ('.config', '.config is what a build leaves'),
    (f'mm/{250 * "x"}.c', 'a name of more than 200 bytes: mm/xxx'),
    (f'{50 * "long/"}x.c', 'a name of more than 200 bytes: long/')])
def test_a_name_that_cannot_be_is_refused_before_anything_is_written(clone, name, why):
    (clone.tree / 'mm/link').symlink_to('walk.c')
    (clone.tree / 'shortcut').symlink_to('mm')
    clone.patched.bring_to(clone.kernel('none'))
    before = clone.everything()
    with pytest.raises(Failure, match=rf'one\.patch:[12]: {why}'):
        clone.patched.bring_to(clone.kernel('k', one=adds(name)))
    assert clone.everything() == before


def test_a_file_and_a_folder_of_one_name_in_one_series_are_refused(clone):
    with pytest.raises(Failure, match='mm/new/x.c would lie below mm/new, which is a file'):
        clone.patched.bring_to(clone.kernel('k', one=adds('mm/new'), two=adds('mm/new/x.c')))


def test_a_file_comes_where_another_stack_has_a_folder_and_back(clone):
    folder, file = clone.kernel('a', one=adds('mm/new/x.c')), clone.kernel('b', one=adds('mm/new'))
    for stack, added in ((folder, 'mm/new/x.c'), (file, 'mm/new'), (folder, 'mm/new/x.c')):
        clone.patched.bring_to(stack)
        assert clone.read(added) == 'probe\n'


def test_no_empty_folder_stays(clone):
    clone.patched.bring_to(clone.kernel('a', one=adds('fs/deep/er/x.c')))
    clone.patched.bring_to(clone.kernel('none'))
    assert not (clone.tree / 'fs').exists() and (clone.tree / 'mm').exists()


@pytest.mark.parametrize('before, after', [(('mm/new/x.c', 'mm/new/y.c'), ('mm/new',)),
                                           (('mm/new',), ('mm/new/x.c', 'mm/new/y.c'))])
def test_the_next_run_mends_one_that_was_cut_short(clone, monkeypatch, before, after):
    """At the worst moment: both stacks are recorded, and all files are those of the second."""
    def cut(_):
        raise KeyboardInterrupt

    clone.patched.bring_to(clone.kernel('a', **{str(i): adds(name) for i, name in enumerate(before)}))
    second = clone.kernel('b', **{str(i): adds(name) for i, name in enumerate(after)})
    calls = iter((clone.patched._remember, cut))

    def remember(found: set[str]) -> None:
        next(calls)(found)

    monkeypatch.setattr(clone.patched, '_remember', remember)
    with pytest.raises(KeyboardInterrupt):
        clone.patched.bring_to(second)
    monkeypatch.undo()
    clone.patched.show(second, clone.root / 'shown')
    assert (clone.root / 'shown' / after[0]).read_text() == 'probe\n'
    clone.patched.bring_to(clone.kernel('none'))
    assert sorted(path.name for path in clone.tree.rglob('*')) == ['mm', 'other.c', 'walk.c']


def test_the_line_of_a_name_is_not_that_of_a_longer_one(clone):
    with pytest.raises(Failure, match=r'two\.patch:2: mm is a folder'):
        clone.patched.bring_to(clone.kernel('a', one=PATCH.format(new='TWO'), two=adds('mm')))


def test_a_stack_is_shown_without_a_change_of_the_tree(clone, tmp_path):
    (clone.tree / 'fs').mkdir()
    clone.write('fs/proc.c', 'proc\n')
    clone.patched.bring_to(clone.kernel('a', one=PATCH.format(new='TWO'), two=adds('mm/two.c')))
    before = clone.everything()
    clone.patched.show(clone.kernel('b', one=adds('fs/new/one.c')), tmp_path / 'shown')
    shown = {str(path.relative_to(tmp_path / 'shown')): path.read_text()
             for path in (tmp_path / 'shown').rglob('*.c')}
    assert shown == {'mm/walk.c': 'one\ntwo\nthree\n', 'mm/other.c': 'other\n',
                     'fs/proc.c': 'proc\n', 'fs/new/one.c': 'probe\n'}
    assert clone.everything() == before


@pytest.mark.parametrize('what, header', [
    ('symlink', 'new file mode 120000'), ('symlink', 'index 1234567..89abcde 120000'),
    ('symlink', 'new file mode 0120000'), ('symlink', 'new file mode  120000\t'),
    ('submodule', 'new file mode 0160000 '),
    ('submodule', 'new file mode 160000'), ('binary', 'GIT binary patch'),
    ('binary', 'Binary files a/mm/other.c and b/mm/other.c differ')])
def test_what_is_no_text_is_refused_with_its_line(clone, what, header):
    said = 'The message may say it:\n' + header
    stack = clone.kernel('k', one=mail(said, f'diff --git a/mm/other.c b/mm/other.c\n{header}\n'))
    with pytest.raises(Failure, match=rf'one\.patch:8: a {what}: umwalk takes'):
        clone.patched.bring_to(stack)


@pytest.mark.parametrize('mode', ['120777', '+120000'])
def test_a_symlink_that_only_git_knows_for_one_is_refused(clone, mode):
    link = (f'diff --git a/mm/link b/mm/link\nnew file mode {mode}\n'
            + adds('mm/link').replace('probe', '/etc/hostname'))
    with pytest.raises(Failure, match='a symlink: umwalk takes'):
        clone.patched.bring_to(clone.kernel('k', one=link))
    assert not (clone.tree / 'mm/link').exists()


def test_no_repository_around_the_tree_matters(clone):
    """Git would leave out what is not below the folder that it runs in, and say that all is well."""
    subprocess.run(['git', 'init', '-q', clone.tree.parent], check=True)
    clone.patched.bring_to(clone.kernel('a', one='diff --git a/mm/walk.c b/mm/walk.c\n'
                                        + PATCH.format(new='TWO')))
    assert clone.read('mm/walk.c') == 'one\nTWO\nthree\n'


def test_the_users_git_settings_change_nothing(clone, monkeypatch, tmp_path):
    (tmp_path / 'attributes').write_text('* text eol=crlf\n')
    (tmp_path / '.gitconfig').write_text(
        f'[core]\nautocrlf = true\nattributesFile = {tmp_path}/attributes\n')
    default = tmp_path / '.config' / 'git' / 'attributes'
    default.parent.mkdir(parents=True)
    default.write_text('* text eol=crlf\n')
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.delenv('XDG_CONFIG_HOME', raising=False)
    clone.patched.bring_to(clone.kernel('one', fix=PATCH.format(new='TWO')))
    assert (clone.tree / 'mm' / 'walk.c').read_bytes() == b'one\nTWO\nthree\n'


def test_what_an_editor_leaves_is_no_kernel(clone):
    clone.kernel('mine', fix=PATCH.format(new='TWO'))
    for name in ('.mine.swp', 'mine~'):
        (clone.root / 'kernels' / name).write_bytes(b'\xff\0')
    (clone.root / 'kernels' / 'old').mkdir()
    assert series.kernels(clone.version) == ['mine']


def test_a_list_that_is_no_text_is_named(clone):
    clone.kernel('mine', fix=PATCH.format(new='TWO'))
    (clone.root / 'mine' / 'series').write_bytes(b'caf\xe9\n')
    with pytest.raises(Failure, match='series is no list'):
        series.kernel('mine', version=clone.version)


def test_a_diff_without_a_and_b_is_named(clone):
    with pytest.raises(Failure, match='mine/fix.patch: it changes walk.c, which is not there'):
        clone.patched.bring_to(clone.kernel('mine', fix=PATCH.format(new='TWO').replace(
            ' a/', ' ').replace(' b/', ' ')))
