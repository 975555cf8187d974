# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench-fio`: walks of a living process, on real kernels, some of which lie."""

import json
import math
import re
from dataclasses import replace

import pytest

from appliance.boots import guest
from appliance.boots.records import Check, Fio, Living, of_type
from appliance.commands.bench import compare
from appliance.commands.bench.session import Plan
from appliance.commands.fio import jobs, living, report, truth
from appliance.commands.fio.session import FioSession, fio_runs
from appliance.commands.stress.seen import Seen
from appliance.failure import Failure
from appliance.kernels.configuration import WIDE
from appliance.numbers import percentile
from appliance.paths import TOP, build_folder
from made import latest, made

KERNELS = ('stock', 'fixed')
SPLAT = 'BUG: a test says so'


def run_of(iops: float, **bins: int) -> dict:
    way = {'iops': iops / 2, 'clat_ns': {'bins': {name[1:]: n for name, n in bins.items()}}}
    return {'read': way, 'write': way}


def records_of(kernel: str, boot: int, slower: float) -> list:
    def fio(walked: bool, run: dict) -> Fio:
        return made(Fio, kernel=kernel, boot=boot, job='tmpfs', walked=walked,
                    said='fio says something first\n' + json.dumps({'jobs': [run]}))

    return [fio(False, run_of(1000, _100=3)), fio(True, run_of(800 / slower, _100=1, _200=2)),
            made(Living, kernel=kernel, boot=boot, job='tmpfs', walk='smaps',
                 cycles=[round(1000 * slower), 10 ** 9, 1])]


def test_what_a_boot_says_of_a_row():
    """Of walks the median, which the worst one does not move; of I/Os, the time of each."""
    session = FioSession(None, {'a': [None], 'b': [None]}, Plan(1, 0.05))
    session.records = [*records_of('a', 0, 1), *records_of('b', 0, 1.5),
                       *records_of('a', 1, 1), *records_of('b', 1, 1.25)]
    draws = session.draws('b')
    assert draws['tmpfs', 'smaps'] == pytest.approx([math.log(1.5), math.log(1.25)])
    assert draws['tmpfs', 'fio'] == pytest.approx([math.log(1.5), math.log(1.25)])
    runs = fio_runs(session.records)
    assert runs['tmpfs', 'a', False].iops == {0: 1000, 1: 1000}
    assert runs['tmpfs', 'a', True].latencies == {100: 4, 200: 8}


def test_a_job_file_has_one_job():
    record = made(Fio, job='two', said='{"jobs": [{}, {}]}')
    with pytest.raises(Failure, match='fio reports 2 groups of two: a job file has one job'):
        fio_runs([record])


@pytest.fixture(scope='module')
def seen(appliance) -> truth.Truth:
    """What walks of fio's process say on a kernel that tells the truth, with all jobs."""
    one, = truth.observe(appliance.only('fixed'))
    return one


def test_nothing_is_reported_that_cannot_be(seen):
    assert seen.problems == []
    assert seen.counts == {'expected': 16, 'passed': 16, 'failed': 0}
    for check in seen.checks:
        assert check.checked > 1000 or check.check == 'clear_refs', check
    assert {record.job for record in of_type(Fio, seen.seen.records)} == set(jobs.FILES)
    assert not of_type(Living, seen.seen.records)


def checked(**given) -> list[Check]:
    return [made(Check, **{'layout': job, 'check': walk, 'ok': True, 'checked': 9} | given)
            for job in jobs.FILES for walk in jobs.WALKS]


@pytest.mark.parametrize('seen, problem', [
    (Seen(checked(checked=0)), 'fixed: nothing checked clear_refs of mmaphuge'),
    (Seen(checked()[1:]), 'fixed: nothing checked smaps of mmaphuge'),
    (Seen(checked(ok=False, detail='a page')), 'fixed: smaps of tmpfs: a page'),
    (Seen(checked(), splats=['BUG: f\n g']), 'fixed: BUG: f\n g'),
    (Seen([], died='it sleeps'), 'fixed: it sleeps')])
def test_what_is_wrong_or_was_not_checked_is_a_problem(seen, problem):
    assert problem in truth.Truth('fixed', seen, tuple(jobs.FILES)).problems
    assert truth.Truth('fixed', Seen(checked()), tuple(jobs.FILES)).problems == []


# A fault of each reader, as it shows on a process that lives.
LIES = {
    'misbehaving/wrong-data': ('smaps', 'Anonymous is '),
    'fio/pagemap': ('pagemap', 'but no VMA had it'),
    'fio/pagemap_scan': ('pagemap_scan', 'of a file'),
}


@pytest.mark.long
@pytest.mark.parametrize('patch', LIES)
def test_a_kernel_that_lies_is_caught(stock_with, patch):
    one, = truth.observe(stock_with(TOP / 'tests' / f'{patch}.patch'))
    walk, says = LIES[patch]
    wrong = {(check.check, check.layout): check.detail for check in one.checks if not check.ok}
    assert set(wrong) == {(walk, job) for job in jobs.FILES}
    assert all(says in detail for detail in wrong.values())
    assert f'stock: {walk} of tmpfs: {wrong[walk, "tmpfs"]}' in one.problems


@pytest.mark.long
def test_nothing_is_wrong_on_the_debug_kernel(appliance, umwalk):
    ran = umwalk('bench-fio', '--config=debug', '--kernel=stock', '--kernel=fixed')
    assert ran.returncode == 0, ran.stdout + ran.stderr
    result = latest('bench-fio')
    assert result['counts'] == {name: {'expected': 16, 'passed': 16, 'failed': 0}
                                for name in KERNELS}
    assert 'rows' not in result


