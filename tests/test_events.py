# SPDX-License-Identifier: GPL-2.0
"""Events of the host, counted in turns: real counters of real boots, and their arithmetic.

task-clock needs no PMU, so it stands for the others: its ns have to be those of the walks.
"""

import json
import os
import resource
import signal
import subprocess
from statistics import median

import pytest

from appliance.boots.records import Events, Sample, parse
from appliance.commands.bench import event_report
from appliance.host import events
from appliance.failure import Failure
from made import made
from runner_fixtures import HANGS, forbid_perf, processes, run_with_records, turns_command

SOFTWARE = 'task-clock,page-faults'
WALKS = ('--', '/bin/walks', 'time', '--samples=4', 'hugetlb:pmd_entry', 'sparse:pte_entry',
         'dense:pte_entry')


def counted_turns(runner, *arguments):
    return run_with_records(runner, *turns_command(runner, '--events', SOFTWARE, *arguments))


def test_the_clock_of_a_turn_is_that_of_its_walks(runner):
    status, records, _ = counted_turns(runner, *WALKS)
    assert status == 0
    tsc_khz = records[0]['tsc_khz']
    found = list(events.of_walks([parse(json.dumps(record), 'a record') for record in records]))
    assert len(found) == 3 * 3 * 3, 'all kernels, rows, and samples but the last'
    clocks = [counts['task-clock'] * tsc_khz / 1e6 / sample.parts for sample, counts in found]
    # The TSC goes on while another process has the CPU, the task's clock does not; and what
    # else a turn does takes longer then. So a part of the turns may be far off.
    assert median(clock / sample.cycles for clock, (sample, _) in zip(clocks, found)) > 0.97
    assert median(clock / sample.mean for clock, (sample, _) in zip(clocks, found)) < 1.5


def test_every_turn_that_was_ended_is_counted_once(runner):
    status, records, _ = counted_turns(runner, '--boots', '2', *WALKS)
    assert status == 0
    turns = [(r['boot'], r['turn'], r['kernel']) for r in records if r['type'] == 'events']
    assert len(set(turns)) == len(turns) == 2 * 3 * (3 * (4 + 2) - 1)
    asked = {(r['boot'], r[of], r['kernel']) for r in records if r['type'] == 'sample'
             for of in ('turn', 'bare_turn')}
    assert len(asked - set(turns)) == 2 * 3, 'only those that the guests ended in'


def test_the_bare_turn_has_no_walks_to_speak_of(runner):
    _, records, _ = counted_turns(runner, '--', '/bin/walks', 'time', '--samples=4',
                                  'dense:pte_entry')
    clocks = {r['turn']: r['counts']['task-clock'] for r in records if r['type'] == 'events'}
    samples = [r for r in records if r['type'] == 'sample' and r['turn'] in clocks]
    assert samples
    shares = [clocks[sample['bare_turn']] / clocks[sample['turn']] for sample in samples]
    assert min(shares) > 0
    assert median(shares) < 0.5, 'a single one may have been interrupted'


def test_no_counters_are_left_open(runner):
    """Eight boots of three guests with two events each have room for few descriptors."""
    few = ('--boots', '8', '--', '/bin/walks', 'time', '--samples=2', 'dense:pmd_entry')
    status, records, said = run_with_records(
        runner, *turns_command(runner, '--events', SOFTWARE, *few),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (56, 56)))
    assert (status, said) == (0, b'')
    assert {r['boot'] for r in records if r['type'] == 'events'} == set(range(8))


def test_descriptors_that_run_out_are_said_at_once(runner):
    """This holds for each descriptor; nobody waits for a guest that has ended."""
    statuses = []
    for limit in range(10, 57):
        status, _, said = run_with_records(
            runner, *turns_command(runner, '--events', SOFTWARE, '--', '/bin/walks', 'list'),
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda n=limit: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)))
        runner.assert_nothing_left()
        assert status in (0, 122, 123) and (status == 0) == (said == b''), (limit, status, said)
        statuses.append(status)
    assert (statuses[0], statuses[-1]) == (122, 0)


