# SPDX-License-Identifier: GPL-2.0
"""Fixtures: the appliance, built once from this clone, and its command line."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / 'bench'))

# pylint: disable=wrong-import-position
from appliance.boots import guest, walks
from appliance.kernels import build as builds, series  # noqa: E402
from appliance.kernels.build import Built  # noqa: E402
from appliance.paths import build_folder  # noqa: E402
from runner_fixtures import (  # noqa: E402, F401 # pylint: disable=unused-import
    runner, sanitized_umrun, terminal)


# A shell that starts the tests in the background has them ignore it, and so all they start:
# the processes of xdist, too, which may load this file in another thread than the main one.
if 'PYTEST_XDIST_WORKER' not in os.environ:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Seconds, for what hangs: whatever ends at all does so sooner, even on a host that is ten
# times slower and has a third of a CPU.
HANGS = 1800

# Tests in these files build kernels, or remove some: one process at a time can.
BUILDERS = {f'test_{name}.py' for name in (
    'misbehaving', 'mutants', 'one_by_one', 'patches', 'slower', 'validate_build',
    'validate_killed', 'validate_probe', 'validate_stages')}

# One instruction, a jump over what makes it 16 bytes: a lone nop would shift the code
# behind it, whose alignment the assembler then pads with nops of its own.
ONE_MORE = """\
--- a/mm/pagewalk.c
+++ b/mm/pagewalk.c
@@ -33,4 +33,5 @@
 	for (;;) {
 		err = ops->pte_entry(pte, addr, addr + PAGE_SIZE, walk);
+		asm volatile("jmp 1f\\n.skip 14\\n1:");
 		if (err)
 		       break;
"""


@pytest.fixture(scope='session')
def appliance(request) -> guest.Appliance:
    """Build every kernel, the runner and the initramfs as for a user; check that they boot."""
    built = guest.ensure(build_folder(), [series.kernel(name) for name in series.kernels()])
    for name in built.kernels:
        ran = subprocess.run(built.only(name).command('--host', argv=['cat', '/proc/cpuinfo']),
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        assert 'User Mode Linux' in ran.stdout
    request.config.stash[BOOTED] = True
    return built


BOOTED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --must-boot, for runs that would prove nothing without a kernel."""
    parser.addoption('--must-boot', action='store_true', help='fail unless a kernel was booted')


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers."""
    config.addinivalue_line('markers', 'boots: has kernels built and boots them (set by itself)')
    config.addinivalue_line('markers', 'long: is left to `make test-long`')
    config.addinivalue_line('markers', 'browser: has a browser use the dashboard, for minutes')
    config.addinivalue_line('markers', 'sanitized: runs with the sanitizers in umrun, too')


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that are marked `sanitized` with a umrun of each kind."""
    if metafunc.definition.get_closest_marker('sanitized'):
        metafunc.parametrize('runner', ['plain', 'sanitized'], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that have kernels as `boots`; `make check` leaves them out."""
    for item in items:
        if {'appliance', 'runner'} & set(item.fixturenames):
            item.add_marker('boots')
    # What takes longest comes first, so that no process of xdist works alone at the end.
    long = {item.path for item in items
            if item.get_closest_marker('boots') or item.get_closest_marker('browser')}
    items.sort(key=lambda item: (_file(item.nodeid) not in BUILDERS, item.path not in long))


def _file(nodeid: str) -> str:
    return Path(nodeid.partition('::')[0]).name


class Scheduling(LoadFileScheduling):  # pylint: disable=abstract-method # is so in xdist
    """Have one process run each file, and one all that build kernels."""

    def _split_scope(self, nodeid: str) -> str:
        return 'builders' if _file(nodeid) in BUILDERS else _file(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Have one process more than CPUs for -n auto, since some tests wait."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log) -> Scheduling:
    """Take the scheduler above for -n."""
    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run with --must-boot that never had a kernel, in any of the processes of xdist."""
    booted = session.config.stash.get(BOOTED, False)
    if hasattr(session.config, 'workeroutput'):
        session.config.workeroutput['booted'] = booted
    elif session.config.getoption('must_boot') and not booted:
        print('\nno kernel was booted')
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:
    """Take over from a process of xdist that it has booted a kernel."""
    if getattr(node, 'workeroutput', {}).get('booted'):
        node.config.stash[BOOTED] = True


@pytest.fixture(autouse=True)
def only_marked_tests_have_kernels(request, monkeypatch, tmp_path_factory):
    """Give other tests nothing to build kernels from, which would take minutes."""
    if not request.node.get_closest_marker('boots'):
        monkeypatch.setenv('BUILD', str(tmp_path_factory.getbasetemp() / 'no-build'))
        monkeypatch.setenv('LINUX_SRC', '/nonexistent/linux')


@pytest.fixture(scope='session', autouse=True)
def users_results_are_left_alone():
    """Check that no test writes to results/ of this clone, which is the user's."""
    def contents() -> dict[Path, int]:
        return {path: path.lstat().st_mtime_ns for path in (TOP / 'results').rglob('*')}

    before = contents()
    yield
    assert contents() == before, 'results/ changed while the tests ran'


@pytest.fixture(scope='module', autouse=True)
def results_folder(tmp_path_factory):
    """Make the folder for results of a test module, in this process and others."""
    folder = tmp_path_factory.mktemp('results')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('RESULTS', str(folder))
        yield folder


@pytest.fixture(scope='session')
def known(appliance) -> walks.Known:
    """Ask for the layouts and walks that there are."""
    return walks.known(build_folder())


@pytest.fixture(scope='session')
def stock_with(appliance):
    """Build stock with one more patch; returns the appliance with that kernel in stock's place."""
    def build(patch: Path) -> guest.Appliance:
        kernel = series.kernel('stock').plus(f'with-{patch.stem}', patch)
        built, = builds.ensure(build_folder(), [kernel])
        return replace(appliance, kernels={'stock': built})
    return build


@pytest.fixture(scope='session')
def one_more(stock_with, tmp_path_factory) -> Built:
    """Build stock with one more instruction for each PTE of a walk; return the program."""
    patch = tmp_path_factory.mktemp('one-more') / 'one-more.patch'
    patch.write_text(ONE_MORE)
    return stock_with(patch).kernels['stock']


@pytest.fixture(scope='session')
def copy_of():
    """Copy a kernel to a folder, all that is beside it but its placements and counts."""
    def copy(built: Built, folder: Path) -> Built:
        shutil.copytree(built.folder, folder, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns('placements', 'instructions'))
        return replace(built, folder=folder, program=folder / 'linux')
    return copy


@pytest.fixture
def umwalk():
    """Run bench/umwalk with arguments; returns the CompletedProcess, output as text.

    That it waits is left out of what it says: another process of xdist builds meanwhile.
    """
    def run(*arguments: str, timeout: float = HANGS, **environment: str):
        ran = subprocess.run([TOP / 'bench' / 'umwalk', *arguments], text=True,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                             env=os.environ | environment, check=False)
        ran.stderr = ''.join(line for line in ran.stderr.splitlines(keepends=True)
                             if not line.startswith('waiting for another umwalk'))
        return ran
    return run


@pytest.fixture
def tools(tmp_path):
    """Make a folder for PATH: the host's programs except some, with small scripts instead."""
    def make(*hidden: str, **scripts: str) -> str:
        folder = tmp_path / 'tools'
        folder.mkdir()
        for source in ('/usr/bin', '/bin', '/usr/sbin', '/sbin'):
            for program in Path(source).iterdir():
                if program.name not in hidden and not (folder / program.name).is_symlink():
                    (folder / program.name).symlink_to(program)
        for name, body in scripts.items():
            script = folder / name.replace('_', '-')
            script.unlink(missing_ok=True)
            script.write_text(f'#!/bin/sh\n{body}\n')
            script.chmod(0o755)
        return str(folder)
    return make
