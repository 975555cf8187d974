# SPDX-License-Identifier: GPL-2.0
"""A call trace in the log has file and line."""

import re
import subprocess

import pytest

from appliance.logs import splat, trace
from appliance.kernels.build import TREE_IN_DEBUG, Built

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
    """Make a trace line for the return from fails() to main()."""
    code = subprocess.run(['objdump', '-d', '--no-show-raw-insn', program],
                          capture_output=True, text=True, check=True).stdout
    start = int(re.search(r'^([0-9a-f]+) <main>:', code, re.M)[1], 16)
    back = int(re.search(r'call .*<fails>\n *([0-9a-f]+):', code)[1], 16)
    size = next(size for (name, size), _ in trace._symbols(program).items() if name == 'main')
    return f' [<{back:08x}>] ? main+0x{back - start:x}/0x{size:x}'


def test_a_trace_has_file_and_line(program):
    line = line_of_a_trace(program)
    assert trace.decode(['Call Trace:', line], program) == ['Call Trace:', f'{line} (mm/fails.c:8)']


def test_an_address_without_a_symbol_has_file_and_line(program):
    back = re.search(r'<([0-9a-f]{8})>', line_of_a_trace(program))[1]
    assert trace.decode([f' [<{back}>] 0x{back}'], program)[0].endswith(' (mm/fails.c:8)')
    fault = trace._symbols(program)
    start = next(address for (name, _), address in fault.items() if name == 'fails')
    assert trace.decode([f'RIP: 0033:0x{start:x}'], program)[0].endswith(' (mm/fails.c:2)')


def test_what_is_not_known_stays_as_it_is(program):
    lines = ['Call Trace:', ' [<60001000>] ? nonesuch+0x10/0x20', ' [<0000000000000000>] 0x0']
    assert trace.decode(lines, program) == lines
    subprocess.run(['strip', '-g', program], check=True)
    assert trace.decode([line_of_a_trace(program)], program) == [line_of_a_trace(program)]


def test_debug_information_may_be_beside_the_program(program):
    line = line_of_a_trace(program)
    beside = program.with_name('linux.debug')
    built = Built(None, None, program.parent, program)
    assert built.debug == program
    subprocess.run(['objcopy', '--only-keep-debug', program, beside], check=True)
    subprocess.run(['strip', '-g', program], check=True)
    assert trace.decode([line], built.debug) == [f'{line} (mm/fails.c:8)']


def test_thousands_of_splats_are_decoded_by_one_call(program, monkeypatch):
    calls = []
    places = trace._places
    monkeypatch.setattr(trace, '_places', lambda *given: calls.append(given) or places(*given))
    log = f'WARNING: at mm/fails.c\n{line_of_a_trace(program)}\n---[ end trace ]---\nfine\n' * 3000
    found = splat.splats(log, program)
    assert len(found) == 3000 and len(calls) == 1
    assert all(one.startswith('WARNING') and one.endswith('(mm/fails.c:8)')
               for one in found), found[-1]
