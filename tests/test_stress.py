# SPDX-License-Identifier: GPL-2.0
"""Stressors: what they find on kernels that are well, and on those that are not."""

import re

import pytest

from appliance.boots.records import Beside, Boot, Changes, Ended, Left, Pass
from appliance.commands.nightly import observe
from appliance.commands.stress import stress_ng, vmas
from appliance.commands.stress.row import Row
from appliance.commands.stress.seen import Seen
from appliance.commands.stress.stress import ALL, report
from appliance.paths import TOP
from made import latest, made

MUTANTS = TOP / 'tests' / 'stress'


def passes(**given) -> list[Pass]:
    """Passes of all readers in which all went well, but for what is given."""
    well = {'passes': 2, 'reads': 9, 'changed': 2, 'torn': 1, 'ok': True, 'checked': 5}
    return [made(Pass, reader=reader, by='itself', **well | given) for reader in ('maps', 'pagemap')]


def vmas_row(*found: Pass, times: int = 7, **seen) -> Row:
    return vmas.row_of(Seen([made(Changes, change='mmap', times=times), *found], **seen))


def test_a_stress_that_went_well():
    row = vmas_row(*passes())
    assert (row.operations, row.reads, row.faults, row.is_bad) == (7, 18, [], False)
    assert row.notes == ['vmas: 4 of 4 passes saw changes; 1 of 2 of maps and smaps show VMAs as '
                         'they never were at once, and 0 VMAs begin before the last one ends']


@pytest.mark.parametrize('given, fault', [
    ({'ok': False, 'detail': 'a VMA is missing'}, 'itself: a VMA is missing'),
    ({'reads': 0}, 'itself: nothing was read of maps'),
    ({'changed': 0}, 'itself: nothing changed while maps was read'),
    ({'torn': 0}, 'itself: no VMA changed between two reads of maps')])
def test_what_was_wrong_or_not_tested_is_a_fault(given, fault):
    row = vmas_row(*passes(**given))
    assert fault in row.faults and row.is_bad


def test_what_did_not_happen_at_all_is_a_fault():
    assert vmas_row(*passes(), times=0).faults == ['no VMA was changed by mmap']
    assert vmas.row_of(Seen()).faults == ['there is no record of a change', 'nothing was read']
    assert vmas_row(*passes(), died='it sleeps\nf+0x1/0x2').faults == ['it sleeps\nf+0x1/0x2']
    assert vmas_row(*passes(), splats=['BUG: f']).faults == ['BUG: f']
    assert vmas_row(*passes(), made(Boot, console_dropped=3)).faults == ['the log lacks 3 bytes']


SAID = """\
stress-ng: metrc: [93] stressor       bogo ops real time  usr time  sys time   bogo ops/s
stress-ng: metrc: [93]                           (secs)    (secs)    (secs)   (real time)
stress-ng: metrc: [93] mmap                 12      1.06      0.17      0.69         9.41
stress-ng: metrc: [93] mmapmany              3      1.06      0.17      0.69         9.41
stress-ng: metrc: [101] mmap                30      1.06      0.17      0.69         9.41
"""


def ng_row(*more, said: str = SAID, status: int = 0, after: int = 1000) -> Row:
    records = [made(Beside, reader='smaps', reads=5, ok=True), *more,
               made(Ended, stressor='mmap', status=status),
               *(made(Left, when=when, what=what, amount=amount) for when, what, amount in (
                   ('before', 'free pages', 1000), ('after', 'free pages', after),
                   ('before', 'processes', 9), ('after', 'processes', 9)))]
    return stress_ng.row_of('mmap', Seen(records, said))


def test_the_operations_of_both_runs_count():
    row = ng_row()
    assert (row.operations, row.reads, row.is_bad) == (42, 5, False)


def test_a_stressor_that_did_nothing_is_not_run():
    assert ng_row(said='', status=3).state == 'not run: it lacks a resource'
    assert ng_row(said='').state == 'not run: it did nothing'
    assert ng_row(status=2).state == 'not run: it ended with the exit status 2'
    assert ng_row(status=2).is_bad


def test_what_is_left_behind_is_a_fault():
    assert ng_row(made(Left, when='after', what='HugePages_Free', amount=3)).faults \
        == ['HugePages_Free: 0 before, 3 after']
    assert ng_row(made(Left, when='after', what='KernelStack', amount=16)).faults == []
    assert ng_row(after=1000 - stress_ng.LOST_PAGES).faults == []
    assert ng_row(after=999 - stress_ng.LOST_PAGES).faults == ['free pages: 1,000 before, 487 after']
    assert 'nothing says what was left' in stress_ng.row_of('mmap', Seen()).faults


def test_the_report():
    rows = [Row('vmas', 1234, 56, notes=['vmas: noted']), Row('mmap', 7, 8, faults=['BUG: f\ng']),
            Row('procfs', not_run='it is not implemented here')]
    assert report(rows) == """\
stressor  operations  reads  faults
vmas           1,234     56  none
mmap               7      8  1 fault
procfs             0      0  not run: it is not implemented here
vmas: noted
mmap: BUG: f
g
"""


def test_nothing_is_wrong_on_stock(appliance, umwalk):
    ran = umwalk('stress', '--seconds=1', '--only=vmas', '--only=mmap')
    assert ran.returncode == 0, ran.stdout + ran.stderr
    result = latest('stress')
    assert [row['stressor'] for row in result['rows']] == ['vmas', 'mmap']
    assert all(row['operations'] and row['reads'] for row in result['rows'])
    assert re.search(r'^vmas +[\d,]+ +[\d,]+  none$', ran.stdout, re.M)


@pytest.mark.parametrize('mutant, times', [('skip', '0'), ('twice', '[2-9]')])
def test_a_vma_that_stayed_is_there_once(stock_with, mutant, times):
    """The mutants are right as long as nothing changes while they are read."""
    row, _ = vmas.stress(stock_with(MUTANTS / f'{mutant}.patch'), 1)
    said = '\n'.join(row.faults)
    for reader in ('maps', 'smaps'):
        assert re.search(rf'^(another process|itself): {reader} in reads .*, which stayed, '
                         rf'stands there {times} times', said, re.M), said
    assert observe.of_stressor('stock', row).state == 'fail'  # so that a night rings


@pytest.mark.long
def test_no_stressor_finds_anything_on_the_debug_kernel(appliance, umwalk):
    ran = umwalk('stress', '--seconds=60', '--config=debug')
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [row['stressor'] for row in latest('stress')['rows']] == list(ALL)
