# SPDX-License-Identifier: GPL-2.0
"""Old kernels are removed, but none that somebody uses."""

import subprocess
import sys

from appliance.kernels import kept
from appliance.paths import TOP

USES = '''if True:
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from appliance.kernels import kept
    kept.use(Path(sys.argv[2]))
    print('used', flush=True)
    sys.stdin.read()'''


def made(build, label, digit):
    folder = kept.folder(build, label, digit * 64)
    kept.use(folder)
    (folder / 'linux').touch()
    return folder


def test_the_newest_of_each_name_stays(tmp_path):
    old, new, other = (made(tmp_path, *which) for which in
                       (('stock-release', '1'), ('stock-release', '2'), ('stock-debug', '3')))
    kept.release(old)
    kept.release(other)
    kept.forget_others(new)
    assert sorted(new.parent.iterdir()) == sorted([new, other])


def test_what_this_process_uses_stays(tmp_path):
    old, new = made(tmp_path, 'k-release', '1'), made(tmp_path, 'k-release', '2')
    kept.forget_others(new)
    assert old.exists()


def test_a_kernel_that_is_removed_by_half_is_no_kernel(tmp_path, monkeypatch):
    """A folder whose removal was cut short would else pass for a kernel that is built."""
    old, new = made(tmp_path, 'k-release', '1'), made(tmp_path, 'k-release', '2')
    kept.release(old)
    monkeypatch.setattr(kept.shutil, 'rmtree', lambda folder: None)
    kept.forget_others(new)
    assert not (old / 'linux').exists() and (new / 'linux').exists()


def test_two_users_of_the_same_content(tmp_path):
    """Each says when it is done; the folder stays until both have."""
    old, new = made(tmp_path, 'k-release', '1'), made(tmp_path, 'k-release', '2')
    kept.use(old)
    kept.release(old)
    kept.forget_others(new)
    assert old.exists()
    kept.release(old)
    kept.forget_others(new)
    assert not old.exists()


def test_what_another_process_uses_stays_until_it_ends(tmp_path):
    old, new = made(tmp_path, 'k-release', '1'), made(tmp_path, 'k-release', '2')
    kept.release(old)
    with subprocess.Popen([sys.executable, '-c', USES, TOP / 'bench', old], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == 'used\n'
        kept.forget_others(new)
        assert old.exists()
        process.kill()
    kept.forget_others(new)
    assert not old.exists()
