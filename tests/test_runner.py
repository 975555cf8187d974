# SPDX-License-Identifier: GPL-2.0
"""umrun: real boots of a real kernel end in every possible way."""

import contextlib
import os
import random
import re
import resource
import select
import signal
import subprocess
import termios
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from runner_fixtures import (HANGS, private_mounts, processes, run_with_records, turns_command,
                             wait_for)

MEMORY_MIB = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') >> 20
LOOP = ('--host', '--', 'sh', '-c', 'while :; do :; done')
SLEEP = ('--timeout=0', '--host', '--', 'sleep', '10000')
PANIC = ('--host', '--', 'sh', '-c',
         'echo 2 > /proc/sys/vm/panic_on_oom; head -c 200M /dev/zero | tail -c 150M | wc -c')


@pytest.mark.parametrize('status', [0, 1, 42, 255])
def test_exit_status_of_the_job(runner, status):
    assert runner.run('--host', '--', 'sh', '-c', f'exit {status}').returncode == status
    runner.assert_nothing_left()


def test_signal_that_ended_the_job(runner):
    assert runner.run('--host', '--', 'sh', '-c', 'kill -9 $$').returncode == 128 + 9


@pytest.mark.parametrize('command, status', [('/no/such/program', 127), ('/proc/version', 126)])
def test_command_that_cannot_run(runner, command, status):
    done = runner.run('--host', '--', command)
    assert done.returncode == status
    assert done.stderr.startswith(f'init: cannot run {command}: '.encode())


@pytest.mark.sanitized
def test_output_is_intact(runner, tmp_path):
    data = random.Random(1).randbytes(1 << 20)
    (tmp_path / 'data').write_bytes(data)
    done = runner.run('--host', '--', 'sh', '-c', f'cd {tmp_path}; cat data; cat data >&2')
    assert done.returncode == 0
    assert done.stdout == data
    assert done.stderr == data


def test_the_jobs_standard_error_may_go_elsewhere(runner, tmp_path):
    with open(tmp_path / 'errors', 'wb') as errors:
        done = runner.run('--stderr', str(errors.fileno()), '--host', '--', 'sh', '-c',
                          'echo bad >&2; exit 7', pass_fds=[errors.fileno()])
    assert (done.returncode, done.stderr) == (7, b'')
    assert (tmp_path / 'errors').read_bytes() == b'bad\n'


def test_background_process_does_not_hold_up_the_end(runner):
    done = runner.run('--host', '--', 'sh', '-c', 'sleep 10000 & echo done; exit 3')
    assert (done.returncode, done.stdout) == (3, b'done\n')


@pytest.mark.sanitized
def test_records_are_spliced(runner):
    job = """echo '{"type":"x","n":1}' >&3; echo '{}' >&3"""
    status, records, _ = run_with_records(runner, '--boots', '2', '--host', '--', 'sh', '-c', job)
    assert status == 0
    assert records[0]['type'] == 'host' and records[0]['tsc_khz'] > 100000
    for boot in range(2):
        first, empty, end = records[1 + 3 * boot:4 + 3 * boot]
        assert first == {'kernel': 'k', 'boot': boot, 'type': 'x', 'n': 1}
        assert empty == {'kernel': 'k', 'boot': boot}
        assert (end['type'], end['outcome'], end['status']) == ('boot', 'exit', 0)
        assert end['wall_ns'] > 0


@pytest.mark.sanitized
def test_guest_that_cannot_start_the_job(runner):
    status, records, said = run_with_records(runner, '--append=hostfs=/nonexistent', '--host', '--',
                                             'true')
    assert status == 122
    assert said == (b'umrun: k, boot 0: the guest cannot start the job: init: cannot mount /host: '
                    b'No such file or directory\n')
    assert (records[-1]['outcome'], records[-1]['came_up']) == ('no-job', True)


@pytest.mark.sanitized
@pytest.mark.parametrize('frame', ['ohelp', r'o\1\0\1\0', r'R\0\0\0\0', r'Z\0\0\0\0',
                                   r'x\5\0\0\0.....'])
def test_bad_frame(runner, frame):
    """The second is a byte longer than init's may be."""
    job = f"printf '{frame}' > /dev/ttyS0; sleep 10000"
    status, records, said = run_with_records(runner, '--host', '--', 'sh', '-c', job)
    assert status == 125
    assert records[-1]['outcome'] == 'bad-frame'
    assert said == (b'umrun: k, boot 0: the guest sent something that is not a frame: '
                    b'a program in it writes to /dev/ttyS0\n')


