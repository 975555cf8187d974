# SPDX-License-Identifier: GPL-2.0
"""An unfit host is told: real runs of bench are disturbed in all ways that work here."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest

from appliance.boots import guest
from appliance.boots.records import Boot, Host, Sample, Turns
from appliance.commands.bench import compare
from appliance.host import watch
from appliance.commands.bench.session import Plan
from appliance.paths import TOP, build_folder
from made import made
from runner_fixtures import run_with_records

ROW = 'dense:pmd_entry'
CPU = max(os.sched_getaffinity(0))
BUSY = 'of the CPU on which the guests ran'
BUDGETS = (5, 50, 500)  # seconds, of bench: the next one where a host is too slow
HANGS = 1800

V1 = Path('/sys/fs/cgroup/cpu')
V2 = Path('/sys/fs/cgroup')


@contextlib.contextmanager
def group(percent: int = 0) -> Iterator[Path]:
    """Make a cgroup with so much of one CPU (0: no limit), ahead of all other processes."""
    v1 = (V1 / 'cpu.shares').exists()
    folder = (V1 if v1 else V2) / f'umwalk-test-{os.getpid()}'
    quota = percent * 1000 or -1
    settings = ({'cpu.shares': 262144, 'cpu.cfs_quota_us': quota} if v1 else
                {'cpu.weight': 10000, 'cpu.max': f'{quota} 100000' if percent else 'max'})
    try:
        if not v1:
            (V2 / 'cgroup.subtree_control').write_text('+cpu')
        folder.mkdir()
    except OSError as error:
        pytest.skip(f'cannot make a cgroup that has CPU limits: {error}')
    try:
        for file, value in settings.items():
            (folder / file).write_text(str(value))
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Guests that are left when bench is killed end by themselves, soon."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.05)
    folder.rmdir()


def enter(folder: Path) -> None:
    """Enter the group; called between fork and exec."""
    (folder / 'cgroup.procs').write_text('0')


def throttled_s(folder: Path) -> float:
    fields = dict(line.split() for line in (folder / 'cpu.stat').read_text().splitlines())
    return (int(fields['throttled_time']) / 1e9 if 'throttled_time' in fields else
            int(fields['throttled_usec']) / 1e6)


def start_bench(prepare=lambda: None, budget: int = 5) -> subprocess.Popen:
    """Start bench on one row, for some seconds."""
    return subprocess.Popen(
        ['taskset', '-c', str(CPU), TOP / 'bench' / 'umwalk', 'bench', f'--budget={budget}',
         '--rows', ROW],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=prepare)


def finish(bench: subprocess.Popen) -> tuple[str, dict]:
    """Return what was printed, and result.json."""
    try:
        said, _ = bench.communicate(timeout=HANGS)
    finally:
        bench.kill()
    assert bench.returncode == 0, said
    return said, json.loads(Path(said.split()[-1]).with_name('result.json').read_text())


@pytest.fixture
def busy_loop():
    with subprocess.Popen([sys.executable, '-c', 'while True: pass'],
                          preexec_fn=lambda: os.sched_setaffinity(0, {CPU})) as process:
        yield
        process.kill()


def test_another_process_on_the_cpu(appliance, busy_loop):
    """On a busy host the longest boot may be half of all, and looks like a pause of the machine."""
    for budget in (5, 30, 120):
        said, result = finish(start_bench(budget=budget))
        if BUSY in said:
            break
    assert BUSY in said, result['host']
    assert re.search(r'^dense +pmd_entry .*\(UNFIT HOST\)', said, re.M), said


def test_nothing_is_said_of_a_cpu_of_our_own(appliance):
    """Other loads of this host get next to nothing of the CPU."""
    with group() as folder:
        said, result = finish(start_bench(lambda: enter(folder)))
    assert BUSY not in said and 'CPU limit' not in said, result['host']


def test_the_cpu_is_called_what_it_calls_itself(runner, tmp_path):
    """CPUID tells it; /proc/cpuinfo may have another name, from a list of the kernel's."""
    source, program = tmp_path / 'name.c', tmp_path / 'name'
    source.write_text(NAME)
    subprocess.run(['gcc', '-o', program, source], check=True)
    name = subprocess.run([program], capture_output=True, check=True).stdout.decode()
    _, records, _ = run_with_records(runner, '--', '/bin/walks', 'list', stdout=subprocess.DEVNULL)
    assert records[0]['cpu'] == name.rstrip('\0').strip() != ''


NAME = r"""
#include <stdio.h>
int main(void)
{
	for (unsigned int leaf = 0x80000002; leaf <= 0x80000004; leaf++) {
		unsigned int r[4];

		asm("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(0));
		fwrite(r, 4, 4, stdout);
	}
}
"""


def test_a_cpu_limit(appliance):
    """A group further up has 40 % of a CPU, and the guests would take all of it."""
    with group(40) as folder:
        inner = folder / 'inner'
        inner.mkdir()
        try:
            said, result = finish(start_bench(lambda: enter(inner)))
        finally:
            remove(inner)
        most = throttled_s(folder)
    found = result['host']['throttled_s']
    assert f'a CPU limit (cgroup) stopped everything for {found:.1f} s' in said
    assert BUSY not in said, 'the time is accounted for'
    assert 0.2 * most < found < most, 'some of it was before and after'


def test_a_pause(appliance):
    """No guest runs for 5 s, as in a stopped, suspended or moved machine."""
    for budget in BUDGETS:
        bench = start_bench(budget=budget)
        runner = third_runner(bench)
        if runner:
            os.kill(runner, signal.SIGSTOP)
            time.sleep(5)
            os.kill(runner, signal.SIGCONT)
        said, result = finish(bench)
        if runner:
            break
    assert 'the machine was stopped' in said and result['host']['pause_s'] > watch.LONG_PAUSE


