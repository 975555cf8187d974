# SPDX-License-Identifier: GPL-2.0
"""Validations that are killed, or go on at the same time, in one clone."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from appliance.paths import TOP, build_folder
from made import latest
from runner_fixtures import wait_for

PATCHES = TOP / 'tests' / 'misbehaving'
WRONG = PATCHES / 'wrong-data.patch'  # found by the contract
LEAKS = PATCHES / 'leak-lock.patch'  # found before

pytestmark = pytest.mark.long


def validate(patch: Path, log: Path, **variables: str) -> subprocess.Popen:
    """Start a validation; what it says goes to a file."""
    with open(log, 'w') as said:
        return subprocess.Popen([TOP / 'bench' / 'umwalk', 'validate', patch], stdout=said,
                                stderr=said, env=os.environ | variables)


def with_variable(text: str) -> set[int]:
    """Return the processes that have this in their environment."""
    found = set()
    for process in filter(str.isdigit, os.listdir('/proc')):
        with contextlib.suppress(OSError):  # it ends
            if text.encode() in Path('/proc', process, 'environ').read_bytes():
                found.add(int(process))
    return found


@pytest.mark.parametrize('moment', [
    'building kernel series', 'building series-1', 'leaks', 'contract'])
def test_kill_9_leaves_nothing_and_the_next_run_is_right(appliance, tmp_path, moment):
    """It is killed as soon as it says that it begins with something."""
    for left in (build_folder() / 'kernels').glob('series-*'):
        shutil.rmtree(left)
    log, temporary = tmp_path / 'log', Path(tempfile.mkdtemp(dir='/dev/shm'))
    # All that umwalk starts has this variable, in the sandbox, too.
    mine = {'XDG_CONFIG_HOME': str(tmp_path)}
    killed = validate(WRONG, log, TMPDIR=str(temporary), **mine)
    wait_for(lambda: moment in log.read_text() or killed.poll() is not None)
    assert killed.pid in with_variable(mine['XDG_CONFIG_HOME'])
    killed.kill()
    assert killed.wait() == -signal.SIGKILL, log.read_text()
    wait_for(lambda: not with_variable(mine['XDG_CONFIG_HOME']))
    assert not list(temporary.iterdir())
    temporary.rmdir()
    again = validate(WRONG, log)
    assert again.wait() == 1, log.read_text()
    assert 'Anonymous is' in log.read_text()
    kept = latest('validate')
    assert [one['check'] for one in kept['outcomes'] if one['status'] == 'fail'] == ['contract']


def test_two_at_once(appliance, tmp_path):
    """They share the build folder, and each says what is true of its own series."""
    patches = {'wrong': WRONG, 'leaks': LEAKS}
    for name in patches:
        (tmp_path / name).mkdir()
    both = {name: validate(patch, tmp_path / f'{name}.log', RESULTS=str(tmp_path / name))
            for name, patch in patches.items()}
    assert [one.wait() for one in both.values()] == [1, 1]
    said = {name: (tmp_path / f'{name}.log').read_text() for name in both}
    assert said['wrong'].endswith('FAIL: contract\n') and 'Anonymous is' in said['wrong']
    assert said['leaks'].endswith('FAIL: leaks\n') and 'is still held' in said['leaks']
