# SPDX-License-Identifier: GPL-2.0
"""`umwalk profile` with real boots and a real perf, and its arithmetic on known data."""

import json
import os
import signal
import subprocess
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy
import pytest

from appliance.boots.records import Loop
from appliance.commands.profile import profile, stacks
from appliance.host import perf
from appliance.failure import Failure
from appliance.paths import build_folder
from conftest import TOP
from made import made
from runner_fixtures import HANGS, forbid_perf, wait_for

WALK, CALLBACK = 'walk_pgd_range', 'timed_pte_entry'
BESIDE = {'setup_arch', 'get_user_pages_remote', 'do_exit'}  # boot, layout and end


def enough(result: dict) -> bool:
    """Whether there are enough samples of both clocks."""
    return all(measured['samples'] > 500 and measured['counted']['task-clock']['samples'] > 200
               for measured in result['profiles'].values())


def agree(result: dict) -> bool:
    """Whether two profiles of a kernel, and two clocks of a profile, say the same."""
    totals = [measured['total'] for measured in result['profiles'].values()]
    pairs = [totals]
    if result['event']['name'] == 'cpu-clock':
        pairs += [(measured['counted']['task-clock'], measured['total'])
                  for measured in result['profiles'].values()]
    return not any(row['seen'] for row in result['differences']) and all(
        abs(a['value'] - b['value']) <= a['error'] + b['error'] for a, b in pairs)


@pytest.fixture(scope='module')
def folder(appliance, results_folder):
    """A kernel against itself; a clock is the further event that every host can count.

    Longer where a host is slow, or has little of a CPU; and once more where chance made the
    two differ, or two clocks: their errors do not hold in 1 of 100 runs.
    """
    sampled, *_ = perf.choose()
    patch = pytest.MonkeyPatch()
    patch.setattr('appliance.host.perf.choose',
                  lambda: [sampled, perf.Event('task-clock', 1_000_003, 'ns')])
    try:
        for seconds in (2, 4, 8, 16, 32, 64):
            assert profile.run(build_folder(), ['baseline', 'baseline'], ('dense', 'pte_entry'),
                               seconds) == 0
            found = json.loads((results_folder / 'latest' / 'result.json').read_text())
            if enough(found) and agree(found):
                break
    finally:
        patch.undo()
    return results_folder / 'latest'


@pytest.fixture(scope='module')
def result(folder):
    return json.loads((folder / 'result.json').read_text())


@pytest.fixture(scope='module')
def folded(folder):
    """Map call chains to samples, as any other program would read them."""
    lines = (folder / 'baseline.folded').read_text().splitlines()
    return {tuple(chain.split(';')): int(seen)
            for chain, _, seen in (line.rpartition(' ') for line in lines)}


def test_the_folder_is_whole(folder):
    assert {p.name for p in folder.iterdir()} == {
        'result.json', 'profile.txt', 'records.jsonl', 'flame.svg', 'diff.svg',
        'baseline.folded', 'baseline-again.folded'}


def test_the_walker_and_its_callback_are_hottest(result):
    functions = result['profiles']['baseline']['functions']
    assert set(list(functions)[:2]) == {WALK, CALLBACK}
    cost = functions[WALK]['value'] + functions[CALLBACK]['value']
    assert cost > 0.9 * result['profiles']['baseline']['total']['value']


def test_samples_have_symbols(result):
    for measured in result['profiles'].values():
        assert measured['resolved'] > 0.95
    assert enough(result)


def test_only_walks_are_in_it_and_their_callers_known(folded):
    """perf has seen boot, layout and end, too, but the profile does not have them.

    Interrupts that come in a walk are in it, the more the less of a CPU there is.
    """
    everything = sum(folded.values())
    walking = sum(seen for chain, seen in folded.items()
                  if chain[0] == 'userspace' and 'probe_ioctl_walk' in chain)
    beside = sum(seen for chain, seen in folded.items() if BESIDE & set(chain))
    assert beside < 0.01 * everything
    assert walking > 0.5 * everything


def test_a_kernel_does_not_differ_from_itself(result):
    assert result['differences'] and agree(result)


def test_time_is_that_of_walks(result):
    """It is not more than went by, nor less than 512 loads for each page table."""
    measured = result['profiles']['baseline']
    assert 16384 * 0.2 < measured['counted']['task-clock']['value'] < 1.05 * measured['wall_ns']


@pytest.mark.parametrize('name', ['flame.svg', 'diff.svg'])
def test_a_graph_is_one_file_that_shows_the_walker(folder, name):
    text = (folder / name).read_text()
    assert text.replace('http://www.w3.org/2000/svg', '').count('http') == 0
    frames = {frame.get('data-name'): frame for frame in ElementTree.fromstring(text).iter()
              if frame.get('class') == 'frame' and frame.get('data-name')}
    share = float(frames[CALLBACK][1].get('width')) / float(frames['all'][1].get('width'))
    assert 0.2 < share < 0.95
    assert 'ns a walk' in frames[CALLBACK][0].text or 'cycles a walk' in frames[CALLBACK][0].text