@pytest.mark.sanitized
@pytest.mark.parametrize('stream, number', [('stdout', 1), ('stderr', 2)])
def test_output_that_cannot_be_passed_on(runner, stream, number):
    with open('/dev/full', 'wb') as full:
        options = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.PIPE, stream: full}
        process = runner.start('--host', '--', 'sh', '-c', f'echo x >&{number}; sleep 10000', **options)
        assert process.wait(HANGS) == 121
    runner.assert_nothing_left(at_once=True)


@pytest.mark.sanitized
def test_every_append_reaches_the_kernel_in_order(runner):
    """There are more of them than once had room."""
    words = [f'umrun.n={n}' for n in range(40)]
    done = runner.run(*(f'--append={word}' for word in words), '--host', '--', 'cat', '/proc/cmdline')
    assert done.returncode == 0
    assert [word for word in done.stdout.decode().split() if word.startswith('umrun.')] == words


def test_longer_command_line_than_a_kernel_takes(runner):
    done = runner.run(f'--append=umrun.n={"0" * 5000}', '--host', '--', 'true')
    assert done.returncode == 123
    assert done.stderr.endswith(b'Too many command line arguments!\n')


@pytest.mark.sanitized
@pytest.mark.parametrize('text', ['nope\\n', '[1]\\n', '{"cut":'])
def test_bad_record(runner, text):
    status, records, error = run_with_records(runner, '--host', '--', 'sh', '-c',
                                              f"printf '{text}' >&3")
    assert status == 125
    assert records[-1]['outcome'] == 'bad-record'
    assert b'the job wrote a record that is' in error


@pytest.mark.sanitized
def test_time_limit_on_a_guest_that_loops(runner):
    done = runner.run('--timeout', '1', *LOOP)
    assert done.returncode == 124
    assert b'the job did not end in time (--timeout 1, or SIGALRM)' in done.stderr
    runner.assert_nothing_left()


@pytest.mark.sanitized
def test_time_is_up_and_the_kernel_says_where_it_was(runner):
    process = runner.start('--timeout=0', *LOOP, stderr=subprocess.PIPE)
    runner.wait_for_guest()
    process.send_signal(signal.SIGALRM)
    _, error = process.communicate(timeout=HANGS)
    assert process.returncode == 124
    assert b'where its kernel was:' in error and b'RIP: ' in error and b'Call Trace:' in error
    runner.assert_nothing_left()


def test_time_limit_on_a_kernel_that_hangs(runner):
    """It is stopped once it is there, since coming up may take longer than the limit."""
    process = runner.start('--timeout', '5', '--host', '--', 'sleep', '10000',
                           stderr=subprocess.DEVNULL)
    for pid in wait_for(lambda: processes(runner.kernel)):
        with contextlib.suppress(ProcessLookupError):  # one that has ended since
            os.kill(pid, signal.SIGSTOP)
    assert process.wait(HANGS) == 124
    runner.assert_nothing_left()


@pytest.mark.sanitized
def test_panic(runner):
    done = runner.run('--mem', '64', *PANIC)
    assert done.returncode == 123
    lines = done.stderr.decode().splitlines()
    assert lines[0] == 'umrun: k, boot 0: the kernel panicked:'
    assert ' invoked oom-killer: ' in lines[1]
    assert any(line.startswith('Kernel panic - not syncing: Out of memory') for line in lines)
    assert 'Call Trace:' in lines and ' [<' in lines[-1]
    runner.assert_nothing_left()


def test_a_panic_is_shown_from_the_first_sign_of_trouble_on(runner):
    """This holds for each sign in the table of signs."""
    signs = 'echo "<6>all is well" > /dev/kmsg; echo "<4>UBSAN: array-index" > /dev/kmsg; '
    done = runner.run('--mem', '64', *PANIC[:-1], signs + PANIC[-1])
    lines = done.stderr.decode().splitlines()
    assert lines[1] == 'UBSAN: array-index'
    assert any(line.startswith('Kernel panic - not syncing: Out of memory') for line in lines)


