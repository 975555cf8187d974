# SPDX-License-Identifier: GPL-2.0
"""The envelope of a run: the same for all kinds, and true."""

import hashlib
import re
import subprocess

import pytest

from appliance import cli
from appliance.boots.records import Host
from appliance.kernels import series
from appliance.kernels.version import LINUX
from appliance.paths import TOP
from appliance.runs import run
from made import latest

DOCS = TOP / 'docs' / 'formats.md'
FINDS_NOTHING = {'build', 'dashboard', 'doctor', 'history', 'patches', 'patches-build', 'run',
                 'shell'}


def git(folder, *arguments: str) -> str:
    command = ['git', '-c', 'user.name=a', '-c', 'user.email=a@example.org', '-C', folder, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def clone(tmp_path):
    git(tmp_path, 'init', '-q')
    (tmp_path / 'file').write_text('content\n')
    git(tmp_path, 'add', '.')
    git(tmp_path, 'commit', '-qm', 'first')
    return tmp_path


def test_the_commit_of_a_clone(clone):
    head = git(clone, 'rev-parse', '--short=12', 'HEAD')
    assert run.commit(clone) == head
    (clone / 'new').touch()
    assert run.commit(clone) == head
    (clone / 'file').write_text('changed\n')
    assert run.commit(clone) == f'{head}-dirty'


def test_no_commit_without_git(clone, tools, monkeypatch):
    """In a folder of somebody else's clone, too."""
    (clone / 'umwalk').mkdir()
    assert run.commit(clone / 'umwalk') is None
    (clone / 'umwalk' / '.git').touch()
    assert run.commit(clone / 'umwalk') is None
    monkeypatch.setenv('PATH', tools('git'))
    assert run.commit(clone) is None


def test_every_subcommand_that_finds_something_stores_it():
    assert {command.NAME for command in cli.commands() if not hasattr(command, 'STORES')} \
        == FINDS_NOTHING


def described() -> list[str]:
    """The fields that docs/formats.md has for all kinds."""
    section = DOCS.read_text().partition('\n## Runs\n')[2].partition('\n## ')[0]
    return [name for row in re.findall(r'^\| (`.*?`) \|', section, re.M)
            for name in re.findall(r'`(\w+)`', row)]


def test_the_envelope(appliance):
    this = run.Run('test', appliance)
    this.end()
    result = this.result([Host(1000, 'a CPU')], {'found': 1})
    assert list(result) == [*described(), 'found']
    assert (result['format'], result['kind'], result['found']) == (run.FORMAT, 'test', 1)
    assert f'| `format` | {run.FORMAT};' in DOCS.read_text()
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00', result['started'])
    assert result['source'].startswith(f'{LINUX.name}.')
    assert {'cpu': 'a CPU', 'tsc_khz': 1000}.items() <= result['host'].items()
    assert set(result['kernels']) == set(appliance.kernels)


def test_kernels_are_named_with_the_digests_of_their_patches(appliance):
    kernels = run.Run('test', appliance).result([Host(1, '')], {})['kernels']
    for name, kernel in kernels.items():
        assert kernel['patches'] == [
            {'name': patch.file.name, 'sha256': hashlib.sha256(patch.content).hexdigest()}
            for patch in series.kernel(name).stack.patches]
    assert kernels['patched']['series'] == ['platform', 'probe', 'baseline', 'pagewalk-v3']


def test_the_time_is_that_of_the_run_alone(appliance, monkeypatch):
    now = iter([10.0, 12.34])
    monkeypatch.setattr(run.time, 'monotonic', lambda: next(now))
    this = run.Run('test', appliance)
    this.end()
    assert this.result([Host(1, '')], {})['seconds'] == 2.3


def test_a_boot_bench_is_stored(appliance, umwalk):
    ran = umwalk('bench-boot', '--boots=2')
    result = latest('bench-boot')
    assert result['boots'] == 2 and list(result['kernels']) == ['stock']
    assert f"median {result['ms']['median']:.1f} ms" in ran.stdout
    assert ran.stdout.splitlines()[1:] == result['processes'] != []
