# SPDX-License-Identifier: GPL-2.0
"""Counting instructions: exact in every boot, and sensitive to a single one."""

import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from appliance.boots import guest, records
from appliance.boots.counting import Count, counts
from appliance.commands.count import count, report
from appliance.failure import FAILED, KERNEL_DIED, TIME_LIMIT, Failure
from appliance.kernels.newfiles import FILES
from appliance.paths import TOP
from appliance.logs.symbols import Place
from made import made
from runner_fixtures import HANGS, processes


def of(appliance: guest.Appliance, name: str, boots: int, layout: str,
       walk: str) -> list[Count]:
    """Count one walk of one kernel in some boots."""
    _, seen = count.observe(appliance.only(name), count.Plan([name], ((layout, walk),), boots))
    assert count.differing(seen) == []
    return [boot[layout, walk] for boot in seen[name]]


@pytest.fixture
def loaded():
    """Keep each CPU busy with another process."""
    busy = [subprocess.Popen(['sh', '-c', 'while :; do :; done']) for _ in range(2)]
    yield
    for process in busy:
        process.kill()
        process.wait()


@pytest.mark.parametrize('walk', ['pte_hole', 'smaps', 'pagemap', 'mincore', *(
    pytest.param(walk, marks=pytest.mark.long)
    for walk in ('smaps_rollup', 'pagemap_small', 'pagemap_scan', 'clear_refs'))])
def test_every_boot_counts_the_same(appliance, walk):
    counted = of(appliance, 'patched', 3, 'pfnmap', walk)
    assert len(counted) == 3
    assert counted[0].instructions > (10000 if walk == 'mincore' else 40000)


def test_load_changes_nothing(appliance, loaded):
    quiet = of(appliance, 'stock', 1, 'dense', 'pagemap')
    assert of(appliance, 'stock', 2, 'dense', 'pagemap') == 2 * quiet