@pytest.mark.parametrize('signum, status', [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(runner, signum, status):
    process = runner.start(*SLEEP)
    runner.wait_for_guest()
    process.send_signal(signum)
    assert process.wait(HANGS) == status
    runner.assert_nothing_left(at_once=True)


def test_kill_9_at_random_moments(runner):
    """The moments are from its start until its job runs, and a little later."""
    moments = random.Random(2)
    started = time.monotonic()
    process = runner.start(*SLEEP)
    runner.wait_for_guest()
    takes = 1.2 * (time.monotonic() - started)
    process.kill()
    process.wait()
    runner.assert_nothing_left()
    for _ in range(20):
        process = runner.start(*SLEEP)
        time.sleep(moments.uniform(0, takes))
        process.kill()
        process.wait()
        runner.assert_nothing_left()


def test_kill_9_of_umrun_and_its_guardian(runner):
    process = runner.start(*SLEEP)
    runner.wait_for_guest()
    for pid in processes(runner.umrun):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    runner.assert_nothing_left()


@pytest.mark.sanitized
def test_kill_9_of_the_guardian_alone(runner):
    process = runner.start(*SLEEP, stderr=subprocess.DEVNULL)
    runner.wait_for_guest()
    for pid in processes(runner.umrun):
        if pid != process.pid:
            os.kill(pid, signal.SIGKILL)
    assert process.wait(HANGS) == 123
    runner.assert_nothing_left(at_once=True)


def read_until(fd: int, text: bytes) -> bytes:
    """Read up to the text from a guest's terminal; the host may be slow."""
    got = b''
    while text not in got:
        assert select.select([fd], [], [], HANGS)[0], got
        got += os.read(fd, 4096)
    return got


@pytest.mark.sanitized
def test_shell(runner, terminal):
    """What is typed ahead is kept; the terminal is as it was when all is over."""
    mine, its = terminal
    before = termios.tcgetattr(its)
    process = subprocess.Popen(runner.command('--shell', '--', 'sh'), stdin=its, stdout=its,
                               stderr=its, env=runner.environment())
    os.write(mine, b'stty size; echo $((6 * 7))th; exit 3\n')
    assert b'33 101\r\n42th\r\n' in read_until(mine, b'42th\r\n')
    assert process.wait(HANGS) == 3
    assert termios.tcgetattr(its) == before
    runner.assert_nothing_left(at_once=True)


def test_kill_9_of_a_shell_restores_the_terminal(runner, terminal):
    mine, its = terminal
    before = termios.tcgetattr(its)
    process = subprocess.Popen(runner.command('--shell', '--', 'sh'), stdin=its, stdout=its,
                               stderr=its, env=runner.environment())
    os.write(mine, b'echo $((6 * 7))th\n')
    read_until(mine, b'42th\r\n')
    assert termios.tcgetattr(its) != before
    process.kill()
    process.wait()
    runner.assert_nothing_left()
    assert termios.tcgetattr(its) == before


def test_shell_that_cannot_start_leaves_the_terminal_alone(runner, terminal):
    """This holds whenever it finds no room for another descriptor."""
    _, its = terminal
    before = termios.tcgetattr(its)
    statuses = []
    for limit in range(5, 30):
        process = subprocess.Popen(
            runner.command('--shell', '--', 'true'), stdin=its, stdout=its, stderr=subprocess.DEVNULL,
            preexec_fn=lambda n=limit: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)),
            env=runner.environment())
        statuses.append(process.wait(HANGS))
        assert termios.tcgetattr(its) == before, limit
        runner.assert_nothing_left()
    assert (statuses[0], statuses[-1]) == (122, 0)


def test_death_of_the_parent(runner):
    shell = subprocess.Popen(['sh', '-c', '"$@"; exit', 'sh', *runner.command(*SLEEP)],
                             env=runner.environment())
    runner.wait_for_guest()
    shell.kill()
    shell.wait()
    runner.assert_nothing_left()


def run_with_console(runner, folder, *arguments: str) -> tuple[int, list[dict], bytes, bytes]:
    """Do as run_with_records(), and return also what the kernel printed."""
    with open(folder / 'console', 'w+b') as console:
        status, records, said = run_with_records(
            runner, '--console', str(console.fileno()), *arguments, also=[console.fileno()])
        return status, records, said, os.pread(console.fileno(), 64 << 20, 0)


@pytest.mark.sanitized
def test_console_flood(runner, tmp_path):
    """The log keeps the first 16 MiB and the last 64 KiB, and counts what is between."""
    flood = ('echo on > /proc/sys/kernel/printk_devkmsg; line=$(printf %0900d 0); i=100000; '
             'while [ $i -lt 120000 ]; do echo flood $i $line; i=$((i + 1)); done > /dev/kmsg')
    status, records, said, console = run_with_console(runner, tmp_path, '--host', '--', 'sh', '-c',
                                                      flood)
    assert (status, said) == (0, b'')
    head, dropped, tail = re.fullmatch(rb'(.*)\n\[(\d+) bytes not kept\]\n(.*)',
                                       console, re.S).groups()
    assert (len(head), len(tail)) == (16 << 20, 64 << 10)
    assert records[-1]['console_dropped'] == int(dropped)
    first, last = re.search(rb'flood (\d+)', head), re.search(rb'flood (\d+)', tail)
    lines = len(head) - first.start() + int(dropped) + last.start()
    assert lines == (int(last[1]) - int(first[1])) * len(b'flood 100000 \n' + 900 * b'0')
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1 << 20
    runner.assert_nothing_left()


