# SPDX-License-Identifier: GPL-2.0
"""Random address spaces: what they find, and how a case is made smaller."""

import itertools
import json
import re
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import pytest

from appliance.boots import guest
from appliance.boots.records import Found
from appliance.commands.contract import observe, rules
from appliance.commands.fuzz import (cases, diff, differences, fuzz, generate, kunit, merge,
                                     replay, selftest, shrink)
from appliance.commands.fuzz.cases import Ask, Case, Vma
from appliance.commands.mutants import mutants
from appliance.failure import Failure
from appliance.kernels import build as builds, series
from appliance.paths import build_folder
from appliance.runs import run, shards
from appliance.runs.shards import WHOLE
from made import latest


@pytest.fixture(scope='module')
def hunts(appliance) -> dict[str, fuzz.Hunt]:
    """Try the first cases of a seed on each kernel."""
    return {name: fuzz._hunt(build_folder(), appliance.only(name), 1, 1, WHOLE)
            for name in appliance.kernels}


@pytest.mark.parametrize('kernel', ['baseline', 'patched'])
def test_every_known_fault_is_found_at_once(hunts, kernel):
    hunt = hunts[kernel]
    assert hunt.missed == []
    assert {fault.rule for fault in hunt.faults.values()} == \
        rules.expected(kernel) & fuzz.LOOKED_FOR


@pytest.mark.parametrize('kernel', ['stock', 'fixed'])
def test_nothing_is_found_that_is_not_known(hunts, kernel):
    hunt = hunts[kernel]
    assert [fault for fault in hunt.faults.values() if not fault.known] == []
    assert hunt.asks > 4000 and not hunt.skipped


def test_what_the_baseline_cannot_do_is_counted(hunts):
    assert 0 < hunts['baseline'].skipped < hunts['baseline'].asks / 2


def test_a_fault_is_made_as_small_as_it_gets_and_a_program_that_stands_alone(hunts, appliance):
    fault, = (one for one in hunts['patched'].faults.values() if one.rule == 'U4')
    fuzz._make_small(build_folder(), appliance.only('patched'), fault)
    code = selftest.program(fault.case, ['why'])
    assert [selftest.fails(build_folder(), appliance.only(name), code)
            for name in ('patched', 'fixed')] == [True, False]
    vma, = fault.case.vmas
    ask, = fault.case.asks
    assert ask.what == 'mincore' and ask.end - ask.start == 1
    assert fault.first.detail.startswith('mincore of 1 pages')
    assert vma.end - vma.start <= cases.HUGE and vma.start <= ask.start < vma.end


