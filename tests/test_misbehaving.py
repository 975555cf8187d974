# SPDX-License-Identifier: GPL-2.0
"""A kernel that misbehaves is explained, and the host's side ends: real patches, real boots."""

import os
import re
from dataclasses import dataclass

import pytest

from appliance.boots import hang
from appliance.commands.validate import stages
from appliance.commands.validate.subject import Subject
from appliance.kernels import build as builds, series
from appliance.kernels.patch import Patch
from appliance.paths import TOP, build_folder
from appliance.runs.outcome import FAIL, NEW, WARN, Outcome
from runner_fixtures import running

FOLDER = TOP / 'tests' / 'misbehaving'


STAGES = ('leaks', 'contract', 'differential')  # a user meets the first that fails
IN_WALK = r'walk_\w+_range\+.* \(mm/pagewalk\.c:\d+'


@dataclass(frozen=True)
class Named:
    """How a patch is named: the check that fails, what a new finding says, what its stack has."""
    check: str
    text: str
    stack: str = ''
    stages: tuple[str, ...] = STAGES
    status: str = FAIL


FEW = {
    'panic-before-init': Named('boot', '^a boot failed .*, before process 1 ran: '
                                       'Kernel panic .*: pagewalk: the PMD level is not folded',
                               r'check_real_depth\+.* \(mm/pagewalk\.c:\d+'),
}
LEAK = '^{}: each of 3 equal rounds of reads loses '
# `make test-long` alone boots these.
MORE = {
    'forged': Named('boot', '^KUnit '),
    'hang': Named('boot', '^it loops: .*, at the end in ', IN_WALK),
    'oops': Named('boot', '^a boot failed .*: Kernel panic .*: Kernel mode fault at addr 0x', IN_WALK),
    'panic-in-walk': Named('boot', r'^a boot failed .*: BUG: failure at mm/pagewalk\.c:', IN_WALK),
    'reboot-loop': Named('boot', r'^it restarts itself: its log begins \d+ times'),
    'flood': Named('boot', '^it prints without end: more than 4 MiB'),
    'runaway-memory': Named('boot', '^walks invoked oom-killer: ', r'out_of_memory\+'),
    'leak-memory': Named('leaks', LEAK.format('pagemap')),
    'leak-reference': Named('leaks', LEAK.format('smaps')),
    'leak-lock': Named('leaks', '^smaps_rollup: after a read, the lock .* is still held'),
    'corrupted': Named('contract', '^U6 clean exit: kernel log: BUG: Bad page map in process '),
    'wrong-data': Named('contract', '^U2 smaps: .*Anonymous is '),
    'sleeping': Named('debug log', '^BUG: sleeping function called from invalid context', IN_WALK,
                      ('debug',)),
    'unbalanced': Named('debug log', '^BUG: sleeping function called from invalid context',
                        r'1 lock held by .*\n.* \(&mm->page_table_lock\)', ('debug',)),
    'slower': Named('instructions', r'^dense:pagemap: \+[2-4]\.\d %', '^patch 1: ',
                    ('measured',), WARN),
}


def subject(name: str) -> Subject:
    """Return stock with one of the patches."""
    return Subject(build_folder(), series.kernel('stock'), (Patch(FOLDER / f'{name}.patch'),))


def validated(one: Subject, names: tuple[str, ...]) -> list[Outcome]:
    """Run some of the stages, as a user does; check that no process of the kernel is left."""
    chosen = [stage for stage in (*stages.STAGES, stages.DEBUG) if stage.name in names]
    found = list(stages.run(one, False, chosen))
    built, = builds.ensure(one.build, [one.patched])
    assert running(str(built.program)) == []
    return found


def assert_named(found: list[Outcome], named: Named) -> None:
    """Check that what is new has what the table says."""
    said = [(finding.text, '\n'.join(finding.details)) for outcome in found
            if (outcome.check, outcome.status) == (named.check, named.status)
            for finding in outcome.findings if finding.kind == NEW]
    assert any(re.search(named.text, text) and re.search(named.stack, stack)
               for text, stack in said), found


@pytest.mark.parametrize('name', [*FEW, *(pytest.param(name, marks=pytest.mark.long)
                                          for name in MORE)])
def test_what_misbehaves_is_named(appliance, name):
    named = (FEW | MORE)[name]
    assert_named(validated(subject(name), named.stages), named)


@pytest.mark.parametrize('log, found', [
    (b'Linux version 6.12\n' * 2, 'it restarts itself: its log begins 2 times'),
    (b'[    0.0] Linux version 6.12\n[    0.1] all is well\n', ''),
    (b'PTE\n' * hang.MOST_PRINTED, 'it prints without end: more than 4 MiB'),
], ids=('again', 'well', 'flood'))
def test_what_a_log_tells_while_the_boot_goes_on(tmp_path, log, found):
    (tmp_path / 'console').write_bytes(log)
    with open(tmp_path / 'console', 'rb') as console:
        watch = hang.Watch(console=console)
        assert watch(os.getpid()) == bool(found)
    assert watch.found == found


def test_the_second_of_a_pair_may_take_little_more_than_the_first_has_taken():
    pair = hang.Pair()
    pair.base.cpu_seconds = 5
    pair.base_ended()
    assert pair.patched.limit == hang.PATIENCE * 5
