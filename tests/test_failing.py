# SPDX-License-Identifier: GPL-2.0
"""Allocations that fail: what of it is new, and what proves that any has failed."""

import re
from pathlib import Path

import pytest

from appliance.boots.records import Fault
from appliance.commands.validate import debug, failing
from appliance.commands.validate.both import Seen
from appliance.commands.validate.failing import compare
from appliance.commands.validate.subject import Subject
from appliance.failure import Failure
from appliance.kernels import checklist, series
from appliance.kernels.configuration import DEBUG
from appliance.kernels.patch import Patch
from appliance.paths import TOP, build_folder
from appliance.runs.outcome import FAIL, MENDED, NEW, ON_BASE, PASS, UNDECIDED
from made import made

NO_MEMORY, NO_ENTRY = 'Cannot allocate memory', 'No such file or directory'

LOG = """\
walks: failing maps 1
FAULT_INJECTION: forcing a failure.
[<60011111>] show_stack+0x10/0x20
[<60022222>] ? printk+0x10/0x20
[<60033333>] should_fail_ex+0x10/0x20
[<60044444>] __kmalloc_noprof+0x10/0x20
[<60055555>] {caller}+0x10/0x20
[<60066666>] vfs_read+0x10/0x20
walks: failing maps 2
"""


def rounds(*given: dict, reader: str = 'maps') -> list[Fault]:
    """Return a round for each failure, and the last, in which none was left."""
    fields = [{'injected': True, 'ok': True, 'error': NO_MEMORY} | one for one in given]
    return [made(Fault, reader=reader, nth=nth, **one)
            for nth, one in enumerate([*fields, {'ok': True}], 1)]


def seen(records: list[Fault], caller: str = 'pagemap_read', **fields) -> Seen:
    return Seen('k', Path(), records, log=LOG.format(caller=caller), **fields)


GOOD = rounds({}, {'error': ''})
WRONG = rounds({'ok': False, 'error': '', 'detail': 'from byte 0 on it says something else'}, {})


def test_a_reader_that_fails_or_says_the_same_passes():
    found = compare(seen(GOOD), seen(GOOD))
    assert (found.status, found.findings) == (PASS, ())
    assert found.summary == 'nothing new when allocations fail, each in turn: maps 2'


def test_what_a_reader_says_wrongly_is_named_with_its_stack():
    found = compare(seen(GOOD), seen(WRONG))
    finding = found.findings[0]
    assert (found.status, finding.kind, len(found.findings)) == (FAIL, NEW, 1)
    assert finding.text == ('maps, allocation 1 [pagemap_read:vfs_read] failed: '
                            'from byte 0 on it says something else')
    assert finding.details[0].startswith('[<60055555>] pagemap_read+0x10/0x20')


def test_what_is_so_on_the_base_is_not_new():
    assert [one.kind for one in compare(seen(WRONG), seen(WRONG)).findings] == [ON_BASE]
    assert [one.kind for one in compare(seen(WRONG), seen(GOOD)).findings] == [MENDED]
    elsewhere = compare(seen(WRONG), seen(WRONG, caller='show_smap'))
    assert (elsewhere.status, elsewhere.findings[0].kind) == (FAIL, NEW)


@pytest.mark.parametrize('error, base, status', [
    (NO_MEMORY, GOOD, PASS), ('Resource temporarily unavailable', GOOD, PASS),
    (NO_ENTRY, rounds({'error': NO_ENTRY}), PASS), (NO_ENTRY, GOOD, FAIL)])
def test_an_error_is_one_of_memory_or_of_the_base(error, base, status):
    assert compare(seen(base), seen(rounds({'error': error}))).status == status


@pytest.mark.parametrize('records, says', [
    ([], 'no reader was tried on k'),
    (rounds(), 'no allocation of maps failed on k'),
    (GOOD[:-1], 'maps makes more than 2 allocations on k')])
def test_where_not_all_allocations_failed_nothing_is_decided(records, says):
    for base, patched in ((records, GOOD), (records, records)):
        found = compare(seen(base), seen(patched))
        assert (found.status, says in found.summary) == (UNDECIDED, True), found


def test_a_reader_that_is_gone_fails():
    found = compare(seen(GOOD + rounds({}, reader='smaps')), seen(GOOD))
    assert (found.status, found.findings[0].text) == (FAIL, 'smaps is not there')


def test_a_boot_that_dies_is_named_by_the_last_failure():
    log = LOG.partition('walks: failing maps 2')[0]
    dead = Seen('k', Path(), [], log.format(caller='pagemap_read'), 'a boot failed (panicked):\nx',
                ['Kernel panic - not syncing: x\n[<60055555>] pagemap_read+0x1/0x2'])
    found = compare(seen(GOOD), dead)
    assert found.status == FAIL
    assert [one.text for one in found.findings] == [
        'maps, allocation 1 [pagemap_read:vfs_read] failed: a boot failed (panicked)',
        'Kernel panic - not syncing: x [panic:pagemap_read]']
    with pytest.raises(Failure, match='the base itself'):
        compare(dead, seen(GOOD))


TEXT = """\
1) Has been tested with ``CONFIG_PREEMPT``, ``CONFIG_SLUB_DEBUG`` and
   ``CONFIG_DEBUG_PAGEALLOC`` all simultaneously enabled.

2) Has been build- and runtime tested with and without ``CONFIG_SMP``.
"""


def test_which_options_of_the_checklist_are_on():
    config = 'CONFIG_SLUB_DEBUG=y\n# CONFIG_PREEMPT is not set\nCONFIG_HZ=100\n'
    names = checklist.named(TEXT)
    assert names == ['PREEMPT', 'SLUB_DEBUG', 'DEBUG_PAGEALLOC']
    assert checklist.sorted_out(names, config) == checklist.Options(
        ('SLUB_DEBUG',), ('PREEMPT',), ('DEBUG_PAGEALLOC',))
    assert checklist.named('Has been tested by somebody') == []


def on_debug_kernels(*names: str) -> Subject:
    """Return stock with patches; its kernels take minutes to build."""
    patches = tuple(Patch(TOP / 'tests' / 'validate' / f'{name}.patch') for name in names)
    return Subject(build_folder(), series.kernel('stock'), patches).configured(DEBUG)


@pytest.mark.long
def test_a_kernel_that_checks_its_allocations(appliance):
    """The files of /proc allocate by kmalloc(), mincore() a page."""
    found = failing.check(on_debug_kernels())
    assert (found.status, found.findings) == (PASS, ())
    for reader in ('maps', 'smaps', 'smaps_rollup', 'pagemap', 'PAGEMAP_SCAN', 'clear_refs', 'mincore'):
        assert re.search(rf'\b{reader} [1-9]', found.summary), found.summary
    assert 'on: SLUB_DEBUG, ' in debug.options(on_debug_kernels()).summary


@pytest.mark.long
@pytest.mark.parametrize('name, text, stack', [
    ('pagemap-no-memory', r'pagemap, allocation \d+ \[pagemap_read:.*\] failed: a boot failed',
     r'pagemap_read\+.*\bfs/proc/task_mmu\.c:\d+'),
    ('mincore-no-memory', r'mincore, allocation 1 \[sys_mincore:.*\] failed: from byte \d+ on',
     r'mincore\+.* \(mm/mincore\.c:\d+')])
def test_a_check_that_is_forgotten_is_named(appliance, name, text, stack):
    found = failing.check(on_debug_kernels(name))
    assert found.status == FAIL
    assert any(one.kind == NEW and re.match(text, one.text) and re.search(stack, '\n'.join(one.details))
               for one in found.findings), found
