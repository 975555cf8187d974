# SPDX-License-Identifier: GPL-2.0
"""The history of nights: whole nights or none, whatever ends the process; foreign files are left."""

import contextlib
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import threading

import nights
import pytest
from appliance.failure import Failure
from appliance.paths import TOP
from appliance.runs import history, night, schema
from appliance.runs.night import Confirmation, Series

# Adds nights below a folder, in a process of its own for every third call that changes a file:
# it is killed there, or the disk is full from there on. Prints what was reported as added before.
INTERRUPTED = '''if True:
    import ctypes, os, sys
    from pathlib import Path
    sys.path[:0] = sys.argv[2:4]
    import nights
    from appliance.failure import Failure
    from appliance.runs import history
    interrupt = ctypes.CDLL(None).interrupt
    SMALL = nights.series_of(('stock',))[:2]

    def add(folder, how, at):
        folder.mkdir()
        interrupt(*((at, 0) if how == 'kill' else (0, at)))
        said = open(folder / 'said', 'wb', buffering=0)
        try:
            with history.opened(folder) as opened:
                for number in range(2):
                    opened.add(nights.night(number, SMALL), '')
                    os.writev(said.fileno(), [b'%d' % number])  # which is not interrupted
        except Failure as failure:
            os.writev(said.fileno(), [b' ', str(failure).encode()])
            os._exit(3)
        os._exit(0)

    for how in 'kill', 'full':
        for at in range(1, 10_000, 3):
            folder = Path(sys.argv[1]) / f'{how}-{at}'
            child = os.fork()
            if not child:
                add(folder, how, at)
            if not os.waitpid(child, 0)[1]:
                break
'''


@pytest.fixture
def opened(tmp_path):
    with history.opened(tmp_path) as made:
        yield made


def names(folder) -> list[str]:
    """Return the names of all nights, each of which has to be whole."""
    with history.opened(folder) as made:
        for one in made.nights():
            assert made.points_of_night(one.id) and made.states(one.id)
        return [one.name for one in made.nights()]


def added(folder, numbers) -> list[str]:
    with history.opened(folder) as made:
        for number in numbers:
            made.add(nights.night(number), f'night-{number}')
    return [nights.night(number).name for number in numbers]


def test_what_is_added_is_read_again(opened):
    confirmed = {nights.series_of()[0]: Confirmation('before', 'slower', 1.01, 1.005, 1.015)}
    first, second = nights.night(1, confirmations=confirmed), nights.night(2)
    opened.add(second, 'b')
    opened.add(first, 'a')
    assert [(one.name, one.folder) for one in opened.nights()] == \
        [(first.name, 'a'), (second.name, 'b')]
    older = opened.nights()[0]
    assert opened.fingerprints()[older.fingerprint] == first.fingerprint
    series = opened.series()
    assert {series[number]: point for number, point in opened.points_of_night(older.id).items()} \
        == first.points
    assert tuple(opened.states(older.id)) == first.states
    assert {series[number]: one for number, one in opened.confirmations(older.id).items()} \
        == confirmed
    for number, one in series.items():
        assert list(opened.points(number).values()) == [first.points[one], second.points[one]]


def test_the_same_night_twice_is_one_night(opened):
    assert opened.add(nights.night(1), 'a')
    assert not opened.add(nights.night(1), 'b')
    assert [one.folder for one in opened.nights()] == ['a']
    assert len(opened.series()) == len(nights.WALKS)


def test_what_is_removed_takes_its_points_with_it(opened):
    for number in range(2):
        opened.add(nights.night(number), '')
    opened.remove(opened.nights()[:1])
    left, = opened.nights()
    assert left.name == nights.night(1).name
    assert all(list(opened.points(number)) == [left.id] for number in opened.series())
    assert opened.states(1) == []


def test_a_night_and_its_json_say_the_same():
    one = nights.night(3, confirmations={
        nights.series_of()[0]: Confirmation('before', 'undecided', None, None, None)})
    envelope = {'kind': night.KIND, 'started': one.started, 'seconds': one.seconds,
                'source': one.source}
    assert night.night(json.loads(json.dumps(envelope | one.found()))) == one


@pytest.mark.parametrize('text', ['', '[]', '{}', '{"kind": "bench"}', '\x00',
                                  '{"kind": "nightly", "night": "x"}'])
def test_a_file_that_is_no_night_is_named(tmp_path, text):
    (tmp_path / night.RESULT).write_text(text)
    with pytest.raises(Failure, match='result.json: this is no night'):
        night.read(tmp_path)


def test_a_night_that_does_not_fit_leaves_nothing(opened):
    wrong = nights.night(1)
    wrong.points[Series('6.12', 'stock', 'dense', 'last')] = night.Point(value='fast')
    with pytest.raises(Failure, match='does not fit'):
        opened.add(wrong, '')
    assert opened.nights() == [] and opened.series() == {}


