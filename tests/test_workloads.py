# SPDX-License-Identifier: GPL-2.0
"""The guest's program: its rooms, and what it does on the host without a kernel."""

import graphlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from appliance.boots import guest
from appliance.boots.records import Rule, of_type
from appliance.commands import golden
from appliance.paths import TOP, build_folder

WORKLOADS = TOP / 'workloads'
ROOMS = re.search(r'^ROOMS\s*:= (.*)', (WORKLOADS / 'Makefile').read_text(), re.M)[1].split()
SIBLINGS = {'rules', 'measure', 'readers', 'stress'}


def modules(folder: Path) -> dict[str, set[str]]:
    """Map each module of the program to the modules whose functions or data it names."""
    objects = {str(path): path.relative_to(folder).with_suffix('').as_posix() for path in (
        folder / 'main.o', *(o for room in ROOMS for o in (folder / room).glob('*.o')))}
    objects = {path: module for path, module in objects.items()
               if (WORKLOADS / f'{module}.c').exists()}  # or else it was moved
    wanted: dict[str, set[str]] = {module: set() for module in objects.values()}
    defined = {}
    listed = subprocess.run(['nm', '-A', *objects], capture_output=True, text=True, check=True).stdout
    for path, kind, name in re.findall(r'^(.*?):[0-9a-f ]+ ([A-Z]) (\S+)$', listed, re.M):
        if kind == 'U':
            wanted[objects[path]].add(name)
        else:
            defined[name] = objects[path]
    return {module: {defined[name] for name in names if name in defined} - {module}
            for module, names in wanted.items()}


def test_a_room_calls_those_before_it_and_there_is_no_circle(appliance):
    uses = modules(build_folder() / 'guest')
    order = [*ROOMS, 'main']
    assert {module.split('/')[0] for module in uses} == set(order)
    for module, used in uses.items():
        room = module.split('/')[0]
        allowed = set(order[:order.index(room) + 1])
        if room in SIBLINGS:
            allowed -= SIBLINGS - {room}
        assert {other for other in used if other.split('/')[0] not in allowed} == set(), module
    graphlib.TopologicalSorter(uses).prepare()  # or a CycleError that names the circle


def test_the_environment_does_not_change_what_is_measured(tmp_path):
    def commands(**environment: str) -> str:
        return subprocess.run(['make', '-n', '-C', WORKLOADS, f'OUT={tmp_path}'],
                              env=os.environ | environment, capture_output=True, text=True,
                              check=True).stdout

    assert ' -O2 ' in commands()
    assert commands(CC='other', CFLAGS='-O0', LDFLAGS='-g') == commands()


def sanitized(target: str, folder: Path) -> Path:
    """The program with sanitizers, any of which ends it."""
    subprocess.run(['make', '-s', '-C', WORKLOADS, f'OUT={folder}', target], check=True)
    return folder / f'walks-{target}'


def test_the_contract_is_checked_without_undefined_behaviour(appliance, tmp_path):
    program = sanitized('ubsan', tmp_path)
    records = list(guest.records(appliance.only('fixed'), '--host', f'--mem={appliance.memory_mib}',
                                 argv=[str(program), 'contract']))
    rules = of_type(Rule, records)
    assert {rule.rule for rule in rules} >= {'W1', 'W11', 'U1', 'U6'}
    assert [rule for rule in rules if not rule.ok] == []


@pytest.fixture(scope='module')
def program(tmp_path_factory) -> Path:
    """The program with sanitizers, for the host."""
    return sanitized('asan', tmp_path_factory.mktemp('walks'))


@pytest.fixture
def walks(program):
    """Run the program on the host; what it says, a line, and its exit status."""
    def run(*arguments: str | Path) -> tuple[str, int]:
        ran = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
        assert not ran.stdout and ran.stderr.startswith('walks: '), ran.stderr
        assert ran.stderr.count('\n') == 1, ran.stderr
        return ran.stderr.removeprefix('walks: ').rstrip(), ran.returncode

    return run


def test_the_usage_has_no_trailing_blank(program):
    ran = subprocess.run([program], capture_output=True, text=True, check=False)
    assert ran.returncode == 2 and ran.stderr.startswith('usage: walks check [ROW...]\n')
    assert not re.search(r'[ \t]$', ran.stderr, re.M)


@pytest.mark.parametrize('arguments, said', [
    (('check', 'spars'), "no layout 'spars': there are hugetlb, "),
    (('check', 'dense', 'dense:smaps,smap'), "no walk 'smap': there are pmd_entry, "),
    (('loop', 'dense', '1'), 'loop dense: give one row'),
    (('loop', 'dense:smaps', '-1'), 'not a number'),
    (('loop', 'dense:smaps,pagemap', '1'), 'give one row'),
    (('contract', 'W1', 'W13'), 'no rule W13'),
    (('time', '--samples=0'), '--samples 0: not a number'), (('time',), 'file descriptor 3'),
    (('scale', 'vmas:1'), 'file descriptor 3'), (('golden', '/nonexistent'), 'No such file')])