def test_what_is_found_is_kept(appliance, umwalk):
    ran = umwalk('fuzz', '--kernel=stock', '--seconds=1')
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert 'W9' in ran.stdout and 'known' in ran.stdout and 'NEW' not in ran.stdout
    folder = ran.stdout.rsplit(': ', 1)[1].strip()
    with open(f'{folder}/result.json', encoding='utf-8') as file:
        hunt, = json.load(file)['hunts']
    assert hunt['asks'] >= 4100 and hunt['missed'] == []
    written = f'{folder}/stock-W9.layout'
    checked = subprocess.run([guest.ensure_program(build_folder()), 'layout', written], check=False,
                             capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def part(index: int, parts: int, *faults: fuzz.Fault, seed: int = 7) -> dict:
    """Return what a machine stores that has looked at 100 cases of stock."""
    hunt = fuzz.Hunt('stock', 100, 4000, 0, 60.0, {(one.rule, one.how): one for one in faults})
    return {'format': run.FORMAT, 'kind': 'fuzz', 'umwalk': 'v1', 'source': '6.12', 'seed': seed,
            'configuration': 'release', 'kernels': {}, 'host': {}, 'seconds': 70.0,
            'asked': [fuzz._name(seed, number, parts) for number in range(1, parts + 1)],
            'tried': {fuzz._name(seed, index, parts): 60}, 'hunts': [fuzz.stored(hunt)]}


def fault(rule: str, how: str, times: int, known: bool) -> fuzz.Fault:
    case = Case('3', (Vma(0, 9, 'anon', ((1, 2), (3, 4))),), (Ask('pagemap', 1, 2, ('a',)),))
    first = Found('stock', 0, '3', 0, rule, how, 'it lies')
    return fuzz.Fault(rule, how, known, case, first, 1.5, times)


def merged(folder, *parts: dict) -> int:
    folders = [folder / str(number) for number, _ in enumerate(parts)]
    for where, one in zip(folders, parts):
        where.mkdir(exist_ok=True)
        (where / 'result.json').write_text(json.dumps(one))
    return merge.run(folders)


def test_parts_of_a_seed_are_one_result(tmp_path, results_folder, capsys):
    known, new = fault('W9', 'positive pte_hole', 5, True), fault('U1', 'another', 2, False)
    assert merged(tmp_path, part(1, 2, known), part(2, 2, known)) == 0
    assert re.search(r'^W9 +10 +2 s  known +9 anon: pagemap 1 2 a$', capsys.readouterr().out, re.M)
    assert merged(tmp_path, part(2, 2, known, new), part(1, 2)) == 1
    said = capsys.readouterr().out
    assert 'stock: 8,000 reads of 200 address spaces' in said and 'NEW U1: it lies' in said
    hunt, = latest('fuzz')['hunts']
    assert hunt['faults'] == json.loads(json.dumps(part(1, 1, known, new)))['hunts'][0]['faults']


def test_a_part_of_a_seed_that_is_missing_is_refused(tmp_path):
    with pytest.raises(Failure, match='nobody has tried seed 7, part 2 of 3, nor 0 more of 3'):
        merged(tmp_path, part(1, 3), part(3, 3))
    with pytest.raises(Failure, match='seed 7, part 1 of 2 was in a part before'):
        merged(tmp_path, part(1, 2), part(1, 2))
    with pytest.raises(Failure, match="of another work .*: its 'asked' differs"):
        merged(tmp_path, part(1, 2), part(2, 2, seed=8))


def test_parts_of_a_seed_share_no_case(monkeypatch):
    """Each part asks for cases until its time is up, here after three batches."""
    def tried(text: str) -> list[int]:
        numbers: list[int] = []

        def replayed(build, appliance, cases_):
            numbers.extend(int(case.name) for case in cases_)
            return SimpleNamespace(cases=len(cases_), asks=0, skipped=0, found=[])

        clock = itertools.count()
        monkeypatch.setattr(fuzz, 'replay', replayed)
        monkeypatch.setattr(fuzz, 'time', SimpleNamespace(monotonic=lambda: next(clock)))
        fuzz._hunt(None, SimpleNamespace(kernels=['stock']), 3, 1, shards.parse(text))
        return numbers

    assert tried('1/1') == list(range(300))
    parts = [tried(text) for text in ('1/3', '2/3', '3/3')]
    assert sorted(sum(parts, [])) == list(range(900))


@pytest.mark.long
def test_two_kernels_side_by_side(appliance, umwalk):
    ran = umwalk('fuzz', '--diff=patched:fixed', '--seconds=1')
    folder = ran.stdout.rsplit(': ', 1)[1].strip()
    with open(f'{folder}/result.json', encoding='utf-8') as file:
        result = json.load(file)
    found = result['diff']['differences']
    mended = {one['rule'] for one in found if one['by'] == 0}
    assert mended == rules.expected('patched') & fuzz.LOOKED_FOR, ran.stdout + ran.stderr
    assert result['favoured'] == ['walk', 'pagemap', 'mincore']
    assert result['diff']['compared'] >= 4000
    new = [one for one in found if one['kind'] == differences.NEW]
    assert all(one['said'][0] != one['said'][1] for one in new) and ran.returncode == int(bool(new))
    for number, _ in enumerate(new, 1):
        written = f'{folder}/difference-{number}.layout'
        subprocess.run([guest.ensure_program(build_folder()), 'layout', written], check=True,
                       capture_output=True)


def test_what_a_dying_kernel_says_is_a_line_of_a_layouts_comment():
    way = differences.Way('boot', 'panic', 1)
    case = Case('1', (Vma(0, 1, 'anon'),), (Ask('smaps'),))
    sides = [guest.Appliance(None, None, {name: None}) for name in 'ab']
    pair = differences.Pair(build_folder(), sides, None)
    pair.found[way] = differences.Difference(way, case, -1, 0, ('', 'BUG\nits stack'))
    text = diff._files(pair, 7)['difference-1.layout']
    assert '# b: BUG\n# smaps' in text and 'stack' not in text


def test_what_diff_takes(umwalk):
    for words, wrong in ((['--diff=stock'], "'stock' does not name two kernels"),
                         (['--diff=stock:stock'], 'does not name two kernels'),
                         (['--diff=stock:mine'], 'mine'),
                         (['--diff=stock:fixed', '--shard=1/2'], '--diff has no parts'),
                         (['--diff=stock:fixed', '--kernel=stock'], 'no --kernel with it')):
        ran = umwalk('fuzz', *words)
        assert ran.returncode == 2 and wrong in ran.stderr, ran.stderr


def test_a_case_as_a_layout_of_the_kunit_suite():
    """Its layouts begin with the last page table of a top-level entry."""
    top = cases.HUGE * cases.HUGE
    vmas = (Vma(64 * top - 2, 64 * top + 2, 'anon', ((64 * top, 64 * top + 1),)),
            Vma(64 * top + 2, 64 * top + 4, 'linear'))
    added = [line for line in kunit.patch(Case('1', vmas, ()), 'found').splitlines()
             if line.startswith('+')]
    assert added[1:] == ['+\t{ "found", 2, 517, {', '+\t\t{ ANON, 510, 514, 512, 513 },',
                         '+\t\t{ PFNMAP, 514, 516 } } },']
    for odd in (Vma(0, 9, 'zero'), Vma(0, 9, 'anon', ((1, 2), (3, 4))), Vma(0, 9999, 'anon')):
        assert kunit.patch(Case('1', (odd,), ()), 'found') is None


@pytest.mark.parametrize('case', [
    Case('1', (Vma(0, 1, 'pfnmap'),), (Ask('smaps'),)),
    Case('1', (Vma(0, 1, 'anon'),), (Ask('walk', 0, 1, ('none', '0', '0', 'pte_hole')),)),
    Case('1', (Vma(0, 1, 'anon'),), (Ask('scan', 0, 1, ('0', '0', '0', '8', '1', '512')),)),
    Case('1', (Vma(0, 1, 'anon'),), (Ask('smaps'), Ask('smaps'))),
    Case('1', (Vma(0, 9000, 'anon'),), (Ask('pagemap', 0, 9000),))])
def test_what_no_program_is_made_of(case):
    assert selftest.program(case, []) is None


START = 1 << 24
MAPPED = (Vma(START, START + 3, 'anon', ((START, START + 2),)),
          Vma(START + 3, START + 5, 'zero', ((START + 3, START + 4),)),
          Vma(START + 512, START + 1536, 'hugetlb', ((START + 1024, START + 1536),)),
          Vma(START + 1536, START + 1540, 'cow', ((START + 1537, START + 1538),)),
          Vma(START + 1540, START + 1542, 'linear'))


@pytest.mark.long
@pytest.mark.parametrize('ask', [
    Ask('smaps'), Ask('pagemap', START - 1, START + 1543), Ask('mincore', START, START + 5),
    Ask('mincore', START + 2, START + 6), Ask('mincore', START + 700, START + 1542),
    *(Ask('scan', START, START + 1541, (*masks, '0', '512'))
      for masks in (('0', '0', '0', '44'), ('8', '8', '0', '12'), ('0', '0', '32', '40'),
                    ('32', '40', '8', '8')))])
def test_a_program_is_content_with_a_kernel_that_is_right(appliance, ask):
    code = selftest.program(Case('1', MAPPED, (ask,)), [])
    assert not selftest.fails(build_folder(), appliance.only('fixed'), code)
    assert selftest.fails(build_folder(), appliance.only('fixed'), code.replace(
        'right || wrong', '!right || wrong'))


@pytest.mark.long
def test_the_kunit_suite_finds_what_was_found(appliance, hunts, tmp_path):
    fault = next(one for one in hunts['patched'].faults.values() if one.rule == 'W5')
    fuzz._make_small(build_folder(), appliance.only('patched'), fault)
    patch = tmp_path / 'found.patch'
    patch.write_text(kunit.patch(fault.case, 'found'))
    built, = builds.ensure(build_folder(), [series.kernel('patched').plus('found', patch)])
    seen = observe.observe_one(replace(appliance, kernels={'found': built}), 'found')
    assert re.search(r'not ok \d+ found\n', seen.console)


@pytest.mark.long
@pytest.mark.parametrize('name, rule, shows', [
    ('hugetlb-hole-to-entry', 'panic', 'mm/pagewalk.c'), ('hugetlb-lock-kept', 'hang', 'it sleeps'),
    ('mm-lock-inverted', 'log', 'include/linux/rwsem.h')])
def test_a_kernel_that_goes_wrong_is_named_with_its_case(appliance, stock_with, name, rule, shows):
    patch, = mutants.FOLDER.glob(f'{name}.patch')
    broken = stock_with(patch)
    hunt = fuzz._hunt(build_folder(), broken, 1, 1, WHOLE)
    fault = hunt.faults[rule, '']
    assert not fault.known and shows in fault.first.detail
    assert fault.times <= replay.MOST_ENDS and 0 < hunt.cases <= replay.BATCH
    fuzz._make_small(build_folder(), broken, fault)
    assert len(fault.case.vmas) == 1 and len(fault.case.asks) == 1
    assert shows in fault.first.detail and f'NEW {rule}' in fuzz._text([hunt])
    with guest.at_once() as pool:
        pair = differences.Pair(build_folder(), [appliance.only('stock'), broken], pool)
        pair.look([fault.case])
        found = pair.found[differences.Way('boot', rule, 1)]
        pair.make_small(found)
    assert found.again and shows in found.said[1]


def test_a_seed_gives_the_same_cases_again():
    def first(seed: int) -> str:
        return cases.text(generate.cases(seed, range(20)))
    assert first(7) == first(7) != first(8)


def test_cases_are_possible():
    for one in generate.cases(3, range(2000)):
        assert one.is_possible()
        assert all(left.end <= right.start for left, right in zip(one.vmas, one.vmas[1:]))
        assert all(vma.start <= first < end <= vma.end for vma in one.vmas
                   for first, end in vma.populated)


def test_shrinking_ends_with_what_matters_and_tries_nothing_twice():
    seen = []

    def shows(tried: list[Case]) -> list[bool]:
        seen.extend(map(shrink._key, tried))
        return [any(vma.kind == 'hugetlb' for vma in case.vmas)
                and any(ask.what == 'walk' and ask.start <= 1100 < ask.end for ask in case.asks)
                for case in tried]

    big = Case('1', (Vma(10, 300, 'anon', ((20, 30), (40, 200))), Vma(1024, 1024 + 3 * 512, 'hugetlb')),
               (Ask('smaps'), Ask('walk', 900, 1300, ('walk', '3', '7', 'pte_hole')),
                Ask('pagemap', 10, 20)))
    small = shrink.shrink(big, shows)
    assert [(vma.kind, vma.end - vma.start) for vma in small.vmas] == [('hugetlb', 512)]
    assert [str(ask) for ask in small.asks] == ['walk 1100 1101 none 0 0 pte_hole']
    assert len(seen) == len(set(seen))


def test_memory_gets_simpler():
    def small(*vmas: Vma) -> list[str]:
        case = shrink.shrink(Case('1', vmas, ()), lambda tried: [
            [(vma.start, vma.end) for vma in one.vmas] == [(vma.start, vma.end) for vma in vmas]
            for one in tried])
        return [vma.kind for vma in case.vmas]
    assert small(Vma(0, 1, 'cow'), Vma(3, 4, 'zero'), Vma(5, 6, 'pfnmap')) == [
        'anon', 'anon', 'linear']


def test_a_walk_of_one_vma_needs_it():
    ask = Ask('walk_page_vma', 10, 20, ('10', '0', '0', 'pte_hole'))
    assert Case('1', (Vma(10, 20, 'anon'),), (ask,)).is_possible()
    assert not Case('1', (Vma(10, 19, 'anon'),), (ask,)).is_possible()
    assert not Case('1', (), (ask,)).is_possible()
