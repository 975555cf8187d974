# SPDX-License-Identifier: GPL-2.0
"""The appliance as a user meets it: real kernels, real boots."""

import re
import subprocess

import pytest

from appliance.boots import guest
from appliance.boots.counting import side_by_side
from appliance.boots.records import Check, of_type
from appliance.commands.selftests.observe import ensure_programs, observe
from appliance.commands.selftests.tests import Selftest, always
from appliance.failure import KERNEL_DIED
from appliance.kernels import series
from appliance.kernels.version import LINUX
from appliance.paths import TOP, build_folder
from made import latest


def one_line(text: str) -> str:
    """Return the message, which must be one line from umwalk."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith('umwalk: ')
    return lines[0]


@pytest.mark.parametrize('kernel', series.kernels())
def test_run_passes_output_and_status_on(appliance, umwalk, kernel):
    ran = umwalk('run', f'--kernel={kernel}', '--', 'sh', '-c', 'uname -m; echo bad >&2; exit 7')
    assert (ran.stdout, ran.stderr, ran.returncode) == ('x86_64\n', 'bad\n', 7)


def test_a_panic_of_a_release_kernel_has_file_and_line(appliance, umwalk):
    script = ('echo 200 > /proc/sys/vm/nr_hugepages; echo 2 > /proc/sys/vm/panic_on_oom; '
              'echo soon >&2; head -c 300M /dev/zero | tail -c 200M | wc -c')
    ran = umwalk('run', '--', 'sh', '-c', script)
    assert ran.returncode == KERNEL_DIED
    assert ran.stderr.startswith('soon\numrun: stock, boot 0: the kernel panicked:\n')
    assert re.search(r' out_of_memory\+0x\w+/0x\w+ \(mm/oom_kill\.c:\d+', ran.stderr)


def test_run_sees_the_guest_and_the_hosts_files(appliance, umwalk):
    script = f'grep -c ^processor /proc/cpuinfo; cat {TOP}/Makefile; touch {TOP}/Makefile'
    ran = umwalk('run', '--', 'sh', '-c', script)
    assert ran.stdout == '1\n' + (TOP / 'Makefile').read_text()
    assert 'Read-only file system' in ran.stderr
    assert ran.returncode == 1


def test_huge_pages_are_2_mib(appliance, umwalk):
    ran = umwalk('run', '--', 'grep', 'Huge', '/proc/meminfo')
    assert re.search(r'^Hugepagesize: +2048 kB$', ran.stdout, re.M)


def test_make_run_takes_a_shell_command(appliance):
    ran = subprocess.run(['make', '-s', 'run', 'KERNEL=patched', "CMD=echo $((6 * 7)) 'a  b'"],
                         cwd=TOP, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == ('42 a  b\n', 0), ran.stderr


@pytest.mark.parametrize('command', [
    ('run', '--kernel=nonesuch', '--', 'true'), ('build', '--kernel=nonesuch'),
    ('bench', '--kernel=stock', '--kernel=nonesuch'), ('golden', '--kernel=nonesuch'),
    ('count', '--kernel=stock', '--kernel=nonesuch'), ('profile', '--against=nonesuch')])
def test_unknown_kernel(umwalk, command):
    ran = umwalk(*command)
    assert ran.returncode == 2
    assert f"no kernel 'nonesuch': there are {', '.join(series.kernels())}" in one_line(ran.stderr)


def test_missing_sources(umwalk, tmp_path):
    ran = umwalk('build', '--kernel=stock', BUILD=str(tmp_path), LINUX_SRC='/nonexistent/linux.tar.xz')
    assert ran.returncode == 2
    assert "no kernel sources at '/nonexistent/linux.tar.xz'" in one_line(ran.stderr)


@pytest.mark.parametrize('version', ['5.10.200', f'{LINUX.name}.{LINUX.oldest - 1}'])
def test_a_tree_of_another_version(umwalk, tmp_path, version):
    tree = tmp_path / 'linux'
    tree.mkdir()
    (tree / 'Makefile').write_text(''.join(f'{name} = {number}\n' for name, number in zip(
        ('VERSION', 'PATCHLEVEL', 'SUBLEVEL'), version.split('.'))))
    ran = umwalk('build', '--kernel=stock', BUILD=str(tmp_path / 'build'), LINUX_SRC=str(tree))
    assert ran.returncode == 2
    assert ran.stderr.endswith(f' is Linux {version}: set LINUX_SRC= to Linux '
                               f'{LINUX.name}.N, N from {LINUX.oldest} on\n')


@pytest.mark.parametrize('name', ['with space', 'with:colon'])
def test_a_path_that_kbuild_cannot_take(umwalk, tmp_path, name):
    ran = umwalk('build', '--kernel=stock', BUILD=str(tmp_path / name))
    assert ran.returncode == 2
    assert 'space or colon' in one_line(ran.stderr)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize('variable, command', [('BUILD', ('build', '--kernel=stock')),
                                               ('RESULTS', ('contract',))])
def test_a_folder_that_cannot_be_made(umwalk, tmp_path, variable, command):
    (tmp_path / 'file').touch()
    folder = tmp_path / 'file' / 'folder'
    ran = umwalk(*command, **{variable: str(folder)})
    assert ran.returncode == 2
    assert f"folder '{folder}': Not a directory; set {variable}=" in one_line(ran.stderr)


def test_no_kernel_is_built_again_when_nothing_changed(appliance, umwalk):
    before = {one: one.program.stat().st_mtime_ns for one in appliance.kernels.values()}
    ran = umwalk('build')
    assert ran.returncode == 0 and ran.stderr == ''
    assert {one: one.program.stat().st_mtime_ns for one in appliance.kernels.values()} == before


def test_initramfs_is_small(appliance):
    assert appliance.initramfs.stat().st_size <= 3 << 20


def test_debug_information_names_no_folder_of_whoever_compiled(appliance):
    """Otherwise the build ID would make another program of the same sources elsewhere."""
    debug = appliance.kernels['stock'].debug
    shown = subprocess.run(['readelf', '--debug-dump=info', '--dwarf-depth=1', debug],
                           capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r'DW_AT_comp_dir.*: (/.*)', shown)) == {'/linux/objects'}


TAKES_ALL_MEMORY = """\
#!/bin/sh
echo 2 >/proc/sys/vm/panic_on_oom
cat /dev/zero >/dev/shm/a
cat /dev/zero >/tmp/b
"""


def test_a_guest_that_dies_in_a_selftest_shows_its_stack(appliance, tmp_path):
    program = tmp_path / 'mkdirty'
    program.write_text(TAKES_ALL_MEMORY)
    program.chmod(0o755)
    test = Selftest('mm', program.name, (), 'root', '0', 512, 'always')
    seen = observe(appliance.only('stock'), {test: program}, test)
    assert seen.state == 'fail' and not seen.passed
    assert seen.died.startswith('a boot failed (the kernel panicked or died):\n')
    assert 'Kernel panic - not syncing: Out of memory' in seen.died
    assert re.search(r'out_of_memory\+0x.* \(mm/oom_kill\.c:\d+', seen.died)


HUGE_PAGE_IS_KEPT = """\
#!/bin/sh
mkdir huge && mount -t hugetlbfs none huge && fallocate -l 2M huge/file
"""


def test_a_selftest_that_keeps_a_huge_page_fails(appliance, tmp_path):
    program = tmp_path / 'keeps'
    program.write_text(HUGE_PAGE_IS_KEPT)
    program.chmod(0o755)
    test = Selftest('mm', program.name, (), 'root', '2', 512, 'always')
    seen = observe(appliance.only('stock'), {test: program}, test)
    assert [one.text for one in seen.faults] == ['exit status 1: # huge pages free: 1, were 2']


def test_selftests_of_the_kernel_tree_pass(appliance):
    """All that umwalk validate runs but pagemap_ioctl, which has half a million faults."""
    chosen = [test for test in always() if test.program != 'pagemap_ioctl']
    only = appliance.only('stock')
    programs = ensure_programs(build_folder(), only.kernels['stock'].kernel, chosen)
    seen = dict(zip(chosen, side_by_side(lambda test: observe(only, programs, test), chosen)))
    assert {test.name: one.state for test, one in seen.items() if one.state != 'pass'} == {}


def test_what_selftests_have_shown_is_stored(appliance, umwalk):
    ran = umwalk('selftests', '--kernel=stock', '--only=map_fixed_noreplace')
    assert (ran.returncode, latest('selftests')['findings']) == (0, []), ran.stdout
    assert latest('selftests')['counts'] == {'stock': {'passed': 9, 'failed': 0, 'skipped': 0}}


def test_stock_tells_the_truth(appliance):
    """Every check holds on the tree's own walker."""
    only = appliance.only('stock')
    records = list(guest.records(only, f'--mem={only.memory_mib}', argv=['/bin/walks', 'check']))
    checks = of_type(Check, records)
    assert {(c.layout, c.check) for c in checks} >= {
        (layout, check) for layout in ('dense', 'sparse', 'pfnmap', 'hugetlb')
        for check in ('smaps', 'pagemap')}
    assert [c for c in checks if not c.ok] == []