@pytest.fixture(scope='module')
def one_job():
    """Leave one job."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, 'FILES', {'threads': jobs.FILES['threads']})
        yield


@pytest.fixture(scope='module')
def result(appliance, results_folder, one_job, tmp_path_factory):
    """The result of a run that is too short to decide anything, on kernels that complain."""
    complaining = tmp_path_factory.mktemp('fio') / 'fio.sh'
    complaining.write_text(f'#!/bin/sh\necho "<4>{SPLAT}" >/dev/kmsg\nexec {jobs.fio()} "$@"\n')
    complaining.chmod(0o755)
    kernels = [appliance.kernels[name].kernel for name in KERNELS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, 'fio', lambda: str(complaining))
        patch.setattr(compare, 'PLACEMENTS', 1)
        assert living.run(build_folder(), kernels, 1) == 1
    return latest('bench-fio')


def test_a_splat_in_any_boot_fails_a_run(result):
    """The first two are of the boots in which walks are checked."""
    assert result['problems'][:2] == [f'{name}: {SPLAT}' for name in KERNELS]
    assert set(result['problems'][2:]) == {f'{name}: {SPLAT}' for name in (*KERNELS, 'stock.again')}


def test_a_run_is_whole(result, results_folder):
    folder = results_folder / 'latest'
    assert {path.name for path in (folder / 'jobs').iterdir()} == {'threads.fio'}
    assert (folder / 'report.txt').read_text() == report.text(result) + '\n'
    assert result['boots'] >= 1
    assert [(row['job'], row['walk']) for row in result['rows']] == [
        ('threads', what) for what in (*jobs.WALKS, 'fio')]
    assert result['counts'] == {name: {'expected': 4, 'passed': 4, 'failed': 0} for name in KERNELS}


def test_what_a_run_has_measured(result):
    one, = result['fio']
    for name in KERNELS:
        for how in ('alone', 'walked'):
            assert one[name][how]['iops'] > 0
            assert len(one[name][how]['ns']) == len(percentile.carried(one[name][how]['ios']))
    walks = result['rows'][0]
    assert walks['walk'] == 'smaps'
    assert all(walks[name]['walks'] > 0 < walks[name]['worst_ns'] for name in KERNELS)


def test_too_short_a_run_decides_nothing(result):
    assert {row['verdict'] for row in result['rows']} == {'undecided'}


def test_each_run_of_fio_has_a_turn(results_folder, result):
    found = [json.loads(line) for line in (results_folder / 'latest' / 'records.jsonl').open()]
    turns = [r['turn'] for r in found if r['type'] == 'living' and r['walk'] == 'smaps']
    assert len(set(turns)) == len(turns) == 3 * result['boots']


def test_a_row_of_which_no_walk_was_timed_is_a_problem(appliance):
    row = {'job': 'tmpfs', 'walk': 'smaps', 'stock': {'walks': 3}, 'fixed': {'walks': 0}}
    kernels = [appliance.kernels[name].kernel for name in KERNELS]
    assert living.never_timed([row, {'job': 'tmpfs', 'walk': 'fio'}], kernels) \
        == ['fixed: no smaps of tmpfs was timed']


def died(appliance) -> str:
    one, = truth.observe(appliance.only('stock'))
    problem, = one.problems
    assert one.counts['passed'] == 0
    return problem


@pytest.mark.parametrize('line, says', [
    ('nonsense=1', '(?s)nonsense.*walks: fio failed, exit status 1'),
    ('size=1', 'size=1 is not a size in whole pages, as in 4m'),
    ('numjobs=0', 'numjobs 0: not a number from 1 to 16')])
def test_a_job_that_cannot_run(appliance, one_job, tmp_path, monkeypatch, line, says):
    job = tmp_path / 'bad.fio'
    job.write_text(jobs.FILES['threads'].read_text() + line + '\n')
    monkeypatch.setattr(jobs, 'FILES', {'bad': job})
    assert re.search(says, died(appliance))


def test_a_fio_that_maps_nothing_is_told(appliance, one_job, monkeypatch):
    monkeypatch.setattr(jobs, 'fio', lambda: '/bin/true')
    assert 'threads.fio: fio ended, and never mapped /dev/shm/fio.file, 4 times' in died(appliance)


def test_what_bench_fio_needs_it_alone_asks_for(umwalk, tools):
    ran = umwalk('bench-fio', PATH=tools('fio', 'apt-get', 'pacman', 'zypper', dnf='exit 1'))
    assert (ran.returncode, ran.stdout) == (2, '')
    assert ran.stderr.startswith('deps.sh: missing: fio\n')


@pytest.mark.parametrize('arguments', [('--kernel=stock',), ('--kernel=stock', '--kernel=stock')])
def test_what_cannot_be_compared_is_refused(umwalk, arguments):
    ran = umwalk('bench-fio', *arguments)
    assert ran.returncode == 2
    assert 'bench-fio compares two kernels' in ran.stderr and len(ran.stderr.splitlines()) == 1


@pytest.mark.long
def test_walks_of_a_file_that_is_read_ahead(appliance):
    """On the wide kernel, whose guests have a disk."""
    kernel = replace(appliance.kernels['stock'].kernel, configuration=WIDE)
    one, = truth.observe(guest.ensure(build_folder(), [kernel]))
    assert one.problems == []
    assert one.counts == {'expected': 20, 'passed': 20, 'failed': 0}
    assert {check.checked > 4096 for check in one.checks
            if check.layout == 'readahead' and check.check != 'clear_refs'} == {True}
