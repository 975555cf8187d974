# SPDX-License-Identifier: GPL-2.0
"""The contract: the matrix of the kernels, and every check seen red."""

import os
import signal
import subprocess

import pytest

from appliance.boots import guest, hang
from appliance.boots.records import Boot
from appliance.commands.mutants import mutants
from appliance.commands.contract import observe, report, rules
from appliance.logs import splat
from appliance.failure import Failure
from appliance.paths import TOP
from made import made
from runner_fixtures import processes, wait_for


@pytest.fixture(scope='module')
def seen(appliance) -> dict[str, observe.Observation]:
    """Check every kernel once."""
    return {one.kernel: one for one in observe.observe(appliance)}


def states(one: observe.Observation) -> dict[str, str]:
    return {rule: state for rule, state in one.states().items() if state == observe.FAIL}


def test_every_kernel_breaks_what_it_is_expected_to_break(seen):
    assert [problem for one in seen.values()
            for problem in report.differences(one, rules.expected(one.kernel))] == []


def test_fixed_breaks_nothing(seen):
    assert states(seen['fixed']) == {}


@pytest.mark.parametrize('kernel, rule, shows', [
    ('patched', 'W1', 'pte_entry 0x'), ('patched', 'W3', 'is reported 0 times'),
    ('baseline', 'W4', 'is reported by pmd_entry'), ('patched', 'W5', 'hugetlb, absent'),
    ('patched', 'W6', 'is not reported by pte_hole'), ('patched', 'W7', 'walk->vma 0x0-0x0'),
    ('patched', 'W8', 'the walk returned 1'),
    ('stock', 'W9', 'returned 0, expected 7'), ('baseline', 'U2', 'copied pfnmap): Rss is 0'),
    ('patched', 'W9', 'returned 1, expected 0'),
    ('baseline', 'W10', 'expected -EINVAL'), ('baseline', 'W11', 'page-table entries changed'),
    ('patched', 'U1', 'the entry of page'), ('baseline', 'U1', 'the entry of page'),
    ('patched', 'U4', 'which the kernel never set'), ('patched', 'U5', 'says that it ended at'),
    ('baseline', 'U6', 'HugePages_Total')])
def test_what_a_user_meets(seen, kernel, rule, shows):
    assert shows in seen[kernel].rules[rule].failed[0]['detail']


# Rules that no kernel here breaks, and parts of others: a wrong change of stock that breaks
# that rule and no other.
WRONG_CHANGES = {
    'pte-descending': ('W2', 'after one that ended at'),
    'test-walk-pfnmap-is-hole': ('W6', 'is not walked'),
    'test-gets-first-page': ('W8', 'test_walk 0x'),
    'test-walk-error-skips': ('W8', 'test_walk said -22, then came'),
    'range-lock-not-asserted': ('W12', 'KUnit'),
    'smaps-anonymous-halved': ('U2', 'Anonymous is'),
    'clear-refs-of-files': ('U3', 'Referenced'),
    'smaps-marker-is-swap': ('U11', 'Swap is'),
    'rollup-keeps-mm': ('U12', 'objects of mm_struct'),
    'mlock-not-last-page': ('U13', 'MLOCKED in kpageflags is 0, expected 1'),
    'pagemap-pfn-for-all': ('U7', 'expected no PFN'),
    'rollup-skips-vma': ('U8', 'smaps_rollup'),
    'pagemap-fault-ignored': ('U9', 'pagemap: buffers that end too soon'),
    'scan-hole-not-protected': ('U10', 'and should be protected'),
    'query-next-only-once': ('U14', 'expected success'),
}
ALSO = {'smaps-anonymous-halved': {'U11', 'U13'}}  # rules that look at the same number
FOLDERS = (mutants.FOLDER, mutants.FOLDER.with_name('mutants-readers'), TOP / 'tests' / 'mutants')
# A kernel each is much for `make test`, which tries one of the walker and one of each interface:
# smaps, pagemap, PAGEMAP_SCAN and what they leave behind.
OFTEN = {'test-walk-pfnmap-is-hole', 'smaps-anonymous-halved', 'pagemap-pfn-for-all',
         'scan-hole-not-protected', 'rollup-keeps-mm'}


def faults(one: observe.Observation) -> list[tuple[str, str]]:
    """Return the rule, name and detail of every case that failed."""
    return [(rule, f"{case['case']}: {case['detail']}")
            for rule, outcome in one.rules.items() for case in outcome.failed]


@pytest.mark.parametrize('name', [
    pytest.param(name, marks=[] if name in OFTEN else [pytest.mark.long]) for name in WRONG_CHANGES])
