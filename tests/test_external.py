# SPDX-License-Identifier: GPL-2.0
"""Tests and tools that nobody here wrote agree, and what differs is found."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.boots import guest
from appliance.boots.records import Rule, Said
from appliance.commands.external import agree, expected, external, report, said, tools as of_host
from appliance.commands.external.cases import FAIL, PASS, SKIP, Case, cases
from appliance.commands.external.expected import PLAN
from appliance.commands.external.libhugetlbfs import NOT_RUN
from appliance.commands.external.seen import Seen
from appliance.failure import Failure
from appliance.paths import build_folder
from made import latest, made

# What no kernel but one with a fault of its own fails.
OF_BASELINE = ('mm_regression/vma_vm_pfnmap', 'pagemap')
OF_TESTS = sum(run for test, (run, _) in PLAN.items() if test.startswith('mm_regression'))
OF_PATCHED = ('mm_regression/hugetlb/mincore', 'before')

TRUTH = """\
vma 800000000 800001000 Size=4 Rss=4 Pss=4 Private_Clean=0 Private_Dirty=4 Swap=0
pages 800000 800001 1 1 a1
vma 1000400000 1000800000 Size=4096 Rss=0 Pss=0 Private_Clean=0 Private_Dirty=0 Swap=0
pages 1000400 1000800 400 200 aG1
vma 10001e3000 10001e6000 Size=12 Rss=8 Pss=8 Private_Clean=0 Private_Dirty=8 Swap=0
pages 10001e3 10001e6 2 1 F1
file 10001e3000 3 256
"""
SAID = {
    'page-types': """\
voffset offset len flags
800000 1f626 1 ___U_l_____Ma_b______x______________d_____1
1000400 1200 1 ___U_______Ma__H_G___x______________d_____1
1000401 1201 1ff ___U_______Ma___TG___x______________d_____1
10001e3 1ff0c 1 ___UDlA____M__b_________________________F_1
10001e4 0 1 _________________________________________w_
10001e5 1ff0d 1 ___UDlA____M__b_________________________F_1
""",
    'pmap': """\
21:   [walks]
   Address Perm   Offset Device Inode  Size Rss Pss Private_Clean Private_Dirty Swap VmFlags Mapping
 800000000 rwxp 00000000  00:00     0     4   4   4             0             4    0 rd wr ex ac
1000400000 rw-p 00000000  00:0f     9  4096   0   0             0             0    0 rd wr ht hugepage
10001e3000 rw-s 00000000  00:01     8    12   8   8             0             8    0 rd wr sh memfd:a b
                                      ===== === === ============= ============= ====
                                       4112  12  12             0            12    0 KB
""",
    'smem': '    4112       12       12       12        0     3 \n',
    'vmtouch': """\
file 10001e3000-10001e6000
           Files: 1
     Directories: 0
  Resident Pages: 3/256  12K/1M  1.17%
         Elapsed: 0.00055 seconds
