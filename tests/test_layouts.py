# SPDX-License-Identifier: GPL-2.0
"""Layouts as files: what is refused, what is shipped, and a file of a user's own."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from appliance.boots import guest, layouts, walks
from appliance.boots.records import Check, Layout, of_type
from appliance.commands.contract.rules import OF_A_LAYOUT
from appliance.failure import Failure
from appliance.kernels import series
from appliance.kernels.configuration import WIDE
from appliance.paths import TOP, build_folder

SHIPPED = sorted((TOP / 'workloads' / 'layouts').glob('*.layout'))
# tests/test_thp.py and tests/test_gigantic.py have a kernel for them
NEEDS_THP = ('hugetlb_1g', 'thp')
# What the C functions described that these files replace; each range of pages was compared.
OLD = {
    'hugetlb': '10 VMAs, 267786 pages, 1574 present, 48 huge pages, 7 PTE tables; ',
    'pfnmap': '30 VMAs, 17034 pages, 2697 present, 0 huge pages, 33 PTE tables; ',
    'sparse': '280 VMAs, 4045130 pages, 2944 present, 0 huge pages, 1030 PTE tables; ',
    'dense': '1 VMAs, 16384 pages, 16384 present, 0 huge pages, 32 PTE tables; ',
}
QUICK = ('copied', 'dropped', 'file_on', 'forked', 'hugetlb_forked', 'joints_unaligned',
         'lazily_freed', 'locked', 'prot_none', 'stack', 'write_protected')
OF_WIDE = ('ksm', 'swapped')  # which need what only that configuration has
OF_ALL = tuple(file.stem for file in SHIPPED if file.stem not in OF_WIDE + NEEDS_THP)


@pytest.fixture(scope='module')
def program() -> Path:
    return guest.ensure_program(build_folder())


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """No test knows the files of another."""
    monkeypatch.setattr(layouts, '_given', {})


def said_of(program: Path, file: Path) -> subprocess.CompletedProcess:
    return subprocess.run([program, 'layout', file], capture_output=True, text=True, check=False)


def mapping(*keys: str) -> str:
    return '\n'.join(['[a]', 'kind=anon', *keys, ''])


@pytest.mark.parametrize('text, said', [
    ('', ': the file has no [section]'),
    ('size=1', ':1: a key comes before the first [section]'),
    ('[a', ':1: a section is [NAME]'),
    ('[a]\nkind', ':2: a line is [SECTION], KEY=VALUE or # a comment'),
    ('[a]\nsize=\xb5', ':2: a byte is no printable ASCII character'),
    ('[a]\nkind=anon\0', ':2: a byte is no printable ASCII character'),
    ('[a]\nsize=1', ':1: [a] has no kind=, which is needed'),
    ('[a]\nkind=zero\nsize=1', ":2: kind: 'zero' is not allowed: hole, anon, thp, hugetlb, "),
    ('[hole]\nkind=hole\nsize=1', ': the layout has holes only, no mapping'),
    ('[layout]\nsize=1', ':2: size: no such key in [layout], allowed are: about'),
    ('#\n[a]\nkind=hole\nsize=1\n[layout]\nabout=x', ':5: [layout] is allowed only as the first'),
    ('[repeat]\ntimes=2\n' + mapping('size=1'), ':1: [repeat] has no [end]'),
    ('[repeat]\n' + mapping('size=1') + '[end]', ':1: [repeat] has no times=, which is needed'),
    ('[repeat]\ntimes=2\n[end]', ':1: [repeat] has no mapping to repeat'),
    ('[repeat]\ntimes=70000\n' + mapping('size=1') + '[end]', ':2: times: '),
    ('[repeat]\ntimes=1,2\n' + mapping('size=1') + '[end]', ':2: times: a list is not allowed'),
    ('[repeat]\ntimes=2\n' + mapping('size=1') + '[end]',
     ':5: size: mapping 2 of [a]: 1 pages at page 1: would merge with the one before it'),
    (mapping('size=1') + '[end]', ':4: [end] has no [repeat] before it'),
    (mapping(), ':1: [a] has no size=, which is needed'),
    (mapping('size=1', 'color=red'), ':4: color: no such key in [a], allowed are: kind, size, '),
    (mapping('size=1', 'size=2'), ':4: size: it is in line 3 of [a], too'),
    (mapping('size='), ':3: size: it has no value'),
    (mapping('size=-1'), ":3: size: '-1' is not allowed: a number from 0 to 115343360"),
    (mapping('size=99999999999999999999'), ":3: size: '99999999999999999999' is not allowed"),
    (mapping('size=3k'), ":3: size: '3k' is not allowed"),
    (mapping('size=9999999t'), ":3: size: '9999999t' is not allowed"),
    (mapping('size=1x'), ":3: size: 'x' is not understood"),
    (mapping('size=5..1'), ":3: size: '..1' does not ascend"),
    (mapping('size=' + '1,' * 64 + '1'), ':3: size: the list is too long, at most 64 items'),
    (mapping('size=0'), ':3: size: 0 is allowed only in [repeat]'),
    (mapping('size=440g') + '[b]\nkind=file\nsize=1', ':6: size: the layout is too large'),
    (mapping('size=9', 'at=1') + '[b]\nkind=file\nat=5\nsize=1',
     ':7: at: page 5 overlaps the one before it, 10 is the first that is allowed'),
    ('[a]\nkind=hugetlb\nsize=1', ':3: size: 1 pages at page 0: not a number of whole pages'),
    ('[a]\nkind=hugetlb\nat=1\nsize=2m', ':4: size: 512 pages at page 1: not aligned'),
    ('[a]\nkind=hugetlb\npage=1g\nsize=2m',
     ':4: size: 512 pages at page 0: not a number of whole pages, of 1 GiB with page=1g'),
    ('[a]\nkind=hugetlb\npage=1g\nat=2m\nsize=1g',
     ':5: size: 262144 pages at page 512: not aligned to a huge page, which is of 1 GiB'),
    ('[a]\nkind=hugetlb\npage=1g\nsize=3g\npopulate=all',
     ':3: page: too many huge pages of 1 GiB, at most 2 are allowed'),
    ('[a]\nkind=hugetlb\npage=1g\nsize=3g\nreserve=yes', ':3: page: too many huge pages of 1 GiB'),
    ('[a]\nkind=hugetlb\npage=4k\nsize=2m', ":3: page: '4k' is not allowed: 2m, 1g are"),
    (mapping('page=1g', 'size=1g'), ':3: page: anon has no such choice: leave it out'),
    ('[a]\nkind=pfnmap_cow\nsize=3m', ':3: size: 768 pages at page 0: copied PFNMAP is of 2 MiB'),
    ('[a]\nkind=pfnmap\nsize=3m\npopulate=all', ':4: populate: pfnmap cannot be populated'),
    ('[a]\nkind=mixedmap\nsize=3m', ':3: size: 768 pages are too many for mixedmap'),
    ('[a]\nkind=mixedmap\nsize=9\npopulate=1\n[b]\nkind=mixedmap\nsize=9\npopulate=2',
     ':8: populate: all mixedmap mappings have the same memory'),
    ('[a]\nkind=pfnmap\nsize=3m\napart=yes', ':4: apart: pfnmap has no such choice'),
    (mapping('size=9', 'every=2'), ':4: every: nothing is populated: add populate=all'),
    (mapping('size=9', 'populate=3-2'), ':4: populate: 3-2 does not ascend'),
    (mapping('size=9', 'populate=1,1'), ":4: populate: '1' is not allowed: a number from 2 to "),
    (mapping('size=9', 'populate=9'), ':4: populate: page 9 is behind the end, the last that is '
                                      'allowed is 8'),
    (mapping('size=9', 'populate=1-2', 'first=1'), ':5: first: it goes with populate=all'),
    (mapping('size=9', 'populate=all', 'first=9'), ':5: first: page 9 is behind the end'),
    (mapping('size=9', 'populate=all', 'every=0'), ":5: every: '0' is not allowed"),
    (mapping('size=9', 'populate=all', 'density=101'), ":5: density: '101' is not allowed"),
    (mapping('size=1g', 'populate=all', 'density=1'), ':5: density: too many pages by chance'),
    (mapping('size=1g', 'populate=all'), ':4: populate: too much memory, at most 192m'),
    ('[a]\nkind=pfnmap\nsize=16g', ':1: populate: too many pages, at most 2097152'),
    (mapping('size=9', 'prot=w'), ":4: prot: 'w' is not allowed: rw, r, none are"),
    (mapping('size=9', 'prot=r', 'populate=all', 'touch=write'), ':6: touch: with prot=r'),
    ('[a]\nkind=hugetlb\nsize=2m\npopulate=all\ntouch=read', ':5: touch: hugetlb cannot be'),
    ('[a]\nkind=thp\nsize=2m\npopulate=all\ntouch=free', ':5: touch: thp cannot be'),
    ('[a]\nkind=thp\nsize=2m\npopulate=all\nlock=all', ':5: lock: thp has no such choice'),
    (mapping('size=9', 'populate=all', 'touch=free', 'lock=onfault'),
     ':6: lock: only written pages may be locked'),
    ('[a]\nkind=file\nsize=9\npopulate=all\ntouch=free', ':5: touch: file cannot be'),
    ('[a]\nkind=file\nsize=9\npopulate=all\ntouch=swap', ':5: touch: what is copied cannot be'),
    (mapping('size=9', 'on=tmpfs'), ':4: on: anon has no such choice'),
    ('[a]\nkind=file\nsize=9\non=ext4', ":4: on: 'ext4' is not allowed: memfd, tmpfs, ramfs are"),
    ('[a]\nkind=file\nsize=9\nshared=yes\non=ramfs\npopulate=all\ntouch=swap',
     ':5: on: nothing of ramfs is swapped out'),
    ('[a]\nkind=file\nsize=9\nshared=yes\non=ramfs\npopulate=all\ndrop=1',
     ':5: on: a file of ramfs can have no holes'),
    (mapping('size=9', 'populate=1-3', 'touch=merge'), ':4: populate: 3 pages from page 1 on cannot'),
    (mapping('size=9', 'lock=all', 'populate=1'), ':4: lock: lock=all populates everything'),
    (mapping('size=9', 'lock=onfault', 'prot=r'), ':4: lock: only written pages may be locked'),
    (mapping('size=9', 'populate=all', 'drop=9'), ':5: drop: page 9 is behind the end'),
    (mapping('size=9', 'populate=all', 'touch=fork', 'copy=9'), ':6: copy: page 9 is behind'),
    (mapping('size=9', 'populate=all', 'copy=1'), ':5: copy: only what is shared with a child'),
    (mapping('size=9', 'populate=all', 'lock=onfault', 'drop=1'), ':6: drop: locked pages cannot'),
    pytest.param('[a]\nkind=anon\nsize=1\n' * 1001, ':3001: too many sections, at most 1000',
                 id='sections'),
    pytest.param('#' * (1 << 17), ': too large for a layout, at most 65536 bytes', id='too long'),
])
def test_what_is_refused(program, tmp_path, text, said):
    file = tmp_path / 'my.layout'
    file.write_bytes(text.encode('latin-1'))
    ran = said_of(program, file)
    assert ran.returncode == 2 and not ran.stdout
    assert ran.stderr.startswith(f'walks: {file}{said}')
    assert ran.stderr.count('\n') == 1


def test_the_four_are_what_they_were(program):
    for name, counts in OLD.items():
        said = said_of(program, TOP / 'workloads' / 'layouts' / f'{name}.layout').stdout
        assert said.startswith(counts)


def test_what_is_shipped_has_a_name_and_says_what_it_is(program):
    listed = subprocess.run([program, 'list'], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    assert [name for kind, name, _ in rows if kind == 'layout'] == list(OLD)
    assert sorted(name for kind, name, _ in rows if kind in ('layout', 'more')) == [
        file.stem for file in SHIPPED]
    assert len(SHIPPED) >= 20


def test_lists_cycle_and_leave_out(program, tmp_path):
    file = tmp_path / 'my.layout'
    file.write_text('; all keys may have blanks around them\r\n[repeat]\n times = 6 \n[a]\nkind=anon\n'
                    'size=1..2,0*1\npopulate=all\n[b]\nkind = hole\nsize=4k\n[end]\n')
    assert said_of(program, file).stdout == \
        '4 VMAs, 12 pages, 6 present, 0 huge pages, 1 PTE tables; a guest has room for 440\n'


@pytest.mark.parametrize('name, copies', [('dense', 2), ('sparse', 12), ('small_vmas', 1),
                                          ('page_per_gib', 6)])
def test_room_for_copies(program, name, copies):
    assert layouts.room(program, name) == copies


def test_the_parser_stands_whatever_it_is_given(tmp_path):
    subprocess.run(['make', '-s', '-C', TOP / 'workloads', f'OUT={tmp_path}', 'layout-fuzz'],
                   check=True)
    seeds = [file for file in SHIPPED if file.stem != 'small_vmas']  # that one takes long
    ran = subprocess.run([tmp_path / 'layout-fuzz', '2000', '1', *seeds], capture_output=True,
                         text=True, check=False)
    assert ran.returncode == 0 and ran.stderr == ''
    tried, good = (int(word) for word in ran.stdout.split() if word.isdigit())
    assert tried == 2000 and 100 < good < 1900


def failures(appliance: guest.Appliance, *names: str) -> list[str]:
    """Check layouts on stock; return what failed."""
    stock = appliance.only('stock')
    seen = list(guest.records(stock, f'--mem={stock.memory_mib}', argv=['/bin/walks', 'check', *names]))
    checks = of_type(Check, seen)
    assert [one.layout for one in of_type(Layout, seen)] == list(names)
    assert {(one.layout, one.check) for one in checks if one.checked} >= {
        (name, check) for name in names for check in ('smaps', 'pagemap', 'pagemap_page', 'pte_entry')}
    return [f'{one.layout}, {one.check}: {one.detail}' for one in checks if not one.ok]


def test_what_is_shipped_is_true(appliance):
    assert failures(appliance, *QUICK) == []


@pytest.mark.long
def test_all_that_is_shipped_is_true(appliance):
    assert failures(appliance, *OF_ALL) == []


@pytest.mark.parametrize('name, what', [('thp', 'transparent huge pages'),
                                        ('hugetlb_1g', 'huge pages of 1 GiB')])
def test_what_this_kernel_cannot_have_is_skipped_or_refused(appliance, umwalk, name, what):
    ran = umwalk('contract', '--kernel=stock', f'--layout={name}')
    states = [line.split()[-1] for line in ran.stdout.splitlines() if line.startswith(('W', 'U'))]
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert states == ['skip'] * len(OF_A_LAYOUT)
    with pytest.raises(Failure, match=f'layout {name}: this kernel has no {what}, as those of '):
        failures(appliance, name)


@pytest.mark.long
@pytest.mark.usefixtures('appliance')
def test_what_needs_swap_or_ksm_is_true():
    assert failures(guest.ensure(build_folder(), [series.kernel('stock', WIDE)]), *OF_WIDE) == []


@pytest.mark.long
@pytest.mark.parametrize('config, names', [('release', OF_ALL), ('wide', OF_WIDE)])
def test_stock_keeps_the_contract_on_all_that_is_shipped(appliance, umwalk, config, names):
    ran = umwalk('contract', '--kernel=stock', f'--config={config}',
                 *(f'--layout={name}' for name in names))
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize('name, said', [
    ('swapped', 'no swap space: the kernel has no CONFIG_SWAP'),
    ('ksm', 'no merged pages: the kernel has no CONFIG_KSM')])
def test_a_kernel_that_cannot_have_it_refuses_it(appliance, umwalk, program, name, said):
    ran = umwalk('run', '--kernel=stock', '--', str(program), 'check', name)
    assert (ran.returncode, ran.stdout) == (2, 'KTAP version 1\n1..1\n')
    assert ran.stderr == f'walks: layout {name}: {said}: take --config=wide\n'


def test_a_file_at_an_odd_path(appliance, tmp_path):
    folder = tmp_path / "a folder's $odd \"name\""
    folder.mkdir()
    file = folder / 'mine-1.layout'
    file.write_text(mapping('size=7', 'populate=2-4'))
    known = walks.known(build_folder(), [str(file)])
    assert known.layouts == ('mine-1',) and 'dense' in known.more
    assert known.rows(['dense:smaps']) == (('dense', 'smaps'),)
    with_it = dataclasses.replace(appliance, initramfs=layouts.root(appliance.initramfs))
    assert failures(with_it, 'mine-1', 'prot_none') == []
    assert layouts.root(appliance.initramfs) == with_it.initramfs


@pytest.mark.parametrize('name, said', [
    ('my layout', "'my layout' cannot be the name of a layout"),
    ('dense', 'there is another layout dense: give the file another name'),
    ('joints', 'there is another layout joints: give the file another name')])
def test_a_name_that_is_refused(tmp_path, name, said):
    file = tmp_path / f'{name}.layout'
    file.write_text(mapping('size=1'))
    with pytest.raises(Failure, match=said):
        walks.known(build_folder(), [str(file)])


@pytest.fixture(scope='module')
def no_kernels(tmp_path_factory) -> Path:
    """A folder in which the guest's program is built, and no kernel."""
    return tmp_path_factory.mktemp('build')


@pytest.mark.parametrize('command', ['bench', 'count', 'profile', 'contract', 'scale'])
def test_a_wrong_file_is_told_at_once(umwalk, tmp_path, no_kernels, command):
    file = tmp_path / 'my.layout'
    file.write_text(mapping('size=1', 'color=red'))
    ran = umwalk(command, f'--layout={file}', BUILD=str(no_kernels))
    assert ran.returncode == 2
    assert ran.stderr.startswith(f'umwalk: {file}:4: color: no such key in [a], allowed are: kind, ')
    assert ran.stderr.count('\n') == 1
    assert not list(no_kernels.glob('linux*'))


def test_a_layout_that_there_is_not(umwalk):
    ran = umwalk('count', '--layout=spars')
    assert ran.returncode == 2
    assert ran.stderr.startswith("umwalk: no layout 'spars': there are hugetlb, pfnmap, sparse, ")
