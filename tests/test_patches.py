# SPDX-License-Identifier: GPL-2.0
"""The patches are fit to be posted: whole, clean by the kernel's own checkpatch, and they apply."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from appliance.commands.options import by_height
from appliance.failure import Failure
from appliance.kernels import build as builds, newfiles, posting, scripts, series, sources
from appliance.kernels.patch import is_left_out, touched_files
from appliance.kernels.tree import PatchedTree
from appliance.kernels.version import LINUX
from appliance.paths import TOP, build_folder
from appliance.sandbox import OPEN

# The folders that the patches add files to have maintainers already.
IGNORED = ['FILE_PATH_CHANGES']
PATCH_FILES = sorted({patch.file for name in series.kernels()
                      for patch in series.kernel(name).with_series('coverage').stack.patches})
# Each kernel of umwalk is a part of the highest one.
HIGHEST = series.kernel(by_height()[-1])
GIT = {'GIT_CONFIG_GLOBAL': '/dev/null', 'GIT_CONFIG_NOSYSTEM': '1'}


def subject(text: str) -> str:
    """A patch's title, without number, on one line."""
    return re.sub(r'\n ', ' ', re.search(r'^Subject: \[PATCH.*?\] ((?:.|\n )*)', text, re.M)[1])


def checkpatch(text: str) -> list[str]:
    """Return errors and warnings."""
    return list(map(str, scripts.checkpatch(build_folder(), HIGHEST, text.encode(), IGNORED, OPEN)))


@pytest.fixture(scope='session')
def posted(appliance, tmp_path_factory) -> list[Path]:
    """The highest kernel's patches, as `umwalk patches` writes them."""
    folder = tmp_path_factory.mktemp('posted') / 'new'
    subprocess.run([TOP / 'bench' / 'umwalk', 'patches', f'--kernel={HIGHEST.name}', folder],
                   check=True)
    return sorted(folder.iterdir())


@pytest.fixture
def tree(appliance) -> PatchedTree:
    return PatchedTree(sources.tree(build_folder()), build_folder() / 'pristine')


@pytest.fixture
def bare(tree, tmp_path) -> Path:
    """The files that the highest kernel touches, as they are without any patch."""
    tree.copy_originals(HIGHEST.stack, tmp_path / 'bare')
    return tmp_path / 'bare'


@pytest.mark.parametrize('patch', PATCH_FILES, ids=lambda p: f'{p.parent.name}/{p.name}')
def test_checkpatch_is_clean(posted, patch):
    written = {subject(text): text for text in map(Path.read_text, posted)}
    text = newfiles.whole(patch).decode()
    # One that the tree has already is not written.
    text = written.get(subject(text), text)
    passed = passed_before(text)
    assert passed.exists() or checkpatch(text) == []
    passed.touch()


def passed_before(text: str) -> Path:
    """The file that a clean patch leaves, for this checkpatch.pl, as a file of `make lint` does."""
    script = builds.original(build_folder(), 'scripts/checkpatch.pl')
    folder = build_folder() / 'lint' / 'patches'
    folder.mkdir(parents=True, exist_ok=True)
    return folder / hashlib.sha256(script.read_bytes() + repr((IGNORED, text)).encode()).hexdigest()


def test_checkpatch_finds_a_fault(appliance):
    """The check above can fail."""
    text = PATCH_FILES[0].read_text(encoding='utf-8')
    where = text.index('\n+', text.index('\n@@')) + 2
    assert any('trailing whitespace' in line for line in
               checkpatch(text[:where] + 'int umwalk; \n+' + text[where:]))


def test_every_patch_of_a_series_is_listed():
    folders = {patch.parent for patch in PATCH_FILES}
    assert {p for folder in folders for p in folder.glob('*.patch')} == set(PATCH_FILES)


def test_every_file_is_added_by_a_patch():
    added = {name for patch in PATCH_FILES for name in re.findall(
        r'^diff --git a/(\S+) b/.*\nnew file mode \d+\n(?!index|---)', f'{patch.read_text()}\n', re.M)}
    files = newfiles.FILES
    assert {str(p.relative_to(files)) for p in files.rglob('*') if p.is_file()} == added and added


def test_each_patch_is_written_with_its_number_and_message(posted, bare):
    stack = [p for p in HIGHEST.stack.patches if not is_left_out(p, bare)]
    assert len(posted) == len(stack)
    for number, (path, patch) in enumerate(zip(posted, stack), 1):
        text, own = path.read_text(), patch.file.read_text()
        assert f'\nSubject: [PATCH {number:02}/{len(stack)}] ' in text
        assert subject(text) == subject(own)
        assert message(text) == message(own) and 'Signed-off-by: ' in message(own)
        assert ' changed, ' in text[text.index('\n---\n'):text.index('\ndiff --git ')]


def message(text: str) -> str:
    """What a patch says below its subject."""
    return text[text.index('\n\n'):text.index('\n---\n')]


def by_git_am(folder: Path, patches: list[Path]) -> None:
    def git(*command: str | Path) -> None:
        subprocess.run(['git', '-c', 'user.name=x', '-c', 'user.email=x', *command], cwd=folder,
                       env=os.environ | GIT, check=True, stdout=subprocess.DEVNULL)

    git('init', '--quiet')
    git('add', '--force', '.')
    git('commit', '--quiet', '-m', 'bare')
    git('am', *patches)


def by_patch(folder: Path, patches: list[Path]) -> None:
    for patch in patches:
        ran = subprocess.run(['patch', '-p1', '--fuzz=0', '-d', folder, '-i', patch],
                             stdout=subprocess.PIPE, text=True, check=True)
        assert '(offset ' not in ran.stdout


@pytest.mark.parametrize('apply', [by_git_am, by_patch])
def test_the_posted_patches_give_the_tree_that_is_built(posted, tree, bare, apply):
    names = set(touched_files(HIGHEST.stack.patches))
    built = tree.read(HIGHEST.stack, names)
    assert {name for name in names if (bare / name).is_file()} < set(built)
    apply(bare, posted)
    assert {name: (bare / name).read_text() for name in names if (bare / name).is_file()} == built


def test_a_patch_without_a_mail_is_no_patch_to_post(tmp_path, monkeypatch):
    source, build = tmp_path / 'linux', tmp_path / 'build'
    build.mkdir()
    source.mkdir()
    major, minor = LINUX.name.split('.')
    (source / 'Makefile').write_text(f'VERSION = {major}\nPATCHLEVEL = {minor}\n'
                                     f'SUBLEVEL = {LINUX.oldest}\n')
    monkeypatch.setenv('LINUX_SRC', str(source))
    (tmp_path / 'plain.patch').write_text('--- a/Makefile\n+++ b/Makefile\n@@ -1 +1,2 @@\n VERSION = '
                                          f'{major}\n+# more\n')
    plain = series.Kernel('k', series.Stack((), ())).plus('plain', tmp_path / 'plain.patch')
    with pytest.raises(Failure, match='plain.patch: it has no From: and Subject:'):
        posting.write(build, plain, tmp_path / 'out')


def test_a_folder_that_has_something_in_it_is_left_alone(tmp_path):
    (tmp_path / 'mine').touch()
    with pytest.raises(Failure, match='is not empty: name another folder'):
        posting.write(tmp_path, HIGHEST, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ['mine']