def digest(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refused(folder, why):
    """Check that the history is refused in one line that names it, and left as it is."""
    path = folder / history.FILE
    before = digest(path)
    with pytest.raises(Failure, match=why) as failure:
        added(folder, [9])
    assert str(path) in str(failure.value) and '\n' not in str(failure.value)
    assert digest(path) == before


@pytest.mark.parametrize('content', [b'', b'x', b'no database\n' * 1000])
def test_a_file_that_is_no_history_is_refused(tmp_path, content):
    (tmp_path / history.FILE).write_bytes(content)
    refused(tmp_path, 'is damaged|is no history')


def test_another_program_s_file_of_sqlite_is_refused(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / history.FILE)) as file:
        file.execute('CREATE TABLE nights (id)')
        file.commit()
    refused(tmp_path, 'is no history of umwalk')


def test_a_newer_history_is_refused(tmp_path):
    added(tmp_path, [0])
    with contextlib.closing(sqlite3.connect(tmp_path / history.FILE)) as file:
        file.execute(f'PRAGMA user_version = {schema.VERSION + 1}')
    refused(tmp_path, f'has version {schema.VERSION + 1} of the schema')


@pytest.mark.parametrize('version', range(1, schema.VERSION))
def test_an_older_history_is_brought_up_to_date(tmp_path, version):
    """It keeps its nights, and takes new ones."""
    with contextlib.closing(sqlite3.connect(tmp_path / history.FILE, isolation_level=None)) as file:
        schema.add_steps(file, version)
        file.execute("INSERT INTO fingerprints VALUES (7, 'a', 'b', 'c', 'd', 'e', 'f', 'g')")
        file.execute("INSERT INTO nights VALUES (5, 'old', '2025', 1.5, '6.12', '6.12.1', 7, 'x')")
        file.execute("INSERT INTO series VALUES (3, '6.12', 'stock', 'dense', 'smaps')")
        file.execute('INSERT INTO points VALUES (3, 5, 1.5, 1.25, 1.75, 9.5, 11)')
        file.execute("INSERT INTO states VALUES (5, 'stock', 'contract', 'W1', 'pass', 0, '')")
    new = added(tmp_path, [0])
    assert names(tmp_path) == ['old', *new]
    with history.opened(tmp_path) as made:
        assert made.points(3)[5] == night.Point(1.5, 1.25, 1.75, 9.5, 11)
        assert made.confirmations(5) == {}


@pytest.mark.parametrize('part', [0, 1, 2, 3])
def test_a_damaged_history_is_refused(tmp_path, part):
    """Whichever part of the file was overwritten, or is missing."""
    added(tmp_path, range(4))
    path = tmp_path / history.FILE
    content = bytearray(path.read_bytes())
    if part == 3:
        del content[len(content) // 2:]
    else:
        at = 200 + part * (len(content) // 3)
        content[at:at + 9000] = b'\xa5' * 9000
    path.write_bytes(content)
    refused(tmp_path, 'is damaged')


def test_damage_far_from_what_is_added_is_seen(tmp_path):
    """The page of an old night, which the new one has no need to read."""
    with history.opened(tmp_path) as made:
        for number in range(4):
            made.add(nights.night(number, nights.series_of()[:1], states=[
                night.State('stock', 'contract', f'W{rule}', 'pass', False, f'{number}' * 900)
                for rule in range(9)]), '')
    path = tmp_path / history.FILE
    content = bytearray(path.read_bytes())
    page = content.index(b'0' * 900) // 4096 * 4096
    content[page:page + 4096] = b'\xa5' * 4096
    path.write_bytes(content)
    refused(tmp_path, 'is damaged')


def test_two_that_write_take_turns(tmp_path):
    """Each opens the file before any has written to it."""
    together = threading.Barrier(4)

    def add(which: int) -> None:
        with history.opened(tmp_path) as made:
            together.wait()
            for number in range(which, 20, 4):
                made.add(nights.night(number), '')

    threads = [threading.Thread(target=add, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(tmp_path) == [nights.night(number).name for number in range(20)]


@pytest.fixture(scope='module')
def interrupted(tmp_path_factory):
    """Run INTERRUPTED; return the folder that has a folder for each interruption."""
    folder = tmp_path_factory.mktemp('interrupted')
    library = folder.with_name('interrupt.so')
    subprocess.run(['gcc', '-shared', '-fPIC', '-D_GNU_SOURCE', '-o', library,
                    TOP / 'tests' / 'interrupt.c'], check=True)
    subprocess.run([sys.executable, '-c', INTERRUPTED, folder, TOP / 'bench', TOP / 'tests'],
                   env=os.environ | {'LD_PRELOAD': str(library)}, check=True)
    return folder


@pytest.mark.parametrize('how', ['kill', 'full'])
def test_every_night_that_was_reported_survives(interrupted, how):
    """Whatever call was interrupted; and the next night is added as if nothing had been."""
    folders = list(interrupted.glob(f'{how}-*'))
    assert len(folders) > 20
    partial = 0
    for folder in folders:
        reported, _, why = (folder / 'said').read_text().partition(' ')
        assert how == 'kill' or not why or 'history' in why and '\n' not in why
        found = names(folder)
        assert found[:len(reported)] == [nights.night(int(digit)).name for digit in reported]
        assert len(found) - len(reported) in (0, 1)
        partial += len(reported) == 1
        assert added(folder, range(3)) == names(folder)
        assert {path.name for path in folder.iterdir()} == {'said', history.FILE}
    assert partial  # some were interrupted while there was something to lose
