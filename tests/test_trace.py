# SPDX-License-Identifier: GPL-2.0
"""A complaint in the log is found, and its trace has file and line."""

import re
import subprocess

import pytest

from appliance.logs import trace
from appliance.kernels.kernel import TREE_IN_DEBUG

SOURCE = '''void fails(void)
{
	__builtin_trap();
}

int main(void)
{
	fails();
	return 0;
}
'''


@pytest.mark.parametrize('line', [
    'BUG: KASAN: slab-out-of-bounds in init_object+0x52/0xe0',
    'WARNING: CPU: 0 PID: 1 at mm/pagewalk.c:34 walk_pte_range+0x1/0x2',
    'WARNING: possible circular locking dependency detected',
    'BUG: sleeping function called from invalid context at mm/memory.c:1',
    'UBSAN: shift-out-of-bounds in mm/pagewalk.c:1:2',
    'mm/pgtable-generic.c:54: bad pmd 0000000060a01000(0000000000123067)',
    'kernel BUG at mm/pagewalk.c:1!',
    'Kernel panic - not syncing: Kernel mode fault at addr 0x0',
    '<0>Kernel panic - not syncing: Segfault with no mm',
    '[    1.000000] BUG: Bad rss-counter state mm:0 type:MM_ANONPAGES val:1',
    'INFO: task walks:27 blocked for more than 120 seconds.',
])
def test_a_complaint_is_found(line):
    assert trace.SPLAT.match(line)


@pytest.mark.parametrize('line', [
    'Lock dependency validator: Copyright (c) 2006',
    'HugeTLB: 0 KiB vmemmap can be freed for a 2.00 MiB page',
    'walks: BUG: in the text',
    'reboot: Power down',
])
def test_an_ordinary_line_is_no_complaint(line):
    assert not trace.SPLAT.match(line)


@pytest.fixture
def program(tmp_path):
    tree = tmp_path / 'linux-6.12'
    source = tree / 'mm' / 'fails.c'
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE)
    subprocess.run(['gcc', '-g', '-O0', '-no-pie', f'-fdebug-prefix-map={tree}={TREE_IN_DEBUG}',
                    '-o', tmp_path / 'program', source], check=True)
    return tmp_path / 'program'


def line_of_a_trace(program):
    """A trace line for the return from fails() to main()."""
    code = subprocess.run(['objdump', '-d', '--no-show-raw-insn', program],
                          capture_output=True, text=True, check=True).stdout
    start = int(re.search(r'^([0-9a-f]+) <main>:', code, re.M)[1], 16)
    back = int(re.search(r'call .*<fails>\n *([0-9a-f]+):', code)[1], 16)
    size = next(size for (name, size), _ in trace._symbols(program).items() if name == 'main')
    return f' [<{back:08x}>] ? main+0x{back - start:x}/0x{size:x}'


def test_a_trace_has_file_and_line(program):
    line = line_of_a_trace(program)
    assert trace.decode(f'Call Trace:\n{line}', program) == f'Call Trace:\n{line} (mm/fails.c:8)'


def test_an_address_without_a_symbol_has_file_and_line(program):
    back = re.search(r'<([0-9a-f]{8})>', line_of_a_trace(program))[1]
    assert trace.decode(f' [<{back}>] 0x{back}', program).endswith(' (mm/fails.c:8)')
    fault = trace._symbols(program)
    start = next(address for (name, _), address in fault.items() if name == 'fails')
    assert trace.decode(f'RIP: 0033:0x{start:x}', program).endswith(' (mm/fails.c:2)')


def test_what_is_not_known_stays_as_it_is(program):
    text = 'Call Trace:\n [<60001000>] ? nonesuch+0x10/0x20\n [<0000000000000000>] 0x0'
    assert trace.decode(text, program) == text
    subprocess.run(['strip', '-g', program], check=True)
    assert trace.decode(line_of_a_trace(program), program) == line_of_a_trace(program)
