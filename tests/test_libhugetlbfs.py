# SPDX-License-Identifier: GPL-2.0
"""The test programs of libhugetlbfs: what they say, what is read of them, and that they may lack."""

import os
from dataclasses import replace

import pytest

from appliance.boots.records import Beside, Ended
from appliance.commands.external import libhugetlbfs, report
from appliance.commands.external.cases import FAIL, PASS, SKIP, Case
from appliance.commands.external.expected import OF_LIBHUGETLBFS, PLAN
from appliance.commands.external.libhugetlbfs import NAME, NOT_RUN, READ, SCRIPTS, Programs
from appliance.commands.external.seen import Seen
from appliance.commands.stress.seen import Seen as Boot
from appliance.failure import Failure
from appliance.kernels.lists import entries
from appliance.paths import TOP, build_folder
from made import latest, made

TESTS = tuple(entries(SCRIPTS / 'tests'))
NOTHING = Seen('stock', [], [], '', [], '', plan={})
SOURCES = os.environ.get('LIBHUGETLBFS_SRC', '')
has_sources = pytest.mark.skipif(not SOURCES, reason=NOT_RUN)


def shown(said: str, status: int = 0, **reader) -> Boot:
    """Return what a boot shows in which the test `private` says this."""
    given = {'stressor': 'private', 'reader': 'smaps', 'reads': 3, 'ok': True} | reader
    return Boot([made(Ended, stressor='private', status=status), made(Beside, **given)],
                f'== private\n{said}')


@pytest.mark.parametrize('said, status, state, details', [
    ('PASS\n', 0, PASS, ()),
    ('FAIL\tmmap(): no\n', 2, FAIL, ('status 2: FAIL mmap(): no',)),
    ('', 0, FAIL, ('status 0: it says nothing',)),
    ('PASS\n', 2, FAIL, ('status 2: PASS',)),
    ('', 139, FAIL, ('status 139: it says nothing',)),
    ('PASS\npool: 32 Total before, 31 Total after\n', 0, FAIL,
     ('status 0: pool: 32 Total before, 31 Total after',)),
    ('Bad configuration: 2 cpus\n', 1, SKIP, ('Bad configuration: 2 cpus',)),
    ('Bad configuration: 2 cpus\npool: 32 before, 31 after\n', 1, FAIL,
     ('status 1: pool: 32 before, 31 after',)),
    ('PASS (inconclusive)\n', 0, SKIP, ('PASS (inconclusive)',)),
])
def test_what_a_program_says(said, status, state, details):
    assert libhugetlbfs.cases(shown(said, status)) == [
        Case(NAME, 'private', state, details), Case(READ, 'private', PASS)]


@pytest.mark.parametrize('reader, detail', [
    ({'ok': False, 'detail': 'a VMA is missing'}, 'smaps: a VMA is missing'),
    ({'reads': 0}, 'not read: smaps'),
    ({'stressor': 'another'}, 'not read')])
def test_what_readers_say(reader, detail):
    assert libhugetlbfs.cases(shown('PASS\n', **reader))[1] == Case(READ, 'private', FAIL, (detail,))


def test_a_program_that_did_not_end_has_no_case():
    assert libhugetlbfs.cases(Boot([], '== private\nPASS\n')) == []


def test_the_plan_has_all_tests():
    assert OF_LIBHUGETLBFS == {NAME: (len(TESTS) - 4, 4), READ: (len(TESTS), 0)}


def planned(*instead: Case) -> Seen:
    """Return an observation as it is planned, but that these cases come in place of passes."""
    plan = PLAN | OF_LIBHUGETLBFS
    found = list(instead)
    for test, (run, skipped) in plan.items():
        run -= sum(case.test == test for case in instead)
        found += [Case(test, f'{i}', PASS) for i in range(run)]
        found += [Case(test, f'skipped {i}', SKIP, ('why',)) for i in range(skipped)]
    return Seen('stock', [], found, '', [], '', plan=plan)


