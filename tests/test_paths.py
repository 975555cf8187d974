# SPDX-License-Identifier: GPL-2.0
"""Where umwalk keeps what it needs for a while."""

import subprocess
import sys
from pathlib import Path

import pytest

from appliance.paths import TOP, scratch

USER = """
import sys
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
