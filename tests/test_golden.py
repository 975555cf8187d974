# SPDX-License-Identifier: GPL-2.0
"""Recorded walks are folded, compared, and replayed on real kernels."""

import copy
import json

import pytest

from appliance.boots.records import Boot, Golden
from appliance.commands import golden
from appliance.failure import Failure
from made import latest, made

CASES = golden.load(golden.CASES)


def unfold(events):
    """Return the calls that were folded into events."""
    return [[name, at, min(at + step, end), vma] for name, start, end, vma, step in events
            for at in range(start, end, step)]


def write(path, cases):
    """Write a file of cases; return its path as text."""
    path.write_text(''.join(json.dumps(case) + '\n' for case in cases), encoding='utf-8')
    return str(path)


def case_with(kernel, condition):
    """Copy the first recorded case that meets a condition, with the trace of that kernel only."""
    case = next(c for c in CASES if kernel in c and condition(c))
    other = {'patched': 'baseline', 'baseline': 'patched'}[kernel]
    return copy.deepcopy({key: value for key, value in case.items() if key != other})


def test_the_file_is_whole():
    assert len(CASES) == 400
    assert sum('patched' in case for case in CASES) == 400
    assert sum('baseline' in case for case in CASES) == 156


@pytest.mark.parametrize('kernel', ['patched', 'baseline'])
def test_folding_gives_the_recorded_rows(kernel):
    for case in CASES:
        if kernel in case:
            events = []
            golden.fold(events, unfold(case[kernel]['events']))
            assert events == case[kernel]['events']


@pytest.mark.parametrize('second', [
    ['pte_hole', 1, 2, 0],  # another callback
    ['pte_entry', 1, 2, None],  # another VMA
    ['pte_entry', 1, 3, 0],  # another size
    ['pte_entry', 2, 3, 0],  # a gap
    ['pte_entry', 0, 1, 0],  # the same again
])
def test_different_calls_are_not_folded(second):
    events = []
    golden.fold(events, [['pte_entry', 0, 1, 0], second])
    assert len(events) == 2


def test_folding_goes_on_over_the_parts_of_a_trace():
    calls = [('pte_entry', page, page + 1, 0) for page in range(10)]
    traces = golden.collect([Golden('k', 0, 'a', calls[:4]), made(Boot),
                             Golden('k', 0, 'a', calls[4:], 0, 0, 0, False)])
    assert traces['a'].events == [['pte_entry', 0, 10, 0, 1]]


EXPECTED = {'events': [['pte_entry', 0, 2, 0, 1]], 'return': 1, 'bad_entries_cleared': 1}


def test_no_difference():
    same = golden.Trace([['pte_entry', 0, 2, 0, 1]], 1, 1, 1)
    assert golden.differences(EXPECTED, same) == ''


@pytest.mark.parametrize('got,said', [
    (golden.Trace([], 1, 1, 1), 'event 0: expected ["pte_entry", 0, 2, 0, 1], got none'),
    (golden.Trace([['pte_entry', 0, 2, 0, 1], ['pte_hole', 2, 3, None, 1]], 1, 1, 1),
     'event 1: expected none, got ["pte_hole", 2, 3, null, 1]'),
    (golden.Trace([['pte_entry', 0, 2, None, 1]], 1, 1, 1), 'got ["pte_entry", 0, 2, null, 1]'),
    (golden.Trace([['pte_entry', 0, 2, 0, 1]], 0, 1, 1), 'return: expected 1, got 0'),
    (golden.Trace([['pte_entry', 0, 2, 0, 1]], 1, 0, 0), 'bad_entries_cleared: expected 1, got 0'),
    (golden.Trace([['pte_entry', 0, 2, 0, 1]], 1, 1, 3), '2 page-table entries changed'),
    (golden.Trace([['pte_entry', 0, 2, 0, 1]], 1, 1, 1, True), 'the trace was cut off'),
    (golden.Trace(), 'not replayed'),
])
def test_every_difference_is_told(got, said):
    assert said in golden.differences(EXPECTED, got)


@pytest.mark.parametrize('change,said', [
    ({'vmas': [[1, 3, 'anon'], [2, 4, 'anon']]}, 'VMA [2, 4,'),
    ({'vmas': [[1, 3, 'file']]}, "VMA [1, 3, 'file']"),
    ({'populate': [[3, 5]]}, 'is not in one VMA'),
    ({'ops': ['pud_entry']}, 'ops'),
    ({'test_walk': 'maybe'}, 'test_walk maybe'),
    ({'stop': [0, 0]}, 'stop'),
    ({'name': 'a b'}, "name 'a b'"),
    ({'patched': {'events': []}}, 'return'),
])
def test_a_malformed_case_names_its_line(tmp_path, change, said):
    good = {'name': 'good', 'vmas': [[1, 4, 'anon']], 'populate': [], 'ops': ['pte_hole'],
            'test_walk': None, 'stop': None, 'range': [0, 8]}
    path = write(tmp_path / 'cases', [good, good | {'name': 'bad'} | change])
    with pytest.raises(Failure, match=':2: this is no case') as failure:
        golden.load(tmp_path / 'cases')
    assert path in str(failure.value)
    assert said in str(failure.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Failure, match=f'^{tmp_path}/none: No such file or directory$'):
        golden.load(tmp_path / 'none')