def test_a_wrong_change_breaks_its_rule_alone(seen, stock_with, name):
    rule, shows = WRONG_CHANGES[name]
    patch, = (folder / f'{name}.patch' for folder in FOLDERS if (folder / f'{name}.patch').exists())
    found = observe.observe_one(stock_with(patch), mutants.BASE)
    new = [(other, one) for other, one in faults(found)
           if (other, one) not in faults(seen[mutants.BASE])]
    assert any(other == rule and shows in one for other, one in new), new
    # A test of KUnit may look at more than its rule.
    broken = {other for other, one in new if not one.startswith('KUnit')}
    assert broken <= {rule} | ALSO.get(name, set()), new
    assert not found.died and not found.splats


def test_a_boot_may_end_with_a_record_that_is_enough(appliance):
    found = observe.observe_one(appliance.only('stock'), 'stock',
                                enough=lambda record: getattr(record, 'rule', '') == 'U1')
    assert found.records[-1].rule == 'U1'
    assert found.rules['W9'].failed and not found.rules['U2'].passed
    assert not found.died


WHOLE = """\
KTAP version 1
1..1
    KTAP version 1
    # Subtest: pagewalk
    1..1
    ok 1 W1_confined
ok 1 pagewalk
"""


def observation(failed: set[str]) -> observe.Observation:
    one = observe.Observation('some', console=WHOLE)
    for rule, outcome in one.rules.items():
        outcome.add('case', rule not in failed, False, 'why')
    return one


def test_a_rule_that_fails_unexpectedly_is_told():
    assert report.differences(observation({'U1'}), set()) == [
        'some fails U1, which is not expected']


def test_a_rule_that_passes_unexpectedly_is_told():
    assert report.differences(observation(set()), {'U1'}) == [
        'some is expected to fail U1, but passes it']


@pytest.mark.parametrize('splats, told', [
    (['BUG: x\nStack:'], 'some: its log has a splat that begins with: BUG: x'),
    (['BUG: x', 'BUG: y'], 'some: its log has 2 splats, the first of which begins with: BUG: x')])
def test_splats_are_told(splats, told):
    one = observation(set())
    one.splats = splats
    assert report.differences(one, set()) == [told]


def test_a_failure_catches_the_eye():
    lines = report.text([observation({'U1'})], []).splitlines()
    assert [line.split() for line in lines if 'FAIL' in line] == [['U1', 'window', 'FAIL']]
    assert 'U1 some: case: why' in lines
    assert lines[-1] == 'Everything is as expected.'


def test_a_rule_that_nothing_checks_is_told():
    one = observation(set())
    one.rules['W7'] = observe.RuleOutcome()
    assert report.differences(one, set()) == ['some: nothing checked W7']


def test_a_boot_that_dies_is_told():
    one = observation(set())
    one.died = 'a boot failed'
    one.rules['W7'] = one.rules['U1'] = observe.RuleOutcome()
    assert report.differences(one, {'U1'}) == [
        'some: a boot failed', 'some is expected to fail U1, but nothing checked it']


OTHER_SUITE = """\
KTAP version 1
1..1
    KTAP version 1
    # Subtest: other
    1..1
    ok 1 W1_confined
ok 1 other
"""


@pytest.mark.parametrize('log', ['', (TOP / 'tests' / 'splats' / 'well.log').read_text(),
                                 OTHER_SUITE], ids=('empty', 'well', 'other'))
def test_each_kernel_whose_suite_never_ran_is_told(tmp_path, log):
    one = observation(set())
    one.console = log
    observe._judge(one, tmp_path / 'none')
    assert report.differences(one, set()) == ['some: KUnit pagewalk never ran']


def test_complaints_of_a_kernel_break_their_rule(tmp_path):
    log = ('[    1.0] mm/pgtable-generic.c:54: bad pmd 00000000fd02d449(0000000002a003e7).\n'
           '[    1.0] BUG: Bad rss-counter state mm:00000000 type:MM_ANONPAGES val:3\n')
    assert [rule for rule, _ in splat.complaints(log)] == ['W11', 'U6']
    assert splat.splats(log, tmp_path / 'none') == []


def test_a_splat_is_told_with_its_stack(tmp_path):
    log = ('[    1.0] WARNING: CPU: 0 PID: 1 at mm/pagewalk.c:400 walk_page_range+0x1/0x2\n'
           '[    1.0] Stack:\n[    1.0]  [<60001234>] walk_page_range+0x10/0x200\n'
           '[    1.0] something else\n')
    assert splat.any_splat(log)
    assert splat.splats(log, tmp_path / 'none') == [
        'WARNING: CPU: 0 PID: 1 at mm/pagewalk.c:400 walk_page_range+0x1/0x2\n'
        'Stack:\n [<60001234>] walk_page_range+0x10/0x200']