"""}


def differences(tool: str, printed: str) -> list[str]:
    """Return in what a tool that has printed this differs from TRUTH."""
    of = agree.TOOLS[tool]
    return list(of.differences(of.read(printed), said.of_walks(TRUTH), agree.LETTERS['truth']))


@pytest.mark.parametrize('tool', SAID)
def test_a_tool_that_agrees(tool):
    assert differences(tool, SAID[tool]) == []


@pytest.mark.parametrize('tool, old, new, said_of_it', [
    ('page-types', '1ff ___U', '1fe ___U', 'page 0x10005ff000 is absent, expected present aG1'),
    ('page-types', '10001e5 ', '10001e6 ', 'page 0x10001e5000 is absent, expected present F1'),
    ('page-types', 'F_1\n10001e4', 'F__\n10001e4',
     'page 0x10001e3000 is present F, expected present F1'),
    ('page-types', 'Ma_b', 'M__b', 'page 0x800000000 is present 1, expected present a1'),
    ('pmap', '  12   8   8 ', '  12   9   8 ', 'VMA 0x10001e3000: Rss is 9, expected 8'),
    ('pmap', ' 800000000 rwxp', ' 800001000 rwxp', 'VMA 0x800000000 is missing'),
    ('pmap', 'Swap VmF', 'Else VmF', 'VMA 0x800000000: Else is 0, expected None'),
    ('smem', '     3 ', '     4 ', 'maps is 4, expected 3'),
    ('vmtouch', '3/256', '4/256', 'the file at 0x10001e3000: resident pages, and all, are (4, 256), '
                                  'expected (3, 256)'),
    ('vmtouch', SAID['vmtouch'], '', 'the file at 0x10001e3000: resident pages, and all, are None, '
                                     'expected (3, 256)'),
])
def test_a_tool_that_differs(tool, old, new, said_of_it):
    assert old in SAID[tool]
    assert differences(tool, SAID[tool].replace(old, new))[0] == said_of_it


def records(**printed: str) -> list[Said]:
    """Return the records of a layout, with these words of tools."""
    return [made(Said, layout='a', who=who.replace('_', '-'), said=text)
            for who, text in {'truth': TRUTH, **printed}.items()]


@pytest.mark.parametrize('tool', SAID)
def test_output_that_is_not_understood_fails(tool):
    found = cases(records(**{tool.replace('-', '_'): '' if tool != 'vmtouch' else 'nothing'}))
    assert [(case.test, case.name, case.state) for case in found] == [(f'{tool}, truth', 'a', FAIL)]


def test_a_tool_that_fails():
    failed = replace(records(pmap='gone')[1], status=256)
    case, = cases([*records(), failed])
    assert (case.state, case.details) == (FAIL, ('wait status 256: gone',))


def test_a_tool_with_nothing_to_tell_has_no_case():
    truth = made(Said, layout='a', who='truth', said=TRUTH.rpartition('file')[0])
    assert cases([truth, made(Said, layout='a', who='vmtouch')]) == []


def test_cases_of_tests():
    assert cases([made(Rule, rule='t', case='a', ok=True), made(Rule, rule='t', case='b', detail='x'),
                  made(Rule, rule='t', case='c', ok=True, skip=True, detail='why')]) == [
        Case('t', 'a', PASS), Case('t', 'b', FAIL, ('x',)), Case('t', 'c', SKIP, ('why',))]


def seen(*instead: Case, kernel: str = 'stock', **given) -> Seen:
    """Return an observation as it is planned, but that these cases come in place of passes."""
    found = list(instead)
    for test, (run, skipped) in PLAN.items():
        run -= sum(case.test == test for case in instead)
        found += [Case(test, f'{i}', PASS) for i in range(run)]
        found += [Case(test, f'skipped {i}', SKIP, ('why',)) for i in range(skipped)]
    return Seen(**{'kernel': kernel, 'records': [], 'cases': found, 'console': '', 'splats': [],
                   'died': '', **given})


def test_what_is_planned_is_no_problem():
    assert report.problems(seen()) == []
    assert report.problems(seen(Case(*OF_BASELINE, FAIL, ('why',)), Case(*OF_PATCHED, FAIL, ('why',)),
                                kernel='patched')) == []


@pytest.mark.parametrize('of, problem', [
    (seen(Case('smem, truth', 'dense', FAIL, ('why',))),
     'stock fails smem, truth: dense, which is not expected'),
    (seen(kernel='patched'),
     'patched is expected to fail mm_regression/hugetlb/mincore: before, but does not'),
    (seen(Case('mm_regression/mincore', 'mincore1', SKIP, ('why',))),
     'stock, mm_regression/mincore: 5 cases ran and 2 were skipped, expected 6 and 1'),
    (replace(seen(), cases=[case for case in seen().cases if case.test != 'pmap, walks']),
     'stock, pmap, walks: 0 cases ran and 0 were skipped, expected 12 and 0'),
    (seen(splats=['BUG: a\nb']), 'stock: its log has a splat that begins with: BUG: a'),
    (seen(died='it hangs'), 'stock: it hangs'),
])
def test_problems(of, problem):
    assert problem in report.problems(of)


def test_readers_of_programs_that_go_on_may_miss_some_of_what_is_wrong_but_not_all():
    known = {(expected.READ, 'quota'), (expected.READ, 'private'), ('smem, truth', 'joints')}
    assert expected.missed(known, {(expected.READ, 'private')}) == {('smem, truth', 'joints')}
    assert expected.missed(known, {('smem, truth', 'joints')}) == {
        (expected.READ, 'quota'), (expected.READ, 'private')}


def test_the_table():
    failing = seen(Case(*OF_BASELINE, FAIL, ('too few',)), kernel='patched')
    shown = report.text([seen(), failing], [], {})
    assert re.search(r'^mm_regression/vma_vm_pfnmap +3 of 3 +2 of 3 FAIL$', shown, re.M)
    assert re.search(r'^failed +0 +1$', shown, re.M)
    assert 'patched: mm_regression/vma_vm_pfnmap: pagemap: too few\n' in shown
    assert shown.count('skipped: mm_regression/mincore: skipped 0: why') == 1


@pytest.mark.parametrize('line', ['U1', 'mm_regression/vma_vm_pfnmap', 'nothing: pagemap'])
def test_expected_cases_that_are_none(line, tmp_path, monkeypatch):
    monkeypatch.setattr(expected, 'LINUX', replace(expected.LINUX, folder=tmp_path))
    (tmp_path / 'external').mkdir()
    (tmp_path / 'external' / 'mine').write_text(f'# a comment\n\n{line}  # why\n')
    with pytest.raises(Failure, match=f"/mine:3: '{line}' is no case"):
        expected.failing('mine')


def test_a_tool_that_is_missing(tools, monkeypatch):
    monkeypatch.setenv('PATH', tools('smem'))
    with pytest.raises(Failure, match='^smem is missing; `bench/deps.sh how smem` prints'):
        of_host.commands(Path(), None)


def failed(found: list[Case]) -> set[tuple[str, str]]:
    """Return the cases that have failed, as test and name."""
    return {(case.test, case.name) for case in found if case.state == FAIL}


def test_the_tests_on_every_kernel(appliance):
    for name in appliance.kernels:
        found = cases(guest.records(appliance.only(name), argv=['/bin/walks', 'external']))
        assert len([case for case in found if case.state != SKIP]) == OF_TESTS, name
        assert failed(found) == {case for case in expected.failing(name)
                                 if case[0].startswith('mm_regression')}, name


def test_the_walker_of_3_16(appliance, umwalk):
    ran = umwalk('external', '--kernel=baseline')
    assert (ran.returncode, 'Everything that ran is as expected.' in ran.stdout) \
        == (0, True), ran.stdout
    assert latest('external')['not_run'] == {'libhugetlbfs': NOT_RUN}
    tests = latest('external')['tests']
    known = {case for case in expected.failing('baseline') if case[0] in PLAN}
    assert {(test, name) for test, of in tests.items() for name in of['baseline']['failed']} \
        == known >= {OF_BASELINE, ('smem, truth', 'joints')}
    assert {test: (of['baseline']['run'], len(of['baseline']['skipped']))
            for test, of in tests.items()} == PLAN


@pytest.mark.long
def test_every_tool_that_reads_something_else_is_found(appliance):
    commands = of_host.commands(build_folder(), appliance)
    wrong = {'page-types': f'{commands["page-types"]} | sed "s/^800000/800001/"',
             'pmap': f'{commands["pmap"]} | sed "s/ 4 / 8 /"', 'smem': 'echo 1 2 3 4 5 6',
             'vmtouch': commands['vmtouch'].replace('vmtouch -f "$f"', 'echo Resident Pages: 1/2 ')}
    found = external.observe(appliance.only('stock'), 'stock',
                             external.Job(build_folder() / 'guest' / 'walks', wrong))
    assert failed(found.cases) == {(case.test, case.name) for case in found.cases
                                   if not case.test.startswith('mm_regression')}