def test_console_is_kept_whole(runner, tmp_path):
    flood = ('echo on > /proc/sys/kernel/printk_devkmsg; line=$(printf %0900d 0); '
             'for i in $(seq 4000); do echo flood $i $line; done > /dev/kmsg')
    status, records, _, console = run_with_console(runner, tmp_path, '--host', '--', 'sh', '-c',
                                                   flood)
    assert re.findall(rb'^flood (\d+)', console, re.M) == [b'%d' % n for n in range(1, 4001)]
    assert (status, records[-1]['console_dropped']) == (0, 0)


def test_the_kernel_waits_until_its_console_is_read(runner, tmp_path):
    flood = (f'echo on > /proc/sys/kernel/printk_devkmsg; until [ -e {tmp_path}/go ]; do :; done; '
             'line=$(printf %0900d 0); i=0; '
             'while [ $i -lt 4000 ]; do echo flood $i $line; i=$((i + 1)); done > /dev/kmsg')
    with open(tmp_path / 'console', 'w+b') as console:
        process = runner.start('--console', str(console.fileno()), '--host', '--', 'sh', '-c',
                               flood, pass_fds=[console.fileno()])
        runner.wait_for_guest()
        readers = processes(runner.umrun)
        for pid in readers:
            os.kill(pid, signal.SIGSTOP)
        (tmp_path / 'go').touch()
        wait_for(lambda: any(map(has_full_pipe, readers)))
        time.sleep(0.5)  # in which a kernel that does not wait loses lines
        for pid in readers:
            os.kill(pid, signal.SIGCONT)
        assert process.wait() == 0
        lines = re.findall(rb'^flood (\d+)', os.pread(console.fileno(), 64 << 20, 0), re.M)
    assert lines == [b'%d' % i for i in range(4000)]


def has_full_pipe(pid: int) -> bool:
    """Tell whether one of a process's pipes has no room."""
    for link in Path(f'/proc/{pid}/fd').iterdir():
        if os.readlink(link).startswith('pipe:'):
            with open(link, 'wb') as pipe:
                if not select.select([], [pipe], [], 0)[1]:
                    return True
    return False


def test_console_of_every_boot_is_kept(runner, tmp_path):
    status, records, _, console = run_with_console(
        runner, tmp_path, '--boots=3', '--host', '--', 'sh', '-c', 'echo here > /dev/kmsg')
    assert (status, console.count(b'\nhere\n')) == (0, 3)
    assert [r['console_dropped'] for r in records if r['type'] == 'boot'] == [0, 0, 0]


def test_console_that_cannot_be_written(runner):
    with open('/dev/full', 'wb') as full:
        status, records, said = run_with_records(
            runner, '--console', str(full.fileno()), '--host', '--', 'sh', '-c', 'exit 5',
            also=[full.fileno()])
    assert (status, records[-1]['outcome']) == (5, 'exit')
    assert said == b"umrun: cannot write the console's log: No space left on device\n"
    assert records[-1]['console_dropped'] > 500


def test_each_guest_that_takes_turns_has_a_console(runner, tmp_path):
    with ExitStack() as files:
        consoles = [files.enter_context(open(tmp_path / name, 'w+b')) for name in 'kbc']
        options = [f'--console={console.fileno()}' for console in consoles]
        say = ('id=$(cat /proc/sys/kernel/random/uuid); echo "{\\"id\\":\\"$id\\"}" >&3; '
               'echo $id >/dev/kmsg')
        status, records, _ = run_with_records(
            runner, *turns_command(runner, *options, '--host', '--', 'sh', '-c', say),
            also=[console.fileno() for console in consoles])
        logs = [os.pread(console.fileno(), 1 << 20, 0).decode() for console in consoles]
    ids = {record['kernel']: record['id'] for record in records if 'id' in record}
    assert (status, len(set(ids.values()))) == (0, 3)
    assert [[name for name in 'kbc' if ids[name] in log] for log in logs] == [['k'], ['b'], ['c']]


def test_guests_that_take_turns_do_not_share_a_console(runner):
    done = runner.run(*turns_command(runner, '--console=2', '--', 'true'))
    assert (done.returncode, done.stderr) == (
        122, b'umrun: --console: 1 given, 3 needed, which is one for each kernel with --turns\n')


