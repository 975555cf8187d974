# SPDX-License-Identifier: GPL-2.0
"""The kernel tree is made from a tarball or a tree, again only when that changes."""

import subprocess

import pytest

from appliance.kernels import sources
from appliance.kernels.version import LINUX
from appliance.failure import Failure
from appliance.paths import TOP

MAJOR, MINOR = LINUX.name.split('.')
MAKEFILE = f'VERSION = {MAJOR}\nPATCHLEVEL = {MINOR}\nSUBLEVEL = 207\nEXTRAVERSION =\n'


@pytest.fixture
def origin(tmp_path, monkeypatch):
    """Make a tree that passes for the 207th point release, and name it by LINUX_SRC."""
    tree = tmp_path / 'my linux'
    (tree / 'mm').mkdir(parents=True)
    (tree / 'Makefile').write_text(MAKEFILE)
    (tree / 'mm' / 'pagewalk.c').write_text('one\n')
    (tree / '.git').mkdir()
    monkeypatch.setenv('LINUX_SRC', str(tree))
    return tree


def test_a_tree_is_copied_and_left_alone(origin, tmp_path):
    source = sources.prepare(tmp_path)
    assert source.release == f'{LINUX.name}.207'
    (source.tree / 'mm' / 'pagewalk.c').write_text('patched\n')
    assert (origin / 'mm' / 'pagewalk.c').read_text() == 'one\n'
    assert not (source.tree / '.git').exists()


def test_an_unchanged_tree_is_not_copied_again(origin, tmp_path):
    tree = sources.prepare(tmp_path).tree
    (tree / 'mark').touch()
    sources.prepare(tmp_path)
    assert (tree / 'mark').exists()


def test_a_changed_tree_is_copied_again_and_keeps_its_objects(origin, tmp_path):
    before = sources.prepare(tmp_path)
    (before.tree / 'objects-release').mkdir()
    (before.tree / 'mark').touch()
    (origin / 'mm' / 'pagewalk.c').write_text('two, changed\n')
    after = sources.prepare(tmp_path)
    assert after.id != before.id
    assert (after.tree / 'mm' / 'pagewalk.c').read_text() == 'two, changed\n'
    assert (after.tree / 'objects-release').is_dir()
    assert not (after.tree / 'mark').exists()


def test_a_tarball_is_unpacked(origin, tmp_path, monkeypatch):
    subprocess.run(['tar', '-C', origin.parent, '-cJf', tmp_path / 'linux.tar.xz', origin.name],
                   check=True)
    monkeypatch.setenv('LINUX_SRC', str(tmp_path / 'linux.tar.xz'))
    assert (sources.prepare(tmp_path).tree / 'mm' / 'pagewalk.c').read_text() == 'one\n'


def test_a_tree_of_git_is_copied_as_it_lies_there(origin, tmp_path, monkeypatch):
    """A work tree of another repository has a file .git in place of a folder."""
    def git(*words):
        subprocess.run(['git', '-C', origin, '-c', 'user.name=A', '-c', 'user.email=a@b', *words],
                       check=True, capture_output=True)

    (origin / '.git').rmdir()
    git('init')
    git('add', '.')
    git('commit', '-m', 'one')
    git('worktree', 'add', tmp_path / 'other')
    (tmp_path / 'other' / 'mm' / 'pagewalk.c').write_text('not committed\n')
    for named, text in ((origin, 'one\n'), (tmp_path / 'other', 'not committed\n')):
        monkeypatch.setenv('LINUX_SRC', str(named))
        source = sources.prepare(tmp_path / 'build')
        assert (source.tree / 'mm' / 'pagewalk.c').read_text() == text
        assert not (source.tree / '.git').exists() and source.release == f'{LINUX.name}.207'


@pytest.mark.parametrize('make, wrong', [
    (lambda path: None, 'no kernel sources at .*install .*or set LINUX_SRC= to'),
    (lambda path: path.mkdir(), 'is not a kernel tree: set LINUX_SRC= to Linux'),
    (lambda path: subprocess.run(['git', 'init', '-q', '--bare', path], check=True),
     'is not a kernel tree'),
    (lambda path: path.write_text('no tarball'), "cannot unpack '.*': tar: "),
    (lambda path: subprocess.run(['tar', '-cf', path, '-C', '/etc', 'hostname'], check=True),
     'is not a kernel tree')])
def test_what_is_no_source_is_one_line_and_the_tree_stays(origin, tmp_path, monkeypatch, make, wrong):
    named = tmp_path / 'what is it'
    make(named)
    tree = sources.prepare(tmp_path / 'build').tree
    monkeypatch.setenv('LINUX_SRC', str(named))
    with pytest.raises(Failure, match=wrong) as refused:
        sources.prepare(tmp_path / 'build')
    assert str(named) in str(refused.value) and '\n' not in str(refused.value)
    assert (tree / 'mm' / 'pagewalk.c').read_text() == 'one\n'
    assert not tree.with_name(f'{tree.name}.new').exists()


def test_a_folder_that_is_no_tree_is_not_copied_first(origin, tmp_path, monkeypatch):
    """Somebody may name a home folder, of any size."""
    monkeypatch.setenv('LINUX_SRC', str(tmp_path / 'home'))
    monkeypatch.setattr(sources.process, 'run', lambda *_, **__: pytest.fail('it is copied'))
    (tmp_path / 'home').mkdir()
    with pytest.raises(Failure, match='is not a kernel tree'):
        sources.prepare(tmp_path / 'build')


def test_a_night_takes_a_tree():
    ran = subprocess.run(['make', '-s', '-C', TOP, 'nightly', 'TREE=/my linux',
                          'UMWALK=printenv LINUX_SRC #'], capture_output=True, text=True, check=True)
    assert ran.stdout == '/my linux\n'


def test_a_broken_tarball_is_named_and_leaves_nothing(tmp_path, monkeypatch):
    broken = tmp_path / 'linux.tar.xz'
    broken.write_text('no tarball')
    monkeypatch.setenv('LINUX_SRC', str(broken))
    with pytest.raises(Failure, match="cannot unpack '.*linux.tar.xz'"):
        sources.prepare(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ['linux.tar.xz']


def test_sources_that_were_exchanged_since_are_told(origin, tmp_path):
    built_of = sources.prepare(tmp_path)
    sources.check_unchanged(tmp_path, LINUX, built_of)
    (origin / 'mm' / 'pagewalk.c').write_text('two, changed\n')
    sources.prepare(tmp_path)
    with pytest.raises(Failure, match='another LINUX_SRC= in the meantime'):
        sources.check_unchanged(tmp_path, LINUX, built_of)


def test_the_tree_that_umwalk_patches_is_refused(origin, tmp_path, monkeypatch):
    """That of another build folder, too."""
    patched = sources.prepare(tmp_path).tree
    monkeypatch.setenv('LINUX_SRC', str(patched))
    (tmp_path / 'other').mkdir()
    for build in (tmp_path, tmp_path / 'other'):
        with pytest.raises(Failure, match='is the tree to which umwalk applies its patches'):
            sources.prepare(build)


def test_a_build_folder_in_the_tree_is_refused(origin):
    (origin / 'out').mkdir()
    with pytest.raises(Failure, match='lies in the kernel tree .* set BUILD='):
        sources.prepare(origin / 'out')