def test_programs_that_did_not_run_are_named():
    seen = replace(planned(), plan=PLAN)
    text = report.text([seen], report.problems(seen), {NAME: NOT_RUN})
    assert text.endswith('Everything that ran is as expected.')
    assert f'\nnot run: libhugetlbfs: {NOT_RUN}\n' in text
    assert 'libhugetlbfs, read' not in text and NAME not in report.outcomes([seen])


@pytest.mark.parametrize('is_file', [False, True])
def test_what_is_no_sources_is_refused(is_file, tmp_path):
    named = tmp_path / 'named'
    if is_file:
        named.write_text('no tarball')
    with pytest.raises(Failure, match='^tar failed' if is_file else f"^'{named}' is no tree"):
        libhugetlbfs.ensure(tmp_path, str(named))


def test_what_is_planned_is_no_problem():
    assert report.problems(planned()) == []


@pytest.mark.parametrize('state, problem', [
    (FAIL, 'stock fails libhugetlbfs: private, which is not expected'),
    (SKIP, 'stock, libhugetlbfs: 40 cases ran and 5 were skipped, expected 41 and 4')])
def test_a_program_that_does_not_pass_is_a_problem(state, problem):
    assert problem in report.problems(planned(Case(NAME, 'private', state, ('why',))))


def test_programs_that_are_missing_are_a_problem():
    assert report.problems(replace(planned(), cases=planned().cases[:-1])) == [
        'stock, libhugetlbfs, read: 44 cases ran and 0 were skipped, expected 45 and 0']


PROGRAMS = {
    'passes': 'echo PASS',
    'fails': 'echo "FAIL	it is not"; exit 2',
    'keeps': 'fallocate -l 2M huge/kept; echo PASS',
    'signals': 'kill -SEGV $$',
    'waits': 'sleep 0.1; echo PASS',
}


def test_programs_in_the_guest(appliance, tmp_path):
    for name, script in PROGRAMS.items():
        (tmp_path / name).write_text(f'#!/bin/sh\n{script}\n')
        (tmp_path / name).chmod(0o755)
    seen = Programs(tmp_path, (*PROGRAMS, 'missing')).observe(appliance.only('stock'), NOTHING)
    assert not seen.died and not seen.splats
    found = {(case.test, case.name): case for case in seen.cases}
    assert {name: found[NAME, name].state for name in PROGRAMS} == {
        'passes': PASS, 'fails': FAIL, 'keeps': FAIL, 'signals': FAIL, 'waits': PASS}
    assert found[NAME, 'fails'].details == ('status 2: FAIL it is not',)
    assert found[NAME, 'keeps'].details[0].startswith('status 0: pool: Total 32,Free 32')
    assert found[NAME, 'signals'].details[0].startswith('status 139:')
    assert {name: found[READ, name] for name in PROGRAMS} \
        == {name: Case(READ, name, PASS) for name in PROGRAMS}
    assert found[NAME, 'missing'].details[0].startswith('status 127: walks: ')
    assert found[READ, 'missing'].details[0] == 'not read: maps'
    assert min(sum(of.values()) for of in report.reads([seen]).values()) == 0


@pytest.mark.long
@has_sources
def test_all_programs_on_stock(appliance, umwalk):
    ran = umwalk('external', '--kernel=stock', f'--libhugetlbfs={SOURCES}')
    assert (ran.returncode, ran.stdout.count('Everything is as expected.')) == (0, 1), ran.stdout
    result = latest('external')
    assert result['not_run'] == {} and set(result['reads']) == set(TESTS)
    assert all(of['stock'] for of in result['reads'].values())


@pytest.mark.long
@has_sources
@pytest.mark.parametrize('mutant, detail', [
    ('tests/stress/hugetlb', 'the VMAs of smaps have '),
    ('kernel-patches/6.12/mutants-readers/smaps-hugetlb-small', 'smaps says that ')])
def test_a_kernel_that_is_wrong_about_huge_pages(stock_with, mutant, detail):
    programs = libhugetlbfs.ensure(build_folder(), SOURCES)
    seen = replace(programs, tests=('private',)).observe(
        stock_with(TOP / f'{mutant}.patch'), NOTHING)
    case = next(case for case in seen.cases if case.test == READ)
    assert case.state == FAIL and f'still: {detail}' in case.details[0]