def test_a_long_splat_is_cut_and_says_so(tmp_path):
    head, frame = 'BUG: x\n', ' [<60001234>] f+0x10/0x200\n'
    for frames in (39, 40):
        whole = head + frames * frame
        shown, = splat.splats(whole + 'something else\n' * 100, tmp_path / 'none')
        assert shown == (whole if frames == 39 else head + 39 * frame).rstrip('\n') + (
            splat.CUT if frames == 40 else '')


def test_more_splats_than_are_shown_are_told():
    one = observe.Observation('some', splats=['BUG: 1', 'BUG: 2', 'BUG: 3', 'BUG: 4'])
    assert 'some:\nBUG: 3\n\nsome:\n1 more, see KERNEL.console' in report.text([one], [])


def test_a_splat_that_a_test_provokes_is_none(tmp_path):
    log = ('[    1.0] pagewalk_kunit: begin of expected warnings\n'
           '[    1.0] WARNING: CPU: 0 PID: 1 at include/linux/rwsem.h:80 find_vma+0x1/0x2\n'
           '[    1.0] pagewalk_kunit: end of expected warnings\n')
    assert splat.splats(log, tmp_path / 'none') == []
    assert not splat.any_splat(log)


def overseen(appliance, console, script: str, limit: float, grace: float) -> observe.Overseer:
    """Say what ended a boot in which a script runs."""
    oversee = observe.Overseer(console, hang.Watch(limit), grace)
    with pytest.raises(Failure):
        list(guest.records(appliance.only('stock'), '--host', '--timeout=0',
                           argv=['/bin/sh', '-c', script], consoles=[console], hopeless=oversee))
    return oversee


@pytest.fixture
def console(tmp_path):
    """Make a file for the kernel's console."""
    with open(tmp_path / 'console', 'w+b') as file:
        yield file


LOOP, SLEEP = 'while :; do :; done', 'sleep 1000'


@pytest.mark.parametrize('script, found', [(LOOP, 'it loops: '), (SLEEP, 'it sleeps: ')])
def test_a_boot_that_hangs_is_ended(appliance, console, script, found):
    oversee = overseen(appliance, console, script, limit=2, grace=1)
    assert oversee.hang.found.startswith(found) and not oversee.splat_over


@pytest.mark.parametrize('script', [LOOP, SLEEP])
def test_a_boot_that_a_splat_leaves_hanging_is_ended(appliance, console, script):
    splatted = 'echo "<4>BUG: scheduling while atomic" > /dev/kmsg'
    oversee = overseen(appliance, console, f'{splatted}; {script}', limit=1000, grace=0.5)
    assert oversee.splat_over
    console.seek(0)
    assert splat.any_splat(console.read().decode())


def test_a_log_that_lacks_something_is_a_problem():
    ended = made(Boot, console_dropped=70000)
    assert ('stock: the kernel printed too much: 70,000 bytes of its log are missing, and whatever '
            'tests and splats they had'
            ) in report.differences(observe.Observation('stock', [ended]), set())


def test_an_interrupt_ends_the_boots_of_all_threads(appliance):
    one = appliance.only('stock')
    program = one.kernels['stock'].program
    others = set(processes(program))

    def boot() -> None:
        list(guest.records(one, '--host', '--timeout=15', argv=['sleep', '1000']))

    with pytest.raises(KeyboardInterrupt), guest.at_once() as pool:
        boots = [pool.submit(boot) for _ in range(pool._max_workers + 1)]
        wait_for(lambda: len(set(processes(program)) - others) > 2 * pool._max_workers)
        raise KeyboardInterrupt
    statuses = [boot.exception().status for boot in boots if not boot.cancelled()]
    assert statuses == [128 + signal.SIGTERM] * pool._max_workers


def test_kill_9_leaves_no_file(appliance, tmp_path):
    """It leaves no process, either."""
    program = appliance.kernels['stock'].program
    others = set(processes(program))
    umwalk = subprocess.Popen([TOP / 'bench' / 'umwalk', 'contract', '--kernel=stock'],
                              stderr=subprocess.DEVNULL, env=os.environ | {'TMPDIR': str(tmp_path)})
    started = wait_for(lambda: len(new := set(processes(program)) - others) > 2 and new)
    umwalk.kill()
    umwalk.wait()
    wait_for(lambda: not started & set(processes(program)))
    assert not list(tmp_path.iterdir())
