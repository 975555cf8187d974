# SPDX-License-Identifier: GPL-2.0
"""The guest's disk: an image that anybody can make again, and that no guest changes."""

import os
import random
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Iterator

import pytest

from appliance.paths import TOP

DISK = TOP / 'rootfs' / 'disk.sh'
FILES = {'data': random.Random(1).randbytes(1 << 20), 'a folder/in it/a file': b'hello\n',
         'empty': b''}


def fill(folder: Path, names: list[str], mode: int) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name])
        path.chmod(mode)
    return folder


def image(path: Path, folder: Path) -> Path:
    subprocess.run([DISK, path, folder], check=True)
    return path


def same(one: Path, other: Path) -> bool:
    return subprocess.run(['cmp', '-s', one, other], check=False).returncode == 0


@pytest.fixture
def memory() -> Iterator[Path]:
    """Make a folder in memory, which lists files in the order in which they were made."""
    with tempfile.TemporaryDirectory(dir='/dev/shm') as folder:
        yield Path(folder)


@pytest.fixture
def disk(tmp_path, memory) -> Path:
    """Make an image of the files."""
    return image(tmp_path / 'disk', fill(memory / 'folder', list(FILES), 0o644))


def said(disk: Path, command: str) -> bytes:
    path = os.environ['PATH'] + ':/usr/sbin:/sbin'
    return subprocess.run(['debugfs', '-R', command, disk], capture_output=True, check=True,
                          env=os.environ | {'PATH': path}).stdout


def test_the_same_files_give_the_same_bytes(disk, tmp_path, memory):
    """Made in another order and folder, a second later, with other modes, by another umask."""
    time.sleep(1.1)
    before = os.umask(0o077)
    try:
        other = fill(memory / 'other', list(reversed(FILES)), 0o600)
        assert same(image(tmp_path / 'again', other), disk)
    finally:
        os.umask(before)
    (other / 'data').write_bytes(b'x' + FILES['data'][1:])
    assert not same(image(tmp_path / 'again', other), disk)


def test_it_has_the_files_and_takes_no_more_room_than_they(disk):
    for name, content in FILES.items():
        assert said(disk, f'cat "{name}"') == content
    assert disk.stat().st_size == 256 << 20
    assert disk.stat().st_blocks * 512 < 2 << 20
    assert b'has_journal' not in said(disk, 'features')


@pytest.mark.parametrize('names, wrong', [
    (['a"b'], 'Unbalanced quotes'), ([f'{n}' for n in range(300)], 'Could not allocate inode')])
def test_a_file_that_cannot_be_on_it_is_an_error(tmp_path, names, wrong):
    (tmp_path / 'folder').mkdir()
    for name in names:
        (tmp_path / 'folder' / name).touch()
    ran = subprocess.run([DISK, tmp_path / 'disk', tmp_path / 'folder'], capture_output=True,
                         text=True, check=False)
    assert ran.returncode == 1 and wrong in ran.stderr


def test_a_disk_that_is_not_there(runner):
    ran = runner.run('--disk=/nonexistent', '--host', '--', 'true')
    assert ran.returncode == 122
    assert b'umrun: --disk: /nonexistent: No such file or directory' in ran.stderr
