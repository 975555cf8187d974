# SPDX-License-Identifier: GPL-2.0
"""Placements: the same kernel with its functions in another order."""

import bisect
import collections
import os
import re
import shutil
import string
import struct
import subprocess
import sys
from dataclasses import replace

import pytest

from appliance.commands.count import count
from appliance.kernels import movable, placement, sources
from appliance.failure import Failure
from appliance.paths import TOP, build_folder
from runner_fixtures import HANGS

COUNTED = count.Plan(['stock'], tuple(('dense', walk) for walk in (
    'pmd_entry', 'pte_entry', 'pte_hole', 'smaps', 'pagemap')), 1)


@pytest.fixture(scope='module')
def programs(appliance):
    return [one.program for one in placement.ensure(build_folder(), appliance.only('stock').kernels,
                                                    2)['stock']]


@pytest.fixture(scope='module')
def placed(appliance, programs):
    """The appliance with a placement in stock's place."""
    built = appliance.kernels['stock']
    return replace(appliance, kernels={'stock': replace(built, program=programs[0])})


@pytest.fixture(scope='module')
def stock(appliance):
    """The program of stock."""
    return appliance.kernels['stock'].program


@pytest.fixture
def copy(appliance, copy_of, tmp_path):
    """stock in a folder of its own."""
    return copy_of(appliance.kernels['stock'], tmp_path / 'stock')


def placements(copy, count):
    return [one.program for one in placement.ensure(build_folder(), {'stock': copy}, count)['stock']]


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=HANGS,
                          **options).stdout


def symbols(program, kinds='tTwWiI'):
    """Return (address, name) of the symbols of the text, or of other kinds, ascending."""
    fields = (line.split() for line in run(['nm', '--defined-only', program]).splitlines())
    return sorted((int(address, 16), name) for address, kind, name in fields if kind in kinds)


def where(found, address):
    """Return the names of the function at an address, and the offset in it."""
    i = bisect.bisect_right(found, (address, '\x7f')) - 1
    start = found[i][0]
    return {name for at, name in found[i - 20:i + 1] if at == start}, address - start


def in_guest(appliance, *argv):
    return run(appliance.command('--host', argv=list(argv)), stdin=subprocess.DEVNULL)


def test_every_function_of_the_kernel_lies_elsewhere(stock, programs):
    built = dict(map(reversed, symbols(stock)))
    orders = []
    for program in programs:
        found = symbols(program)
        now = dict(map(reversed, found))
        assert now.keys() == built.keys()
        moved = {name for name in built if now[name] != built[name]}
        first, last = (edge(built[name] for name in moved) for edge in (min, max))
        assert moved == {name for name in built if first <= built[name] <= last}
        assert len(moved) > 0.6 * len(built)
        orders.append([name for _, name in found if name in (
            'walk_page_range', 'walk_pgd_range', 'smaps_pte_range', 'pagemap_read', 'find_vma')])
    assert orders[0] != orders[1]


def test_the_order_of_the_build_gives_the_build(appliance):
    """The fields are filled in as by the linker, to the byte."""
    built = appliance.kernels['stock']
    moving = movable.Movable(built)
    assert moving.placed(moving.starts) == built.program.read_bytes()


def text(program):
    """Return the instructions of each function, with names for what lies in the text."""
    found = symbols(program)
    first, last = found[0][0], found[-1][0]
    name = {}

    def named(match):
        address = int(match[0], 16)
        if address not in name:
            names, into = where(found, address) if first <= address <= last else ((), address)
            name[address] = f'{sorted(names)}+{into:#x}'
        return name[address]

    functions = {}
    sized = (line.split() for line in run(['nm', '-S', program]).splitlines())
    ends = {int(f[0], 16): int(f[0], 16) + int(f[1], 16) for f in sized if len(f) == 4}
    for line in run(['objdump', '-dw', '--no-show-raw-insn', '-j.text', program]).splitlines():
        address, tab, insn = line.partition(':\t')
        if tab and int(address, 16) < end:
            insn = re.sub(r' *<.*>|-?0x[0-9a-f]+(?=\(%rip\))', '', insn)
            body.append(re.sub(r'\b(?:0x)?6[0-9a-f]{7}\b', named, insn).strip())
        elif line.endswith('>:'):
            start = int(line.split()[0], 16)
            end = ends.get(start, start)  # behind it is what pads it
            names, _ = where(found, start)
            body = functions.setdefault(tuple(sorted(names)), [])
    return functions