def process_that_counts(runner) -> int:
    """Find the process that blocks SIGTERM but not SIGTRAP."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for pid in processes(runner.kernel):
            try:
                status = Path(f'/proc/{pid}/status').read_text()
            except OSError:
                continue
            held_off = int(re.search(r'^SigBlk:\s*(\w+)', status, re.M)[1], 16)
            if held_off >> signal.SIGTERM - 1 & 1 and not held_off >> signal.SIGTRAP - 1 & 1:
                return pid
        time.sleep(0.002)
    raise AssertionError('nobody counts')


def test_a_signal_that_came_between_leaves_no_count(runner):
    """Signals come until the boot ends; some come while it counts, which takes most of it."""
    guest_run = runner.start('--mem=512', '--timeout=20', '--records=1', '--', '/bin/walks', 'count',
                             'sparse:smaps', stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pid = process_that_counts(runner)
    while guest_run.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTRAP)
        time.sleep(0.002)
    out, err = guest_run.communicate(timeout=HANGS)
    assert b'"count"' not in out
    assert guest_run.returncode in (FAILED, KERNEL_DIED, TIME_LIMIT)
    assert guest_run.returncode != FAILED or b'a signal of the host came between' in err


def test_one_instruction_more_is_seen(appliance, one_more):
    """One more instruction in the loop over PTEs is one for each of 16,384 pages."""
    changed = dataclasses.replace(appliance, kernels={'one-more': one_more})
    before, = of(appliance, 'stock', 1, 'dense', 'pte_entry')
    after, = of(changed, 'one-more', 1, 'dense', 'pte_entry')
    assert after.instructions - before.instructions == 16384


def test_jumps_count_as_single_steps_do(appliance, umwalk, tmp_path):
    """tests/probe/count.c compares them in the guest, instruction by instruction."""
    program = tmp_path / 'count'
    subprocess.run(['gcc', '-std=gnu11', '-static', '-O1', '-Wall', '-Wextra', '-Werror',
                    '-D_GNU_SOURCE', '-isystem', FILES / 'include' / 'uapi', '-o', program,
                    TOP / 'tests' / 'probe' / 'count.c'], check=True)
    ran = umwalk('run', '--kernel=fixed', '--', program)
    assert 'not ok' not in ran.stdout, ran.stdout
    assert len(re.findall('^ok', ran.stdout, re.M)) == int(re.search(r'1\.\.(\d+)', ran.stdout)[1])
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope='module')
def counted(appliance, results_folder):
    """Run the whole subcommand; return what it printed, and its folder."""
    ran = subprocess.run([TOP / 'bench' / 'umwalk', 'count', '--kernel=patched', '--kernel=fixed',
                          '--rows=hugetlb:pte_entry', '--boots=2'],
                         capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, (results_folder / 'latest').resolve()


def test_the_table_and_the_result_agree(counted):
    printed, folder = counted
    result = json.loads((folder / 'result.json').read_text())
    row, = result['rows']
    assert re.search(f"^hugetlb  pte_entry  instructions +{row['patched']['instructions']:,}"
                     f" +{row['fixed']['instructions']:,}$", printed, re.M)
    assert 'All 2 boots of each kernel agree at every instruction' in printed
    assert row['patched']['instructions'] > row['fixed']['instructions']


def test_functions_and_lines_account_for_all_of_a_difference(counted):
    result = json.loads((counted[1] / 'result.json').read_text())
    row, difference = result['rows'][0], result['differences'][0]
    wanted = row['fixed']['instructions'] - row['patched']['instructions']
    assert sum(f['instructions'] for f in difference['functions']) == wanted
    lines = [line for f in difference['functions'] for line in f['lines']]
    assert sum(line['instructions'] for line in lines) == wanted
    assert 'walk_pmd_range' in {f['function'] for f in difference['functions'][:3]}
    assert all(line['text'] for line in lines if line['file'] == 'mm/pagewalk.c')


def test_callgrind_files_open_and_have_the_total(counted):
    folder = counted[1]
    if not shutil.which('callgrind_annotate'):
        pytest.skip('callgrind_annotate is not installed (Debian package valgrind)')
    result = json.loads((folder / 'result.json').read_text())
    ran = subprocess.run(['callgrind_annotate', '--auto=yes',
                          folder / 'patched-hugetlb-pte_entry.callgrind'],
                         capture_output=True, text=True, check=True)
    total = re.search(r'^([\d,]+) \(100.0%\)  PROGRAM TOTALS', ran.stdout, re.M)[1]
    assert int(total.replace(',', '')) == result['rows'][0]['patched']['instructions']
    assert re.search(r'\d \([ \d.]+%\)\s+err = ops->pte_entry\(', ran.stdout)
    assert 'No information' not in ran.stdout and not ran.stderr


def test_boots_that_differ_are_named():
    one = Count(3, 0, 0, 10, 1, {1: 1, 2: 2})
    moved = dataclasses.replace(one, at={1: 2, 2: 1})
    boots = {'stock': [{('dense', 'smaps'): one}, {('dense', 'smaps'): one},
                       {('dense', 'smaps'): moved}]}
    assert count.differing(boots) == ['stock: dense, smaps: 1 of 3 boots differ from the first; '
                                      'totals 3 to 3']
    boots['stock'].pop()
    assert count.differing(boots) == []


def test_counts_that_do_not_add_up_are_an_error():
    whole = made(records.Count, layout='a', walk='b', pages=1, vmas=1, instructions=4, elsewhere=2)
    insns = made(records.Insns, layout='a', walk='b', at=[(16, 2)])
    with pytest.raises(Failure, match='a, b: 4 instructions were counted, but 2 by address '
                       'and 1 elsewhere'):
        counts([dataclasses.replace(whole, elsewhere=1), insns])
    assert counts([whole, insns])['a', 'b'].at == {16: 2}
    with pytest.raises(Failure, match='a, b: the walk returned -14'):
        counts([dataclasses.replace(whole, returned=-14), insns])


def test_lines_are_known_by_their_text():
    """A new line above shifts the numbers, which is no difference."""
    a = report.Attributed({('l', 'w'): {1: 5}}, {1: Place('f', 'f', 'x.c', 1)},
                                {'x.c': 'go();\n'})
    b = report.Attributed({('l', 'w'): {7: 5, 9: 2}},
                                {7: Place('f', 'f', 'x.c', 2), 9: Place('g', 'f', 'x.c', 3)},
                                {'x.c': '/* new */\n  go();\nstop();\n'})
    assert report.differences({'a': a, 'b': b}) == [
        {'layout': 'l', 'walk': 'w', 'from': 'a', 'to': 'b', 'instructions': 2, 'functions': [
            {'function': 'g', 'instructions': 2, 'lines': [
                {'instructions': 2, 'file': 'x.c', 'line': 3, 'text': 'stop();'}]}]}]
