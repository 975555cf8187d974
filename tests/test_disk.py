# SPDX-License-Identifier: GPL-2.0
"""The guest's disk: an image that anybody can make again, and that no guest changes."""

import hashlib
import os
import random
import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest

from appliance.boots import guest
from appliance.kernels import series
from appliance.kernels.configuration import WIDE
from appliance.paths import TOP, build_folder

DISK = TOP / 'rootfs' / 'disk.sh'
FILES = {'data': random.Random(1).randbytes(1 << 20), 'a folder/in it/a file': b'hello\n',
         'empty': b''}
MOUNT = 'mkdir /tmp/disk && mount -t ext4 /dev/ubda /tmp/disk || exit 99; cd /tmp/disk; '

# Says how many pages of a file are in memory: when it is mapped, and when one was touched.
RESIDENT = """
import ctypes, mmap, sys
with open(sys.argv[1], 'r+b') as file:
    mapped = mmap.mmap(file.fileno(), 0)
def resident():
    found = (ctypes.c_ubyte * (len(mapped) // mmap.PAGESIZE))()
    start = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
    assert not ctypes.CDLL(None).mincore(ctypes.c_void_p(start), len(mapped), found)
    return sum(found)
before = resident()
mapped[len(mapped) // 2]
print(before, resident())
"""


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


@pytest.fixture(scope='module')
def wide(appliance) -> guest.Appliance:
    """Build stock in the wide configuration."""
    return guest.ensure(build_folder(), [series.kernel('stock', WIDE)])


def run(appliance: guest.Appliance, disk: Path, script: str, *options: str) -> str:
    command = replace(appliance, disk=disk).command('--host', *options, argv=['sh', '-c', script])
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.long
def test_a_guest_sees_the_files(wide, disk):
    shown = run(wide, disk, f'{MOUNT} sha256sum data; cat "a folder/in it/a file"; stat -c %s empty')
    assert shown == f"{hashlib.sha256(FILES['data']).hexdigest()}  data\nhello\n0\n"


@pytest.mark.long
def test_a_guest_reads_ahead(wide, disk, tmp_path):
    """One page is touched. What was read ahead of it depends on what the disk is told."""
    (tmp_path / 'resident').write_text(RESIDENT)
    ahead = {}
    for kib in (0, 32):
        shown = run(wide, disk, f'{MOUNT} echo {kib} >/sys/block/ubda/queue/read_ahead_kb; '
                    f'/usr/bin/python3 {tmp_path}/resident data')
        before, ahead[kib] = map(int, shown.split())
        assert before == 0
    assert ahead == {0: 1, 32: 8}


@pytest.mark.long
@pytest.mark.parametrize('options', [('--boots=2',), ('--turns=7',)])
def test_what_a_guest_writes_changes_neither_image_nor_other_guests(wide, disk, tmp_path, options):
    before = Path(shutil.copy(disk, tmp_path / 'before'))
    kernel = wide.kernels['stock']
    two = replace(wide, kernels={'a': kernel, 'b': kernel})
    shown = run(two, disk, f'{MOUNT} [ ! -e new ] || exit 98; echo it is new >new; sync; '
                'grep -q "it is new" /dev/ubda && echo written', *options)
    assert shown == 'written\n' * (4 if options == ('--boots=2',) else 2)
    assert same(disk, before)