def test_the_code_is_the_same_but_for_addresses(stock, programs):
    """The disassembler tells it."""
    built = text(stock)
    assert len(built) > 7000 and sum(map(len, built.values())) > 400_000
    placed = text(programs[0])
    assert placed.keys() == built.keys()
    assert [names for names, lines in built.items() if sorted(placed[names]) != sorted(lines)] == []


def test_data_points_to_the_same_functions(stock, programs):
    """This holds for each word of the data that is an address in the text."""
    before, after = symbols(stock), symbols(programs[0])
    starts = {address for address, _ in before}
    pointers = 0
    for start, size in re.findall(r' (?:\.rodata|init\.data|\.data|\.got|\.initcall\.init) +PROGBITS +'
                                  r'([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)',
                                  run(['readelf', '-SW', stock])):
        words = [struct.unpack(f'<{int(size, 16) // 8}q', loaded(path)(
            int(start, 16), int(size, 16) // 8 * 8)) for path in (stock, programs[0])]
        for old, new in zip(*words):
            if old in starts or old != new and before[0][0] <= old <= before[-1][0]:
                pointers += 1
                assert where(before, old) == where(after, new)
    assert pointers > 3000


def test_the_kernels_table_of_symbols_is_the_one_that_kbuild_makes(programs, tmp_path):
    """It is that of the placement's symbols, including compressed names and their order."""
    tree = sources.tree(build_folder())
    listed = run(['sed', '-f', tree / 'scripts' / 'mksysmap'],
                 input=run(['nm', '-n', programs[0]]))
    (tmp_path / 'map').write_text(listed)
    source = run([tree / 'objects-release' / 'scripts' / 'kallsyms', tmp_path / 'map'])
    (tmp_path / 'names.S').write_text(source.replace('#include <asm/bitsperlong.h>',
                                                     '#define BITS_PER_LONG 64'))
    run(['gcc', '-c', tmp_path / 'names.S', '-o', tmp_path / 'names.o'])
    text, = (address for address, name in symbols(programs[0]) if name == '_text')
    run(['ld', f'--defsym=_text={text}', '--section-start=.rodata=0x1000', '-e0',
         tmp_path / 'names.o', '-o', tmp_path / 'names'])
    assert tables(programs[0]) == tables(tmp_path / 'names')


def tables(program):
    """Return the bytes of each table of kallsyms except that of the last label."""
    wanted = ('num_syms', 'names', 'markers', 'token_table', 'token_index', 'offsets',
              'relative_base', 'seqs_of_names')
    at = {fields[2]: int(fields[0], 16) for line in run(['nm', program]).splitlines()
          if len(fields := line.split()) == 3 and fields[2].startswith('kallsyms_')}
    starts = [at[f'kallsyms_{name}'] for name in wanted]
    content = loaded(program)
    number, = struct.unpack('<i', content(starts[0], 4))
    ends = [*starts[1:], starts[-1] + 3 * number]
    return {name: content(start, end - start)
            for name, start, end in zip(wanted, starts, ends)}


def loaded(program):
    """Return a function that reads what is loaded to an address."""
    content = program.read_bytes()
    sections = [tuple(int(n, 16) for n in found) for found in re.findall(
        r'PROGBITS +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)', run(['readelf', '-SW', program]))]

    def read(address, size):
        for start, offset, length in sections:
            if start and start <= address < start + length:
                return content[address - start + offset:][:size]
        raise KeyError(hex(address))
    return read


def test_a_placement_boots_and_knows_its_own_symbols(placed, programs):
    listed = [line.split() for line in in_guest(placed, 'cat', '/proc/kallsyms').splitlines()]
    found = [(int(address, 16), name) for address, _, name in listed]
    assert [address for address, _ in found] == sorted(address for address, _ in found)
    assert len(found) > 9000 and set(found) <= set(symbols(programs[0], string.ascii_letters))


def test_a_panic_names_the_functions_it_came_through(placed, programs):
    script = 'echo 2 > /proc/sys/vm/panic_on_oom; head -c 900M /dev/zero | tail -c 850M | wc -c'
    ran = subprocess.run(placed.command('--host', argv=['sh', '-c', script]), timeout=HANGS,
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    trace = re.findall(r'\[<([0-9a-f]+)>\] (?:\? )?(\w[\w.]*)\+0x([0-9a-f]+)/', ran.stderr)
    assert len(trace) > 5 and {'panic', 'out_of_memory'} <= {name for _, name, _ in trace}
    found = symbols(programs[0])
    for address, name, offset in trace:
        names, into = where(found, int(address, 16))
        assert name in names and into == int(offset, 16)


def test_a_bad_address_is_an_error_of_the_system_call(placed):
    script = ('import ctypes; c = ctypes.CDLL(None, use_errno=True); '
              'print(c.write(1, ctypes.c_void_p(4096), 1), ctypes.get_errno(), '
              'c.pipe(ctypes.c_void_p(4096)), ctypes.get_errno())')
    assert in_guest(placed, '/usr/bin/python3', '-c', script) == '-1 14 -1 14\n'


def exceptions(program):
    """Return from where to where each entry of __ex_table goes, as function and offset."""
    header = re.search(r'__ex_table +PROGBITS +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)',
                       run(['readelf', '-SW', program]))
    start, size = (int(n, 16) for n in header.groups())
    table, found = loaded(program)(start, size), symbols(program)
    for at in range(0, size, 12):
        insn, fixup, kind = struct.unpack_from('<iii', table, at)
        yield [(sorted(names), into) for names, into in (
            where(found, start + at + insn), where(found, start + at + 4 + fixup))], kind


def test_an_exception_goes_on_where_it_did(stock, programs):
    built = list(exceptions(stock))
    assert len(built) > 5 and list(exceptions(programs[0])) == built


def test_the_unwinders_table_is_sorted_and_of_these_functions(programs):
    frames = run(['readelf', '--debug-dump=frames', programs[0]])
    starts = sorted(int(pc, 16) for pc in re.findall(r'FDE cie=\S+ pc=([0-9a-f]+)', frames))
    header, = re.findall(r'\.eh_frame_hdr +PROGBITS +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)',
                         run(['readelf', '-SW', programs[0]]))
    base, size = (int(n, 16) for n in header)
    table = struct.unpack(f'<{(size - 12) // 4}i', loaded(programs[0])(base + 12, size - 12))
    assert [base + offset for offset in table[::2]] == starts
    addresses = {address for address, _ in symbols(programs[0])}
    assert sum(start in addresses for start in starts) > 0.9 * len(starts)


def by_function(program, boot):
    found = symbols(program)
    return {row: collections.Counter({
        (*sorted(names), into): times for address, times in one.at.items()
        for names, into in [where(found, address)]}) for row, one in boot.items()}


def test_every_instruction_is_the_same_in_its_function(appliance, placed, programs):
    """In each walk over dense it is executed as often."""
    _, built = count.observe(appliance.only('stock'), COUNTED)
    _, moved = count.observe(placed, COUNTED)
    assert by_function(programs[0], moved['stock'][0]) == \
        by_function(appliance.kernels['stock'].program, built['stock'][0])


def test_the_contract_is_that_of_the_build(appliance, placed):
    def results(of):
        said = run(of.only('stock').command(argv=['/bin/walks', 'contract']),
                   stdin=subprocess.DEVNULL)
        return re.findall(r'^ *((?:not )?ok .*)', said, re.M)
    built = results(appliance)
    assert len(built) > 20 and results(placed) == built


def test_what_is_there_is_not_made_again(copy):
    first = placements(copy, 2)
    times = [path.stat().st_mtime_ns for path in first]
    more = placements(copy, 3)
    assert more[:2] == first and [path.stat().st_mtime_ns for path in first] == times
    assert all(os.access(path, os.X_OK) for path in more)


def test_two_at_once(copy):
    script = '''if True:
        import sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[1])
        from appliance import paths
        from appliance.kernels import build, placement, series
        folder = Path(sys.argv[2])
        built = build.Built(series.kernel('stock'), None, folder, folder / 'linux')
        placement.ensure(paths.build_folder(), {'stock': built}, 4)'''
    both = [subprocess.Popen([sys.executable, '-c', script, TOP / 'bench', copy.folder],
                             stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(timeout=HANGS) for process in both] == [0, 0]
    at_once = [path.read_bytes() for path in sorted((copy.folder / 'placements').iterdir())]
    shutil.rmtree(copy.folder / 'placements')
    assert at_once == [path.read_bytes() for path in placements(copy, 4)]


def test_relocations_are_taken_down_when_they_are_asked_for(copy):
    path = copy.folder / movable.FILE
    path.unlink(missing_ok=True)
    placements(copy, 2)
    taken = path.read_bytes()
    placements(copy, 3)
    assert path.read_bytes() == taken


def test_damaged_relocations(copy):
    movable.Movable(copy)
    path = copy.folder / movable.FILE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(Failure, match='relocations.npz: .*; remove it'):
        placements(copy, 2)