def test_a_host_that_forbids_it_is_told_what_to_do():
    ran = subprocess.run([TOP / 'bench' / 'umwalk', 'profile'], preexec_fn=forbid_perf, text=True,
                         stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1
    assert 'perf_event_paranoid' in ran.stderr and 'perf_event_open' in ran.stderr


def descendants(pid: int) -> set[int]:
    found = set()
    try:
        for task in os.listdir(f'/proc/{pid}/task'):
            for child in Path(f'/proc/{pid}/task/{task}/children').read_text().split():
                found |= {int(child)} | descendants(int(child))
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        pass
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize('ending', [signal.SIGINT, signal.SIGKILL])
def test_nothing_survives_it(appliance, ending):
    """UML with a process of its user space, the guardian, umrun and perf all end."""
    with subprocess.Popen([TOP / 'bench' / 'umwalk', 'profile', '--seconds=600'],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as umwalk:
        started = wait_for(lambda: len(found := descendants(umwalk.pid)) >= 6 and found)
        umwalk.send_signal(ending)
        assert umwalk.wait(HANGS) == (130 if ending == signal.SIGINT else -signal.SIGKILL)
    wait_for(lambda: not any(map(alive, started)))


SCRIPT = '''\
 41/41  5.000000001: PERF_RECORD_MMAP2 41/41: [0x60000000(0x1000) @ 0 0:1 2 3]: r--p /k/linux
 41/41  5.000000002: PERF_RECORD_MMAP2 41/41: [0x60001000(0x1000) @ 0 0:1 2 3]: r-xp /k/linux
 41/41  5.000000100: cycles/period=9/u: 
\t           c939a inner (inlined)
\t           c939a walk_pgd_range (/k/linux)
\t           25bc3 userspace (/k/linux)
\tffffffffffffffff [unknown] ([unknown])

 41/41  5.000000200: cache-misses/period=7,call-graph=no/u:      7f199e745b70 _start (/k/linux)
 42/42  6.100000000: cycles/period=9/u: 
\t          400010 [unknown] (/dev/shm/#1 (deleted))

'''


def test_samples_are_read_from_perf_script():
    kernel = Path('/k/linux')
    assert list(perf.parse(SCRIPT.splitlines(keepends=True), [kernel])) == [
        perf.Sample(41, 5_000_000_100, 'cycles', kernel, ('inner', 'walk_pgd_range', 'userspace')),
        perf.Sample(41, 5_000_000_200, 'cache-misses', kernel, ()),
        perf.Sample(42, 6_100_000_000, 'cycles', None, ('[unknown]',))]


@pytest.mark.parametrize('line, there', [
    ('619226,,cycles:u,619226,100.00,,\n', True), ('<not supported>,,cycles:u,0,100.00,,\n', False),
    ('<not counted>,,cycles:u,0,0.00,,\n', False), ('5,,instructions:u,5,100.00,,\n', False)])
def test_a_pmu_is_recognised(line, there):
    assert perf.counted(line, 'cycles') is there


def measured(random, rate: float, spread: float = 0.0, name: str = 'a') -> stacks.Profile:
    """8 boots of 1,000 walks that take `rate` samples on average, give or take the spread."""
    boots = [stacks.Boot(1000, 1, Counter({('all', name): int(random.poisson(
        1000 * rate * random.lognormal(0, spread))), ('all', 'b'): 1000})) for _ in range(8)]
    return stacks.Profile('k', 10, boots)


@pytest.mark.parametrize('spread', [0.0, 0.05])
def test_the_error_holds_as_often_as_it_says(spread):
    random = numpy.random.default_rng(1)
    runs = 2000
    held = 0
    for _ in range(runs):
        cost = measured(random, 0.05, spread).functions(1)['a']
        held += abs(cost.value - 0.5) <= cost.error
    assert held / runs > 0.985


def test_chance_is_not_seen_and_a_difference_is():
    random = numpy.random.default_rng(2)
    same = [stacks.differences(measured(random, 0.05), measured(random, 0.05)) for _ in range(500)]
    assert sum(row.seen for rows in same for row in rows) < 0.02 * 500
    first, *_ = stacks.differences(measured(random, 0.05), measured(random, 0.5))
    assert (first.name, first.seen) == ('a', True)
    assert first.value == pytest.approx(4.5, rel=0.1)


def test_a_function_that_one_side_lacks_is_compared_with_nothing():
    random = numpy.random.default_rng(3)
    rows = {row.name: row for row in stacks.differences(measured(random, 0.5),
                                                        measured(random, 0.5, name='c'))}
    assert rows['a'].value < 0 < rows['c'].value
    assert rows['a'].seen and rows['c'].seen and not rows['b'].seen


def test_no_samples_is_a_failure_not_an_empty_profile(appliance, tmp_path):
    loops = [made(Loop, kernel='baseline', walks=1, begin_ns=1, end_ns=2)]
    with open(tmp_path / 'data', 'w+b') as recording:
        subprocess.run([*perf.command([perf.CLOCK]), 'true'], stdout=recording, check=True)
        with pytest.raises(Failure, match='no sample'):
            profile._profiles(appliance.only('baseline'), perf.CLOCK, recording, loops)
