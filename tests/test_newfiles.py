# SPDX-License-Identifier: GPL-2.0
"""Files that patches add lie in kernel-patches/files/, and patches are read with them."""

import pytest

from appliance.failure import Failure
from appliance.kernels import build, newfiles, series
from appliance.kernels.sources import Source
from appliance.kernels.tree import PatchedTree
from appliance.kernels.version import Version

HEADER = '''\
diff --git a/mm/probe.h b/mm/probe.h
new file mode 100644
'''
ADDS = f'''\
Add a probe.
---

diff --git a/mm/Makefile b/mm/Makefile
--- a/mm/Makefile
+++ b/mm/Makefile
@@ -1 +1,2 @@
 obj-y = walk.o
+obj-y += probe.o
diff --git a/mm/probe.c b/mm/probe.c
new file mode 100644
{HEADER}'''
CHANGES = '''\
diff --git a/mm/probe.c b/mm/probe.c
--- a/mm/probe.c
+++ b/mm/probe.c
@@ -1,2 +1,3 @@
 one
+two
 three
'''
AS_ADDED = f'''\
diff --git a/mm/probe.c b/mm/probe.c
new file mode 100644
--- /dev/null
+++ b/mm/probe.c
@@ -0,0 +1,2 @@
+one
+three
{HEADER}--- /dev/null
+++ b/mm/probe.h
@@ -0,0 +1,1 @@
+header
'''
PROBE = 'one\ntwo\nthree\n'


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder of patches: series `s`, of two patches, adds and changes a file; t is on top of it."""
    top = tmp_path / 'kernel-patches'
    monkeypatch.setattr(newfiles, 'FILES', top / 'files')
    for name, text in {
            'files/mm/probe.c': PROBE, 'files/mm/probe.h': 'header\n',
            '6.12/kernels/s': 's\n', '6.12/kernels/t': 's\nt\n',
            '6.12/s/series': 'adds.patch # first\nchanges.patch\n',
            '6.12/s/adds.patch': ADDS, '6.12/s/changes.patch': CHANGES,
            '6.12/t/series': 'more.patch\n',
            '6.12/t/more.patch': CHANGES.replace('two', '2').replace('one', 'two')
            .replace('-1,2 +1,3', '-2,2 +2,3')}.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return top


@pytest.fixture
def tree(tmp_path):
    makefile = tmp_path / 'linux/mm/Makefile'
    makefile.parent.mkdir(parents=True)
    makefile.write_text('obj-y = walk.o\n')
    return PatchedTree(tmp_path / 'linux', tmp_path / 'pristine')


def kernel(name, root):
    return series.kernel(name, version=Version('6.12', root / '6.12'))


def test_a_patch_has_the_files_that_it_adds_without_what_later_ones_change(root):
    adds = newfiles.whole(root / '6.12/s/adds.patch')
    assert adds.endswith(('+obj-y += probe.o\n' + AS_ADDED).encode())
    assert newfiles.whole(root / '6.12/s/changes.patch') == CHANGES.encode()


def test_the_tree_has_the_files_as_they_lie_there(root, tree):
    tree.bring_to(kernel('s', root).stack)
    assert (tree.tree / 'mm/probe.c').read_text() == PROBE
    assert (tree.tree / 'mm/probe.h').read_text() == 'header\n'


def test_patches_of_another_series_change_them(root, tree):
    tree.bring_to(kernel('t', root).stack)
    assert (tree.tree / 'mm/probe.c').read_text() == 'one\ntwo\n2\nthree\n'


def test_a_change_that_the_file_does_not_have_is_named(root):
    (root / 'files/mm/probe.c').write_text('one\n2\nthree\n')
    with pytest.raises(Failure, match=r'changes\.patch: what it changes in mm/probe\.c is not in '):
        newfiles.whole(root / '6.12/s/adds.patch')


def test_a_file_may_be_empty(root):
    (root / 'files/mm/probe.h').unlink()
    assert newfiles.whole(root / '6.12/s/adds.patch').endswith(b'\n+three\n' + HEADER.encode())


def test_the_last_line_may_have_no_end(root, tree):
    (root / 'files/mm/probe.h').write_text('header')
    tree.bring_to(kernel('s', root).stack)
    assert (tree.tree / 'mm/probe.h').read_text() == 'header'


def test_a_changed_file_makes_another_kernel(root):
    def digest() -> str:
        return build._digest(Source(root, 'id', '6.12.1'), kernel('s', root))

    before = digest()
    assert digest() == before
    (root / 'files/mm/probe.h').write_text('another\n')
    assert digest() != before


def test_a_signature_of_git_may_follow(root):
    patch = root / '6.12/s/adds.patch'
    patch.write_text(ADDS + '-- \n2.39.5\n\n')
    assert newfiles.whole(patch).endswith(b'\n@@ -0,0 +1,1 @@\n+header\n')