@pytest.fixture
def scripted(runner):
    """Put a script in the kernel's place, which prints what a kernel prints."""
    def replace(script: str) -> None:
        runner.kernel.write_text(f'#!/bin/sh\n{script}\n')
    return replace


def test_panic_in_two_pieces(runner, scripted, tmp_path):
    """umrun reads 64 KiB at once."""
    printed = tmp_path / 'printed'
    printed.write_text('.\n' * ((32 << 10) - 5) + 'KKernel panic - not syncing: KKK\n')
    scripted(f'cat {printed}')
    status, records, said = run_with_records(runner, '--host', '--', 'true')
    assert (status, records[-1]['outcome']) == (123, 'panic')
    assert said.startswith(b'umrun: k, boot 0: the kernel panicked:\n')


TIME = ('--', '/bin/walks', 'time', '--samples=6', 'dense:pmd_entry,smaps')


@pytest.mark.sanitized
def test_turns_are_taken_one_at_a_time_in_an_order_and_its_reverse(runner):
    status, records, _ = run_with_records(runner, *turns_command(runner, *TIME))
    assert status == 0
    samples = sorted((r['turn'], r['kernel'], r['walk']) for r in records if r['type'] == 'sample')
    assert len({turn for turn, *_ in samples}) == len(samples) == 3 * 6 * 2
    orders = set()
    for first in range(0, len(samples), 6):
        turns, kernels, walks = zip(*samples[first:first + 6])
        assert turns == tuple(range(turns[0], turns[0] + 6)) and turns[0] % 6 == 0
        assert kernels[:3] == kernels[:2:-1] and set(kernels) == {'k', 'b', 'c'}
        assert len(set(walks)) == 1
        orders.add(kernels)
    assert len(orders) > 1


def test_turns_depend_on_the_seed_alone(runner):
    orders = []
    for _ in range(2):
        _, records, _ = run_with_records(runner, *turns_command(runner, *TIME))
        orders.append([kernel for _, kernel in sorted(
            (r['turn'], r['kernel']) for r in records if r['type'] == 'sample')])
    assert orders[0] == orders[1]


@pytest.mark.sanitized
def test_one_guest_that_dies_ends_the_others(runner):
    process = runner.start(*turns_command(runner, *SLEEP), stderr=subprocess.PIPE)
    os.kill(runner.wait_for_guest(least=7)[0], signal.SIGKILL)
    assert process.wait(HANGS) == 123
    assert b'the kernel ended before its job did' in process.stderr.read()
    runner.assert_nothing_left(at_once=True)


@pytest.mark.parametrize('signum, status', [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_interrupted_while_turns_are_taken(runner, signum, status):
    process = runner.start(*turns_command(runner, '--', '/bin/walks', 'time', '--samples=60000'),
                           stderr=subprocess.DEVNULL)
    runner.wait_for_guest(least=9)
    process.send_signal(signum)
    assert process.wait(HANGS) == status
    runner.assert_nothing_left()


@pytest.mark.parametrize('option', ['kernel', 'initrd'])
def test_missing_file(runner, option):
    value = {'kernel': 'x=/no/such/file', 'initrd': '/no/such/file'}[option]
    done = runner.run(f'--{option}', value, '--', '/bin/walks')
    assert done.returncode == 122
    assert done.stderr == f'umrun: --{option}: /no/such/file: No such file or directory\n'.encode()


def test_memory_is_bound_by_no_mount(runner):
    """/dev/shm and TMPDIR are noexec, and hold less than the guest touches."""
    script = 'mount -t tmpfs -o noexec,size=16m none /dev/shm && exec "$@"'
    touch = ('--host', '--', 'sh', '-c', 'head -c 20M /dev/zero | tail -c 18M | wc -c')
    done = subprocess.run([*private_mounts(), 'sh', '-c', script, 'sh', *runner.command(*touch)],
                          capture_output=True, check=False, timeout=HANGS,
                          env=runner.environment() | {'TMPDIR': '/dev/shm'})
    assert (done.stdout, done.returncode) == (b'18874368\n', 0), done.stderr


@pytest.mark.skipif(MEMORY_MIB >= 1 << 20, reason='this host has a TiB of memory')
def test_more_memory_than_the_host_has(runner):
    done = runner.run(f'--mem={1 << 20}', *SLEEP)
    assert done.returncode == 122
    assert b'MiB of memory available, the guest needs 1048576 MiB: end what' in done.stderr
