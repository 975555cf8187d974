# SPDX-License-Identifier: GPL-2.0
"""Where umwalk keeps what it needs for a while."""

import fcntl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from appliance.failure import Failure
from appliance.paths import TOP, results_folder, scratch, temporary_files_in

BUILDS = """
import sys
import tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from appliance import process
from appliance.paths import locked
with locked(Path(sys.argv[2])):
    process.start(['cat'], stdin=0)
    print('building', flush=True)
    process.run(['cat'], stdin=0)
"""
USER = """
import sys
import tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from appliance.paths import scratch
with scratch(Path(sys.argv[2])) as folder:
    (folder / 'file').touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that uses a folder, and the folder."""
    with subprocess.Popen([sys.executable, '-c', USER, TOP / 'bench', tmp_path], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process, Path(process.stdout.readline().strip())


def test_a_folder_goes_when_its_user_is_done(other):
    process, folder = other
    assert (folder / 'file').exists()
    process.communicate()
    assert not folder.exists()


def test_a_folder_of_a_run_that_was_killed_goes_with_the_next(other, tmp_path):
    process, folder = other
    with scratch(tmp_path) as mine:
        assert folder.exists() and mine != folder
    process.kill()
    process.wait()
    assert folder.exists()
    with scratch(tmp_path) as mine:
        assert list(mine.parent.iterdir()) == [mine]
    assert not list(mine.parent.iterdir())


def test_what_a_run_that_was_killed_has_started_keeps_the_lock(tmp_path):
    """Two kbuilds in the same folder would damage it."""
    with subprocess.Popen([sys.executable, '-c', BUILDS, TOP / 'bench', tmp_path], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as building:
        assert building.stdout.readline() == 'building\n'
        building.kill()
        with open(tmp_path / 'lock', encoding='utf-8') as lock:
            with pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            building.stdin.close()
            fcntl.flock(lock, fcntl.LOCK_EX)


def test_results_that_cannot_have_the_link_to_the_last_run(tmp_path, monkeypatch):
    monkeypatch.setenv('RESULTS', str(tmp_path))
    (tmp_path / 'latest').symlink_to(tmp_path / 'run')
    assert results_folder() == tmp_path
    (tmp_path / 'latest').unlink()
    (tmp_path / 'latest').mkdir()
    with pytest.raises(Failure, match="latest' is a folder"):
        results_folder()


def test_temporary_files_are_where_they_are_wanted_and_then_no_more(tmp_path):
    before = tempfile.gettempdir()
    with temporary_files_in(tmp_path):
        with tempfile.TemporaryDirectory() as folder:
            assert Path(folder).parent == tmp_path
    assert tempfile.gettempdir() == before
