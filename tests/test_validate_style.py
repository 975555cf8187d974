# SPDX-License-Identifier: GPL-2.0
"""What is said of a series before it is built: each fault is found, and what was there is not new."""

import difflib
import subprocess

import pytest

from appliance import sandbox
from appliance.commands.validate import style
from appliance.commands.validate.subject import Subject
from appliance.kernels import build as builds, commits, scripts, series
from appliance.kernels.message import Message
from appliance.kernels.patch import Patch
from appliance.paths import build_folder, locked
from appliance.runs.outcome import FAIL, MENDED, NEW, ON_BASE, PASS, SKIP, WARN, Outcome
from written import AUTHOR, WrittenSeries

FILES = {'mm/mincore.c', 'include/linux/pagewalk.h'}
PLACE = 'static int mincore_unmapped_range('
FUNCTION = f'static int __maybe_unused first(void)\n{{\n\treturn 1;\n}}\n\n{PLACE}'


@pytest.fixture
def mm(appliance, tmp_path):
    """A series onto stock."""
    one = WrittenSeries(tmp_path)
    for name, text in builds.read_files(build_folder(), series.kernel('stock'), FILES).items():
        one.knows(name, text)
    return one


def judged(a_series: WrittenSeries, check: str, base: series.Kernel = series.kernel('stock')) -> tuple:
    """Return what one check says of a series' last patch."""
    patch = Patch(a_series.patches[-1])
    _, judge = style.OF_A_PATCH[check]
    return judge(Subject(build_folder(), base, (patch,)), patch, Message(patch.content))


def outcomes(a_series: WrittenSeries) -> dict[str, Outcome]:
    """Judge a series of one patch."""
    found = style.check(Subject(build_folder(), series.kernel('stock'),
                                tuple(map(Patch, a_series.patches))))
    return {one.check: one for one in found}


def test_a_patch_without_a_fault_passes(mm):
    mm.change('mm/mincore.c', PLACE, FUNCTION)
    found = outcomes(mm)
    assert {name: (one.status, [f for f in one.findings if f.kind == NEW])
            for name, one in found.items()} == {
        name: (PASS, []) for name in (*style.OF_A_PATCH, 'kernel-doc')}
    assert [one.on for one in found.values()] == 4 * ['0001-change.patch'] + ['']


@pytest.mark.parametrize('signed, status, why', [
    (AUTHOR, PASS, 'by its author'), (AUTHOR.upper(), PASS, 'by its author'),
    ('A Developer <at@work.example.org>', WARN, 'but signed off by A Developer <at@work'),
    ('B Other <b@example.org>', FAIL, 'but signed off by B Other'),
    (None, FAIL, 'but signed off by nobody')])
def test_the_author_has_to_sign_off(tmp_path, signed, status, why):
    assert _judge_sign_off(tmp_path, signed=signed)[0] == status
    assert why in _judge_sign_off(tmp_path, signed=signed)[1]


def test_the_author_may_be_named_in_the_message(tmp_path):
    message = 'From: =?utf-8?q?M=C3=BCller?= <m@example.org>\n\nSay why.\n'
    assert _judge_sign_off(tmp_path, message=message)[0] == FAIL
    assert _judge_sign_off(tmp_path, message=message, signed='x <m@example.org>')[0] == PASS


def test_a_diff_without_a_mail_has_no_author(tmp_path):
    path = tmp_path / 'x.patch'
    path.write_text('--- a/mm/x.c\n+++ b/mm/x.c\n@@ -1 +1 @@\n-a\n+b\n')
    assert style._signed_off(None, None, Message(path.read_bytes()))[:2] == (FAIL, 'it has no From:')