def test_all_recorded_walks_are_reproduced(appliance, umwalk):
    ran = umwalk('golden')
    assert ran.stdout == 'patched: 400 of 400\nbaseline: 156 of 156\n'
    assert ran.returncode == 0
    assert latest('golden')['replays'] == {'patched': {'cases': 400, 'failed': {}},
                                           'baseline': {'cases': 156, 'failed': {}}}


def test_another_walker_does_not_reproduce_them(appliance, umwalk, tmp_path):
    cases = [case | {'stock': case['patched']} for case in CASES]
    ran = umwalk('golden', f'--cases={write(tmp_path / "cases", cases)}', '--kernel=stock')
    assert ran.returncode == 1
    assert ran.stdout.startswith('stock: ')
    assert 'stock: 400 of 400' not in ran.stdout
    failed = latest('golden')['replays']['stock']['failed']
    assert ran.stdout.startswith(f'stock: {400 - len(failed)} of 400\n')
    name, why = next(iter(failed.items()))
    assert f'  {name}: {why}\n' in ran.stdout


def doctor_event(case):
    """Make an event end a page later."""
    case['patched']['events'][0][2] += 1


def doctor_vma(case):
    """Make an event be in no VMA."""
    case['patched']['events'][0][3] = None


def doctor_return(case):
    """Change the return value."""
    case['patched']['return'] += 1


def doctor_cleared(case):
    """Make it say that one less entry was destroyed."""
    case['patched']['bad_entries_cleared'] += 1


def doctor_populate(case):
    """Populate less memory for the same walk."""
    case['populate'] = []


def doctor_stop(case):
    """End the same walk earlier."""
    case['stop'] = [0, -5]


@pytest.mark.parametrize('doctor,said', [
    (doctor_event, 'event 0: '), (doctor_vma, 'event 0: '), (doctor_return, 'return: '),
    (doctor_cleared, 'bad_entries_cleared: expected 1, got 0'), (doctor_populate, 'event '),
    (doctor_stop, 'return: expected 0, got -5'),
])
def test_a_doctored_case_fails(appliance, umwalk, tmp_path, doctor, said):
    good = case_with('patched', lambda c: c['stop'] is None and c['patched']['return'] == 0
                     and {e[0] for e in c['patched']['events'][:1]} == {'test_walk'}
                     and 'pmd_entry' in [e[0] for e in c['patched']['events']])
    bad = copy.deepcopy(good) | {'name': 'doctored'}
    doctor(bad)
    ran = umwalk('golden', f'--cases={write(tmp_path / "cases", [good, bad])}')
    assert ran.returncode == 1
    assert ran.stdout.splitlines()[0] == 'patched: 1 of 2'
    assert ran.stdout.splitlines()[1].startswith('  doctored: ')
    assert said in ran.stdout


def test_a_huge_page_that_is_destroyed_is_noticed(appliance, umwalk, tmp_path):
    case = case_with('baseline', lambda c: c.get('baseline', {}).get('bad_entries_cleared'))
    case['baseline']['bad_entries_cleared'] = 0
    ran = umwalk('golden', f'--cases={write(tmp_path / "cases", [case])}')
    assert ran.returncode == 1
    assert 'bad_entries_cleared: expected 0, got ' in ran.stdout


def test_vmas_side_by_side_stay_apart(appliance, umwalk, tmp_path):
    base = 1 << 24
    vmas = [[base + 4 * i, base + 4 * i + 4, 'anon'] for i in range(4)]
    events = [event for i, (start, end, _) in enumerate(vmas)
              for event in (['test_walk', start, end, i, 4], ['pte_entry', start, end, i, 1])]
    case = {'name': 'side-by-side', 'vmas': vmas, 'populate': [[base, base + 1]],
            'ops': ['pte_entry'], 'test_walk': 'walk', 'stop': None, 'range': [base, base + 16],
            'patched': {'events': events, 'return': 0, 'bad_entries_cleared': 0}}
    ran = umwalk('golden', f'--cases={write(tmp_path / "cases", [case])}')
    assert (ran.stdout, ran.returncode) == ('patched: 1 of 1\n', 0)


def test_a_case_that_cannot_be_mapped_is_named(appliance, umwalk, tmp_path):
    case = case_with('patched', lambda c: True) | {
        'vmas': [[1 << 40, (1 << 40) + 1, 'anon']], 'populate': []}
    ran = umwalk('golden', f'--cases={write(tmp_path / "cases", [case])}')
    assert ran.returncode == 1
    assert ran.stdout == ''
    assert f'layout {case["name"]}: cannot map region 0 (anon, 1 pages at' in ran.stderr


def test_no_such_file(umwalk):
    ran = umwalk('golden', '--cases=/nonexistent/walks.jsonl')
    assert ran.returncode == 2
    assert '/nonexistent/walks.jsonl' in ran.stderr
