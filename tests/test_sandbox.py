# SPDX-License-Identifier: GPL-2.0
"""The sandbox: each attack works without one, and fails in each kind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from appliance import process, sandbox
from appliance.commands.contract.observe import FAIL, observe
from appliance.failure import Failure
from appliance.kernels import series
from appliance.kernels.kbuild import ObjectFolder
from appliance.kernels.lists import entries
from appliance.kernels.sources import Source
from appliance.kernels.tree import PatchedTree
from appliance.paths import TOP, build_folder
from appliance.sandbox import NONE, TIERS, Sandbox
from runner_fixtures import forbid, private_mounts, processes, wait_for

LONG = 600  # seconds, for what has to be ended
LANDLOCK_CREATE_RULESET = 444
NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']


@pytest.fixture
def folder():
    """Make a folder that every user can read."""
    with tempfile.TemporaryDirectory() as made:
        os.chmod(made, 0o755)
        yield Path(made)


def working(one: Sandbox) -> Sandbox:
    """Return it if the host allows it."""
    if why := sandbox.refusal(one):
        pytest.skip(f'{one.tier} is refused here: {why}')
    return one


@pytest.fixture(params=TIERS)
def box(request, folder) -> Sandbox:
    return working(Sandbox(request.param, (TOP, folder)))


@pytest.fixture(params=[NONE, *TIERS])
def any_box(request, folder) -> Sandbox:
    """Without one, too, where every attack works."""
    return working(Sandbox(request.param, (TOP, folder)))


def run(box: Sandbox, script: str, *writable: Path, by=()) -> subprocess.CompletedProcess:
    """Run a script in the sandbox."""
    return process.run([*by, *box.under(*writable), 'sh', '-c', script])


def python(text: str) -> str:
    return f"/usr/bin/python3 -c '{text}'"


def test_what_it_writes(any_box, folder):
    (folder / 'allowed').mkdir()
    ran = run(any_box, f'echo 1 >{folder}/allowed/file; echo 3 >{folder}/no', folder / 'allowed')
    assert (folder / 'allowed' / 'file').read_text() == '1\n'
    assert (folder / 'no').exists() is (not any_box.confines)
    assert (ran.returncode == 0) is (not any_box.confines)


@pytest.mark.parametrize('attack', ['>file', 'rm file', 'mv file other', 'chmod 777 file',
                                    'ln file other', 'mkdir other', 'ln -s / other'])
def test_a_file_outside(any_box, folder, attack):
    """Landlock leaves modes alone, which give nobody more than the user has."""
    file = folder / 'file'
    file.write_text('mine')
    os.utime(file, (0, 0))
    run(any_box, f'cd {folder}; {attack}')
    same = [path.name for path in folder.iterdir()] == ['file'] and file.read_text() == 'mine'
    if attack.startswith('chmod'):
        same = not file.stat().st_mode & 0o002 or any_box.tier == sandbox.LANDLOCK
    assert same is any_box.confines


def test_locks_are_the_wardens(any_box, tmp_path):
    """Who holds a lock could give it back, or write to its file."""
    with open(tmp_path / 'lock', 'w', encoding='utf-8') as lock, process.handing_down(lock.fileno()):
        ran = process.run([*any_box.under(), 'bash', '-c', f'echo hostile >&{lock.fileno()}'])
    assert ('Bad file descriptor' in ran.stderr) is any_box.confines
    assert (tmp_path / 'lock').read_text() == ('' if any_box.confines else 'hostile\n')


def test_what_it_reads(box):
    ran = run(box, f'cat /etc/os-release {TOP}/COPYING')
    assert ran.returncode == 0 and 'GNU GENERAL PUBLIC LICENSE' in ran.stdout


@pytest.mark.parametrize('family', ['INET', 'UNIX'])
def test_sockets(any_box, folder, family):
    with socket.socket(getattr(socket, f'AF_{family}')) as listener:
        listener.bind(('127.0.0.1', 0) if family == 'INET' else str(folder / 'socket'))
        listener.listen()
        name = listener.getsockname()
        place = f'"{name}"' if family == 'UNIX' else f'("127.0.0.1", {name[1]})'
        ran = run(any_box, python('import socket; '
                                  f'socket.socket(socket.AF_{family}).connect({place})'))
    assert (ran.returncode == 0) is (not any_box.confines)


def test_only_bwrap_hides_interfaces_and_processes(any_box):
    ran = run(any_box, 'grep -c : /proc/net/dev; ls -d /proc/[0-9]* | wc -l')
    interfaces, shown = map(int, ran.stdout.split())
    assert (interfaces == 1 and shown < 10) is (any_box.tier == sandbox.BWRAP)


def test_system_settings(any_box):
    if os.geteuid():
        pytest.skip('only root may write there')
    setting = '/proc/sys/vm/swappiness'
    assert (run(any_box, f'v=$(cat {setting}); echo $v >{setting}').returncode == 0) is (
        not any_box.confines)


def test_setuid(any_box, folder):
    if os.geteuid():
        pytest.skip('only root can make such a program')
    shutil.copy('/usr/bin/id', folder / 'id')
    os.chmod(folder / 'id', 0o4755)
    ran = run(any_box, f'{folder}/id', by=NOBODY)
    assert 'uid=65534' in ran.stdout
    assert ('euid=0' in ran.stdout) is (not any_box.confines)


def test_an_ordinary_user(box, folder):
    if os.geteuid():
        pytest.skip('whoever runs the tests is one')
    (folder / 'allowed').mkdir()
    os.chown(folder / 'allowed', 65534, 65534)
    ran = run(box, f'touch {folder}/allowed/file; id -u; touch {folder}/no', folder / 'allowed',
              by=NOBODY)
    assert (ran.stdout, ran.returncode) == ('65534\n', 1)
    assert (folder / 'allowed' / 'file').exists()


def test_too_many_processes(any_box):
    seconds = LONG if any_box.confines else 1
    ran = run(replace(any_box, processes=100),
              f'for i in $(seq 200); do sleep {seconds} & done; wait')
    assert (ran.returncode, ran.stderr) == (
        (137, 'sandbox: error: ended at the limit of 100 processes\n') if any_box.confines
        else (0, ''))


def test_a_fork_bomb(box):
    """It outruns a warden that has to wait for a CPU, or would if Linux set no limit."""
    if os.getuid() == 0 and process.run(['chrt', '--rr', '1', 'true']).returncode:
        pytest.skip('root who may not come first has no protection')
    ran = run(replace(box, processes=50), 'x() { x & x; }; x')
    assert ran.returncode != 0
    assert 'ended at the limit of 50 processes' in ran.stderr or 'Cannot fork' in ran.stderr


def test_too_much_memory(any_box):
    seconds = LONG if any_box.confines else 0
    ran = run(replace(any_box, memory_mib=100),
              python(f'import time; a = bytearray(b"x" * (200 << 20)); time.sleep({seconds})'))
    assert (ran.returncode, ran.stderr) == (
        (137, 'sandbox: error: ended at the limit of 100 MiB of memory\n') if any_box.confines
        else (0, ''))


def test_too_large_a_file(any_box, folder):
    ran = run(replace(any_box, file_mib=1), f'head -c 3M /dev/zero >{folder}/file', folder)
    assert (ran.returncode == 0) is (not any_box.confines)
    assert (folder / 'file').stat().st_size == (1 if any_box.confines else 3) << 20


def test_a_disk_that_gets_full(box, folder):
    on_small_disk = [*private_mounts(), 'sh', '-euc',
                     'mount -t tmpfs -o size=64m none "$0"; exec "$@"', str(folder)]
    ran = run(box, f'sleep {LONG}', folder, by=on_small_disk)
    assert ran.returncode == 137 and 'ended at the limit of its disk' in ran.stderr


def test_too_long_a_time(box):
    ran = run(replace(box, seconds=1), f'sleep {LONG}')
    assert (ran.returncode, ran.stderr) == (124, 'sandbox: error: ended at the time limit of 1 s\n')


@pytest.fixture
def sleeper(folder) -> Path:
    """Return a program that sleeps, and whose processes are known from others."""
    program = folder / f'sleeper.{os.getpid()}'
    shutil.copy('/usr/bin/sleep', program)
    yield program
    for pid in processes(program):
        os.kill(pid, signal.SIGKILL)


def test_a_process_that_would_outlive_its_parent(any_box, sleeper):
    ran = run(any_box, f'setsid {sleeper} {LONG} >/dev/null 2>&1 & exit 3')
    assert ran.returncode == 3
    if any_box.confines:
        assert processes(sleeper) == []
    else:
        wait_for(lambda: processes(sleeper))


@pytest.mark.parametrize('how', [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_umwalk_is_killed(box, sleeper, how):
    """The process between, which stands for umwalk, starts the sandbox; all that is in it ends."""
    command = [*box.under(), 'sh', '-c', f'setsid {sleeper} {LONG} & setsid {sleeper} {LONG}']
    runs_it = 'import subprocess, sys; subprocess.run(sys.argv[1:])'
    with subprocess.Popen([sys.executable, '-c', runs_it, *command]) as umwalk:
        wait_for(lambda: len(processes(sleeper)) == 2)
        umwalk.send_signal(how)
    wait_for(lambda: processes(sleeper) == [])


def test_the_exit_status(any_box):
    assert run(any_box, 'exit 42').returncode == 42
    assert run(any_box, 'kill -9 $$').returncode == (137 if any_box.confines else -9)


# In a container, or outside of any, wherever the tests run.
CHOOSE = ('import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n'
          'from appliance import machine, sandbox; from appliance.failure import Failure\n'
          'machine.IN_CONTAINER = [Path(sys.argv[2])]\n'
          'try:\n  print(sandbox.choose(Path("/usr")).tier)\n'
          'except Failure as failure: print(failure, file=sys.stderr); sys.exit(failure.status)')


def choose(*by: str, container: bool = False, preexec_fn=None,
           **environment: str) -> subprocess.CompletedProcess:
    mark = '/' if container else '/nonexistent'
    return subprocess.run([*by, sys.executable, '-c', CHOOSE, TOP / 'bench', mark], text=True,
                          check=False, env=os.environ | environment, capture_output=True,
                          preexec_fn=preexec_fn)


no_landlock = partial(forbid, LANDLOCK_CREATE_RULESET)


@pytest.mark.parametrize('wanted, chosen', [('', 'bwrap'), ('landlock', 'landlock'),
                                            ('none', 'none')])
def test_the_choice(wanted, chosen):
    ran = choose(SANDBOX=wanted)
    assert (ran.stdout, ran.stderr, ran.returncode) == (f'{chosen}\n', '', 0)


def test_a_sandbox_that_there_is_none_of():
    assert choose(SANDBOX='firejail').stderr == (
        "SANDBOX='firejail': there are bwrap, landlock and none\n")


@pytest.mark.parametrize('said', [
    'bwrap: setting up uid map: Permission denied',
    'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted',
    'bwrap: No permissions to create new namespace, likely because the kernel does not allow '
    'non-privileged user namespaces.'])
def test_bwrap_is_refused_as_on_ubuntu_and_in_docker(tools, said):
    path = tools(bwrap=f'echo "{said}" >&2; exit 1')
    ran = choose(PATH=path)
    assert ran.stdout == 'landlock\n'
    assert ran.stderr.startswith(f'umwalk: bwrap does not work here ({said}), so the sandbox is '
                                 "Landlock's")
    ran = choose(PATH=path, preexec_fn=no_landlock)
    assert (ran.stdout, ran.returncode) == ('', 2)
    assert ran.stderr.startswith(f'no sandbox works here (bwrap: {said}; landlock: sandbox: ')
    assert ran.stderr.endswith('; or, if you trust it, set SANDBOX=none\n')
    assert ran.stderr.count('\n') == 1


def test_namespaces_are_refused_for_real():
    no_more = ['unshare', '--user', '--map-root-user', 'sh', '-c',
               'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"', 'sh']
    ran = choose(*no_more, SANDBOX='bwrap')
    assert ran.returncode == 2
    assert re.match(r'no sandbox works here \(bwrap: bwrap: .*\), and a patch is code that runs as '
                    'you: sudo sysctl user.max_user_namespaces=10000; or, ', ran.stderr)


def test_bwrap_is_missing(tools):
    path = tools('bwrap')
    ran = choose(PATH=path, SANDBOX='bwrap')
    assert ran.returncode == 2 and 'No such file or directory: bwrap' in ran.stderr
    assert re.search(r'install .*\bbubblewrap; or, ', ran.stderr)


def test_the_container_is_the_sandbox(tools):
    path = tools('bwrap')
    ran = choose(container=True, PATH=path, preexec_fn=no_landlock)
    assert (ran.stdout, ran.returncode) == ('none\n', 0)
    assert ran.stderr.startswith('umwalk: no sandbox works in here (')
    assert ran.stderr.endswith('): the container is the sandbox\n')
    assert choose(container=True, PATH=path, SANDBOX='bwrap').returncode == 2


@pytest.mark.parametrize('make', [
    lambda path: path.symlink_to('/etc/passwd'), os.mkfifo, Path.mkdir, lambda path: None])
def test_kbuild_may_leave_anything(tmp_path, make):
    objects = ObjectFolder(Source(tmp_path, '', ''), PatchedTree(tmp_path, tmp_path), 'x')
    objects.path.mkdir()
    make(objects.path / '.config')
    with pytest.raises(Failure, match='kbuild made no plain file .*/objects-x/.config'):
        objects.config  # pylint: disable=pointless-statement


# As much of kbuild as an ObjectFolder calls; it also writes where it should not.
TREE = """\
$(shell touch evil; touch $(O)/mine)
allnoconfig:
\tcp $(KCONFIG_ALLCONFIG) $(O)/.config
linux:
\tls $(O); touch $(O)/linux
"""


@pytest.fixture
def tree(folder) -> ObjectFolder:
    made = folder / 'tree'
    made.mkdir()
    (made / 'Makefile').write_text(TREE)
    return ObjectFolder(Source(made, '', ''), PatchedTree(made, folder / 'pristine'), 'x')


def build_in(objects: ObjectFolder) -> str:
    objects.configure({'A': ('y', '')})
    made = objects.make(['linux'])
    said, _ = made.communicate()
    assert made.returncode == 0, said
    return said


def test_objects_in_a_sandbox_are_a_copy_for_each_run(tree, any_box):
    objects = replace(tree, sandbox=any_box)
    build_in(objects)
    assert objects.config.read_text() == 'A=y\n' and objects.made('linux')
    evil = tree.source.tree / 'evil'
    assert evil.exists() is (tree.path / 'mine').exists() is (not any_box.confines)
    (objects.path / 'of-this-run').touch()
    assert 'of-this-run' in build_in(objects)
    another = replace(tree, sandbox=replace(any_box, run='another'))
    assert ('of-this-run' in build_in(another)) is (not any_box.confines)


def test_objects_in_a_sandbox_begin_as_those_outside(tree, box):
    build_in(tree)
    (tree.path / 'object').touch()
    os.utime(tree.path / 'object', (1, 1))
    inside = replace(tree, sandbox=box)
    assert 'object' in build_in(inside)
    assert (inside.path / 'object').stat().st_mtime == 1
    # A folder that nobody may change is removed nevertheless.
    (inside.path / 'locked' / 'in').mkdir(parents=True)
    (inside.path / 'locked').chmod(0)
    assert 'locked' not in build_in(replace(inside, sandbox=replace(box, run='another')))


@pytest.mark.parametrize('tier', TIERS)
def test_a_boot(appliance, tier):
    confined = replace(appliance.only('stock'), sandbox=Sandbox(tier, (TOP, build_folder())))
    seen, = observe(confined)
    assert seen.died == ''
    assert [rule for rule, state in seen.states().items() if state == FAIL] == entries(
        series.kernel('stock').version.folder / 'expected' / 'stock')