def _judge_sign_off(folder, **how):
    patch = WrittenSeries(folder).knows('mm/x.c', 'one\n').change('mm/x.c', 'one', 'two', **how)
    return style._signed_off(None, None, Message(patch.read_bytes()))


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A git repository as LINUX_SRC, with two commits; returns their IDs, the last unreachable."""
    def git(*command: str) -> str:
        ran = subprocess.run(['git', '-c', 'user.name=a', '-c', 'user.email=a@example.org', *command],
                             cwd=tmp_path / 'linux', capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    (tmp_path / 'linux').mkdir()
    git('init', '-q')
    git('commit', '-q', '--allow-empty', '-m', 'mm: first')
    git('commit', '-q', '--allow-empty', '-m', 'mm: second')
    ids = git('log', '--reverse', '--format=%H').split()
    git('reset', '-q', '--hard', ids[0])
    monkeypatch.setenv('LINUX_SRC', str(tmp_path / 'linux'))
    return ids


def fixes(folder, *tags: str):
    patch = WrittenSeries(folder).knows('mm/x.c', 'one\n').change(
        'mm/x.c', 'one', 'two', message='Say why.\n\n' + ''.join(f'Fixes: {tag}\n' for tag in tags))
    subject = Subject(folder, series.kernel('stock'), ())
    return style._fixes(subject, Patch(patch), Message(patch.read_bytes()))


def test_what_fixes_tags_name_is_looked_up(log, tmp_path):
    good = f'{log[0][:12]} ("mm: first")'
    assert fixes(tmp_path)[:2] == (PASS, 'no Fixes: tag')
    assert fixes(tmp_path, good)[0] == PASS
    bad = {f'{log[0][:12]} ("mm: frist")': 'the title of that commit is "mm: first"',
           f'{log[1][:12]} ("mm: second")': 'not in the history',
           '123456789abc ("x")': 'no such commit',
           f'{log[0][:8]} ("mm: first")': '12 digits', 'mm: first': '12 digits'}
    status, summary, found = fixes(tmp_path, good, *bad)
    assert (status, summary) == (FAIL, '5 of 6 Fixes: tags are wrong')
    for one, (tag, why) in zip(found, bad.items(), strict=True):
        assert one.text.startswith(f'Fixes: {tag}: ') and why in one.text


def test_a_tree_without_a_log_or_with_half_of_one_skips(log, tmp_path, monkeypatch):
    tag = f'{log[1][:12]} ("mm: second")'
    subprocess.run(['git', 'clone', '-q', '--depth=1', f'file://{tmp_path}/linux', tmp_path / 'half'],
                   check=True)
    monkeypatch.setenv('LINUX_SRC', str(tmp_path / 'half'))
    assert fixes(tmp_path, tag)[0] == SKIP and 'only a part' in fixes(tmp_path, tag)[1]
    monkeypatch.setenv('LINUX_SRC', str(tmp_path))
    assert fixes(tmp_path, tag)[0] == SKIP and 'no git repository' in fixes(tmp_path, tag)[1]


TRAILING = FUNCTION.replace('return 1;', 'return 1; ')
NOTES = '\nNotes (checkpatch-ignore):\n    TRAILING_WHITESPACE\n\n mm/mincore.c | 5 +++++\n'


def test_the_folders_of_a_worktree_and_of_a_repository_that_borrows(log, tmp_path):
    linux = tmp_path / 'linux'
    for command in (['worktree', 'add', '--quiet', str(tmp_path / 'worktree')],
                    ['clone', '--quiet', '--shared', '.', str(tmp_path / 'borrows')]):
        subprocess.run(['git', *command], cwd=linux, check=True)
    assert commits.folders(linux) == [linux, linux / '.git']
    assert commits.folders(tmp_path / 'worktree') == [tmp_path / 'worktree', linux / '.git']
    assert commits.folders(tmp_path / 'borrows') == [
        tmp_path / 'borrows', tmp_path / 'borrows/.git', linux / '.git']


def test_an_error_of_checkpatch_fails_and_its_type_is_shown(mm):
    mm.change('mm/mincore.c', PLACE, TRAILING)
    status, summary, found = judged(mm, 'checkpatch')
    assert (status, summary) == (FAIL, '1 errors, 0 warnings')
    assert 'ERROR:TRAILING_WHITESPACE: trailing whitespace' in found[0].text
    assert found[0].text.startswith('mm/mincore.c:')


@pytest.mark.parametrize('notes', [NOTES, NOTES.replace(':\n    ', ': FILE_PATH_CHANGES, ')])
def test_notes_have_checkpatch_ignore_what_they_name(mm, notes):
    mm.change('mm/mincore.c', PLACE, TRAILING, notes=notes)
    status, summary, found = judged(mm, 'checkpatch')
    assert (status, found) == (PASS, [])
    assert 'ignored, as its notes say: ' in summary and 'TRAILING_WHITESPACE' in summary


def test_only_what_notes_name_is_ignored(mm):
    mm.change('mm/mincore.c', PLACE, TRAILING, notes=NOTES.replace('TRAILING', 'LEADING'))
    assert judged(mm, 'checkpatch')[0] == FAIL


def test_a_warning_of_checkpatch_warns(mm):
    mm.change('mm/mincore.c', PLACE, f'typedef int first;\n\n{PLACE}')
    status, _, found = judged(mm, 'checkpatch')
    assert status == WARN and 'WARNING:NEW_TYPEDEFS: ' in found[0].text


@pytest.mark.parametrize('confined', [False, True])
def test_a_name_that_a_shell_obeys_does_so_in_the_sandbox(mm, tmp_path, monkeypatch, confined):
    """Checkpatch has a shell run get_maintainer.pl with the names of new files."""
    monkeypatch.setenv('HOME', str(tmp_path))
    name = 'mm/a$(cd;touch${IFS}obeyed).c'
    patch = f'diff --git a/{name} b/{name}\nnew file mode 100644\n--- /dev/null\n+++ b/{name}\n'
    box = sandbox.choose(build_folder()) if confined else sandbox.OPEN
    scripts.checkpatch(build_folder(), series.kernel('stock'),
                       f'{patch}@@ -0,0 +1 @@\n+int one;\n'.encode(), [], box)
    assert (tmp_path / 'obeyed').exists() != confined


def test_checkpatch_judges_with_the_tree_of_the_base(mm, tmp_path):
    """It takes no folder for a kernel tree that has no COPYING, which a series may have removed."""
    stock, removes = series.kernel('stock'), tmp_path / 'removes.patch'
    text = builds.read_files(build_folder(), stock, {'COPYING'})['COPYING']
    removes.write_text(''.join(difflib.unified_diff(text.splitlines(True), [], 'a/COPYING',
                                                    '/dev/null')))
    with locked(build_folder()):
        tree = builds.bring_tree_to(build_folder(), stock.plus('without', removes))
        assert not (tree / 'COPYING').exists()
    mm.change('mm/mincore.c', PLACE, FUNCTION)
    assert judged(mm, 'checkpatch')[0] == PASS


def test_misspelt_words_are_found_in_the_message_and_in_added_lines(mm):
    mm.change('mm/mincore.c', PLACE, f'/* Recieve. */\n{FUNCTION}', message='Say teh reason.\n')
    status, _, found = judged(mm, 'codespell')
    assert status == WARN
    assert {f.text for f in found} == {'teh ==> the', 'Recieve ==> Receive'}


def test_a_word_that_the_file_has_already_is_no_news(mm):
    mm.change('mm/mincore.c', PLACE, f'/* Recieve. */\n{FUNCTION}')
    base = series.kernel('stock').plus('base', *mm.patches)
    mm.change('mm/mincore.c', 'return 1;', 'return 2; /* Recieve. */')
    assert judged(mm, 'codespell', base)[0] == PASS


def test_kernel_doc_warns_of_what_is_new(mm):
    assert '@walk_lock:' not in mm.files['include/linux/pagewalk.h']
    mm.change('include/linux/pagewalk.h', 'struct mm_walk_ops {', 'struct mm_walk_ops {\n\tint more;')
    one = outcomes(mm)['kernel-doc']
    assert one.status == WARN
    new = [f.text for f in one.findings if f.kind == NEW]
    assert len(new) == 1 and new[0].startswith('>> include/linux/pagewalk.h:') and "'more'" in new[0]
    assert any("'walk_lock'" in f.text for f in one.findings if f.kind == ON_BASE)


def test_no_name_is_an_option_of_kernel_doc(mm):
    mm.change('include/linux/pagewalk.h', 'struct mm_walk_ops {', 'struct mm_walk_ops {\n\tint more;')
    silence = mm.folder / 'silence.patch'
    silence.write_text('--- /dev/null\n+++ b/-v.c\n@@ -0,0 +1 @@\n+int one;\n')
    mm.patches.append(silence)
    assert outcomes(mm)['kernel-doc'].status == WARN


def test_kernel_doc_tells_what_is_mended(mm):
    mm.change('include/linux/pagewalk.h', ' * @pud_entry:', ' * @walk_lock:\tx\n * @pud_entry:')
    one = outcomes(mm)['kernel-doc']
    assert one.status == PASS
    assert ["'walk_lock'" in f.text for f in one.findings if f.kind == MENDED] == [True]


def test_a_missing_tool_skips_and_never_passes(mm, tools, monkeypatch):
    mm.change('mm/mincore.c', PLACE, FUNCTION)
    monkeypatch.setenv('PATH', tools('perl', 'codespell'))
    found = outcomes(mm)
    for check, tool in (('checkpatch', 'perl'), ('codespell', 'codespell'), ('kernel-doc', 'perl')):
        assert found[check].status == SKIP
        assert f'{tool} is missing; `bench/deps.sh how {tool}` prints' in found[check].summary