def third_runner(bench: subprocess.Popen) -> int:
    """The runner of bench's third boot, its guests started: the first boot has most to do.

    0: bench ended without.
    """
    seen: set[int] = set()
    while bench.poll() is None:
        for runner in children(bench.pid, 'umrun'):
            seen.add(runner)
            if len(seen) >= 3 and len(children(runner, 'umrun-guardian')) == 3:
                return runner
        time.sleep(0.005)
    return 0


def children(pid: int, name: str) -> list[int]:
    try:
        found = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
        return [int(child) for child in found
                if Path(f'/proc/{child}/comm').read_text() == f'{name}\n']
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return []


def test_a_move_to_another_machine(appliance, monkeypatch, tmp_path, capsys):
    """From the third boot on the CPU has another name, so there is no ratio of both."""
    boots = []
    records = guest.records

    def moved(appliance, *options, argv, **others):
        boots.extend(option for option in options if option.startswith('--turns='))
        for record in records(appliance, *options, argv=argv, **others):
            is_new = isinstance(record, Host) and len(boots) > 2
            yield replace(record, cpu='b CPU') if is_new else record

    monkeypatch.setattr('appliance.boots.guest.records', moved)
    monkeypatch.setenv('RESULTS', str(tmp_path))
    for budget in BUDGETS:
        boots.clear()
        plan = Plan(budget, 0, (tuple(ROW.split(':')),))
        assert compare.run(build_folder(), ('baseline', 'patched'), plan, 1) == 0
        if len(boots) > 3:
            break
        capsys.readouterr()
    (row,) = json.loads((tmp_path / 'latest' / 'result.json').read_text())['rows']
    assert (row['verdict'], row['ratio'], row['control']) == ('undecided', None, None)
    said = capsys.readouterr().out
    assert 'UNFIT HOST: the run moved to another machine: ' in said and ', b CPU' in said
    assert re.search(r'^dense +pmd_entry .* - +[\d,]+ +undecided \(UNFIT HOST\)', said, re.M)


FIT = {'others': 0.02, 'stolen': 0, 'throttled_s': 0, 'too_hot': 0, 'pause_s': 0.1,
       'clock_step_s': 0.01, 'speed_range': 0.03, 'tsc_drift': 0, 'cpus': ['a CPU']}


@pytest.mark.parametrize('found, said', [
    ({'others': 0.5}, 'other programs had 50% of the CPU on which the guests ran'),
    ({'stolen': 0.1}, "the hypervisor took 10% of a CPU's time"),
    ({'throttled_s': 3.25}, 'stopped everything for 3.2 s'),
    ({'too_hot': 7}, 'too hot and was slowed down'),
    ({'pause_s': 3.25}, 'a boot took 3.2 s longer'),
    ({'clock_step_s': -20}, 'the wall clock jumped by -20.0 s'),
    ({'speed_range': 0.3}, "the CPU's speed changed by 30%"),
    ({'tsc_drift': 0.01}, "the TSC's rate changed by 10000 parts"),
    ({'cpus': ['a CPU', 'b CPU']}, 'the run moved to another machine: a CPU, b CPU')])
def test_what_is_wrong_with_the_host_is_said(found, said):
    assert watch.warnings(FIT) == []
    (line,) = watch.warnings(FIT | found)
    assert said in line


def test_two_machines_have_no_ratio():
    assert not watch.moved(FIT | {'others': 0.9, 'throttled_s': 9, 'speed_range': 0.3})
    assert watch.moved(FIT | {'tsc_drift': 0.001})
    assert watch.moved(FIT | {'cpus': ['a CPU', 'b CPU']})


def test_health_is_what_changed_during_the_run():
    """The hypervisor took half of one of two CPUs during the run."""
    before = watch.Usage({'cpu0': (1000, 10), 'cpu1': (1000, 10)}, 5.0, 3, 1e9)
    after = watch.Usage({'cpu0': (1100, 10), 'cpu1': (1100, 60)}, 7.5, 4, 1e9 - 20)
    records = [Host(1000, 'a CPU'),
               made(Sample, kernel='a', layout='dense', walk='smaps', cycles=100, repeat=1),
               made(Turns, cpu_ns=6e9), made(Boot, wall_ns=10e9)]
    found = watch.health(records, before, after)
    assert {name: found[name] for name in ('stolen', 'throttled_s', 'too_hot', 'clock_step_s')} == {
        'stolen': 0.5, 'throttled_s': 2.5, 'too_hot': 1, 'clock_step_s': -20}
    assert found['others'] == pytest.approx(0.15)


def test_usage_is_read_of_each_cpu(monkeypatch, tmp_path):
    (tmp_path / 'stat').write_text('cpu  4 4 4 4 4 4 4 44 4 4\ncpu0 1 1 1 1 1 1 1 40 1 1\n'
                                   'cpu12 3 3 3 3 3 3 3 4 3 3\nintr 9 9\nctxt 77\n')
    for cpu, times in ((0, 2), (12, 3)):
        folder = tmp_path / f'cpu{cpu}' / 'thermal_throttle'
        folder.mkdir(parents=True)
        (folder / 'core_throttle_count').write_text(f'{times}\n')
        (folder / 'core_throttle_total_time_ms').write_text('99\n')
    monkeypatch.setattr(watch, 'STAT', tmp_path / 'stat')
    monkeypatch.setattr(watch, 'CPUS', tmp_path)
    found = watch.usage()
    assert (found.ticks, found.too_hot) == ({'cpu0': (47, 40), 'cpu12': (25, 4)}, 5)