def test_a_guest_that_dies_in_its_turn_leaves_no_half_record(runner):
    reading, writing = os.pipe()
    command = turns_command(runner, '--records', str(writing), '--events', SOFTWARE,
                            '--', '/bin/walks', 'time', '--samples=60000')
    process = runner.start(*command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    records = []
    with open(reading, encoding='utf-8') as lines:
        for line in lines:
            records.append(json.loads(line))
            if sum(record['type'] == 'events' for record in records) == 10:
                os.kill(processes(runner.kernel)[0], signal.SIGKILL)
    assert process.wait(HANGS) == 123
    turns = [record for record in records if record['type'] == 'events']
    assert len(turns) >= 10
    for turn in turns:
        assert set(turn) == {'kernel', 'boot', 'type', 'turn', 'counts'}
        assert set(turn['counts']) == set(SOFTWARE.split(','))
    runner.assert_nothing_left(at_once=True)


@pytest.mark.sanitized
@pytest.mark.parametrize('arguments, said', [
    (('--events=task-clock', *WALKS), '--events needs --turns and --records'),
    (('--events=cycles,nonsense', *WALKS), "there is no event 'nonsense', see umrun --help"),
    (('--events=', *WALKS), "there is no event '', see umrun --help")])
def test_what_cannot_be_meant_is_refused(runner, arguments, said):
    done = runner.run(*arguments)
    assert done.returncode == 122
    assert done.stderr.decode() == f'umrun: {said}\n'


def test_what_this_host_counts(runner):
    """With a PMU or without, each event can be counted or has a reason."""
    counted, reasons = events.countable(runner.umrun, (*events.PMU, 'task-clock'))
    assert 'task-clock' in counted
    missing = [event for event in events.PMU if event not in counted]
    assert sorted(name for line in reasons for name in line.rpartition(': ')[0].split(', ')) \
        == sorted(missing)
    for event in missing:
        status, _, said = run_with_records(runner, *turns_command(runner, f'--events={event}',
                                                                  *WALKS))
        assert status == 122
        assert said.startswith(f'umrun: --events: {event}: '.encode()) and said.count(b'\n') == 1


def test_a_host_that_forbids_to_count(runner):
    asked = [runner.umrun, '--which-events=task-clock,cycles']
    ran = subprocess.run(asked, preexec_fn=forbid_perf, text=True, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, '')
    assert [line.split(':')[1] for line in ran.stderr.splitlines()] == [' task-clock', ' cycles']
    assert 'perf_event_open' in ran.stderr or 'sysctl' in ran.stderr
    status, _, said = run_with_records(runner, *turns_command(runner, '--events=task-clock',
                                                              *WALKS), preexec_fn=forbid_perf)
    assert status == 122
    assert said.startswith(b'umrun: --events: task-clock: ') and said.count(b'\n') == 1


@pytest.mark.skipif(os.geteuid() != 0, reason='needs root to mount over a file of /proc')
def test_a_host_that_is_paranoid(runner, tmp_path):
    (tmp_path / 'paranoid').write_text('3\n')
    script = ('mount --bind "$1" /proc/sys/kernel/perf_event_paranoid && '
              'exec "$2" --which-events=task-clock')
    ran = subprocess.run(['unshare', '-m', 'sh', '-c', script, 'sh', tmp_path / 'paranoid',
                          runner.umrun], preexec_fn=forbid_perf, text=True, capture_output=True,
                         check=False)
    assert ran.stderr == ('umrun: task-clock: kernel.perf_event_paranoid is 3, run: '
                          'sudo sysctl kernel.perf_event_paranoid=2\n')


def sample(turn, boot=0, kernel='a'):
    """Make a sample with two parts of five walks."""
    return made(Sample, kernel=kernel, boot=boot, layout='dense', walk='smaps', repeat=5, parts=2,
                turn=turn, bare_turn=0)


def count(turn, cycles, boot=0, kernel='a'):
    return Events(kernel, boot, turn, {'cycles': cycles})


def of_boot(*cycles, boot=0, kernel='a'):
    """Make a bare turn of 1000 cycles, and a sample in turn 1, 2, ... for each of cycles."""
    return [count(0, 1000, boot, kernel),
            *(record for turn, n in enumerate(cycles, 1)
              for record in (count(turn, n, boot, kernel), sample(turn, boot, kernel)))]


def test_per_walk_without_the_bare_turn_and_the_last():
    records = of_boot(1500, 9999, 1600, 123456)
    assert events.per_walk(records) == {('dense', 'smaps'): {'a': {'cycles': 60}}}


def test_per_walk_is_the_median_of_boots():
    records = [r for boot, cycles in enumerate((2000, 3000, 90000))
               for r in of_boot(cycles, cycles, 0, boot=boot)]
    assert events.per_walk(records) == {('dense', 'smaps'): {'a': {'cycles': 200}}}


def test_turns_of_another_guest_or_boot_do_not_count():
    records = [*of_boot(2000, 2000, 0), *of_boot(4000, 4000, 0, kernel='b')]
    assert events.per_walk(records)['dense', 'smaps'] == {'a': {'cycles': 100},
                                                          'b': {'cycles': 300}}
    records = [r for r in records if isinstance(r, Sample) or r.kernel != 'b']
    assert events.per_walk(records)['dense', 'smaps'] == {'a': {'cycles': 100}}


def test_a_turn_that_was_not_counted_is_left_out():
    records = [r for r in of_boot(2000, 7000, 2200, 0) if r.turn != 2 or isinstance(r, Sample)]
    assert events.per_walk(records) == {('dense', 'smaps'): {'a': {'cycles': 110}}}


@pytest.fixture
def result():
    sides = {'a': {'events': {'cycles': 1234567.0, 'cache-misses': 0.125}},
             'b': {'events': {'cycles': 2469134.0}}}
    return {'plan': {'events': ['cycles', 'cache-misses']}, 'kernels': {'a': {}, 'b': {}},
            'rows': [{'layout': 'dense', 'walk': 'smaps', **sides}],
            'no_events': ['dTLB-load-misses: none here']}


def test_the_table(result):
    lines = event_report.terminal(result)
    assert lines[0].split() == ['cycles', 'cache-misses']
    assert lines[1].split() == ['layout', 'walk', *'a b b / a'.split() * 2]
    assert lines[2].split() == ['dense', 'smaps', '1.235M', '2.469M', '2.000', '0.125', '-', '-']
    assert lines[-1] == 'Not counted: dTLB-load-misses: none here.'
    table = [line for line in event_report.markdown(result).splitlines() if line.startswith('|')]
    assert len(table) == 3 and len({line.count('|') for line in table}) == 1
    assert '| dense | smaps | 1.235M | 2.469M | 2.000 | 0.125 | - | - |' in table


@pytest.mark.parametrize('count, said', [
    (None, '-'), (0.0, '0'), (0.01234, '0.01234'), (999.94, '999.9'), (999.96, '1.000k'),
    (999_960, '1.000M'), (12_345_678_901, '12.35G'), (-123_456, '-123.5k')])
def test_four_digits(count, said):
    assert event_report._short(count) == said


def test_there_is_no_ratio_of_noise_below_zero(result):
    result['rows'][0]['b']['events']['cycles'] = -5.0
    assert event_report.terminal(result)[2].split()[2:5] == ['1.235M', '-5', '-']


def test_a_runner_that_cannot_say_what_it_counts(runner):
    with pytest.raises(Failure, match='cannot find out what the host can count: umrun: there is '
                       "no event 'nonsense'"):
        events.countable(runner.umrun, ('nonsense',))


def test_no_table_but_why(result):
    result['plan']['events'] = []
    assert event_report.terminal(result) == ['Not counted: dTLB-load-misses: none here.']
    assert event_report.markdown(result) == 'Not counted: dTLB-load-misses: none here.'


def test_events_that_never_filled_a_turn_are_explained(result):
    for name in ('a', 'b'):
        result['rows'][0][name]['events'] = {}
    assert event_report.terminal(result)[0].startswith('No event was counted through a whole turn')