def test_what_is_refused(walks, arguments, said):
    found, status = walks(*arguments)
    assert said in found and status == 2


CASE = """\
case a
vma 10 20 anon
vma 20 30 anon
vma 512 1536 hugetlb
populate 12 15
populate 512 1024
walk 0 2048 skip_pfnmap 3 -7 pte_entry,pte_hole
"""


def test_recorded_walks_are_read_whole(walks, tmp_path):
    """Before the probe is opened, which the host does not have."""
    for text in (CASE, CASE + CASE, golden.compact(golden.load(golden.CASES))):
        (tmp_path / 'cases').write_text(text)
        said, status = walks('golden', tmp_path / 'cases')
        assert said.startswith('/dev/pagewalk: ') and status == 1


@pytest.mark.parametrize('right, wrong, line, said', [
    ('case a', 'case', 1, 'a word is missing'), ('case a', f'case {"a" * 128}', 1, 'too long'),
    ('case a', 'vma 1 2 anon', 1, "a case is 'case', then"),
    ('vma 10', 'case b\nvma 10', 2, "a case is 'case', then"),
    ('vma 10', 'vmas 10', 2, 'a line begins with'), ('vma 10', '', 2, 'a line begins with'),
    ('10 20 anon', '10 20 anonymous', 2, 'a VMA is anon'), ('10 20 anon', '10 20', 2, 'a word is'),
    ('10 20 anon', '20 20 anon', 2, 'VMAs do not ascend'), ('20 30', '19 30', 3, 'do not ascend'),
    ('10 20', '-1 20', 2, 'a number is'), ('10 20', 'x 20', 2, 'a number is'),
    ('10 20', f'10 {1 << 49}', 2, 'a number is'), ('10 20', f'10 {1 << 70}', 2, 'a number is'),
    ('512 1536 hugetlb', '513 1537 hugetlb', 4, 'not aligned to a huge page'),
    ('512 1536 hugetlb', '512 1535 hugetlb', 4, 'not a number of whole pages'),
    ('populate 12 15', 'populate 8 12', 5, 'lies in no VMA'),
    ('populate 12 15', 'populate 12 21', 5, 'lies in no VMA'),
    ('populate 12 15', 'populate 12 12', 5, 'lies in no VMA'),
    ('512 1024\n', '512 1000\n', 6, 'half a huge page'),
    ('skip_pfnmap', 'skip', 7, 'no such policy'), ('3 -7', f'3 {1 << 31}', 7, 'a number is'),
    ('pte_entry,pte_hole', 'pte_entry,', 7, 'no such callback'),
    ('pte_entry,pte_hole', '', 7, 'a word is missing'), ('walk', 'case b\nwalk', 7, "a case is"),
    ('walk', 'smaps\nvma 3000 3001 anon\nwalk', 8, 'a case is'),
    ('walk', 'pagemap 12 12\nwalk', 7, 'a read of nothing'),
    ('walk', 'mincore 13 12\nwalk', 7, 'a read of nothing'),
    ('walk', 'scan 12 13 256 0 0 8 0 512\nwalk', 7, 'a number is'),
    ('walk', 'scan 12 13 0 0 0 8 0 0\nwalk', 7, 'a number is'),
    ('walk 0 2048 skip_pfnmap', 'walk_page_vma 0 2048 9', 7, 'no VMA has'),
    ('walk 0 2048 skip_pfnmap', 'walk_range_vma 0 2048 1536', 7, 'no VMA has')])
def test_recorded_walks_that_are_malformed(walks, tmp_path, right, wrong, line, said):
    assert CASE.count(right) >= 1
    (tmp_path / 'cases').write_text(CASE.replace(right, wrong, 1))
    found, status = walks('golden', tmp_path / 'cases')
    assert found.startswith(f'{tmp_path}/cases:{line}: ') and said in found and status == 2


def test_a_recorded_walk_is_one_walk(walks, tmp_path):
    (tmp_path / 'cases').write_text(CASE + 'smaps\n')
    found, status = walks('golden', tmp_path / 'cases')
    assert 'one walk in each case' in found and status == 2


def test_recorded_walks_that_end_anywhere(walks, tmp_path):
    for end in range(1, len(CASE) - 12, 3):
        (tmp_path / 'cases').write_text(CASE[:end])
        assert walks('golden', tmp_path / 'cases')[1] == 2
