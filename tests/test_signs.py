# SPDX-License-Identifier: GPL-2.0
"""The table of signs of trouble, against logs of kernels that were in trouble (tests/splats/)."""

import re
import subprocess

import pytest

from appliance.logs import signs
from appliance.paths import TOP

LOGS = {path.stem: path for path in sorted((TOP / 'tests' / 'splats').glob('*.log'))}

# Reads lines and prints the numbers of those that are a sign, as the runner and the guest do.
READER = r'''
#include <regex.h>
#include <stdio.h>
#include "signs.h"

int main(void)
{
	char line[4096];
	regex_t trouble;

	if (regcomp(&trouble, TROUBLE, REG_EXTENDED | REG_NEWLINE))
		return 1;
	for (int i = 0; fgets(line, sizeof(line), stdin); i++)
		if (!regexec(&trouble, line, 0, NULL, 0))
			printf("%d\n", i);
	return puts(PANIC) < 0;
}
'''


def read(name: str) -> list[str]:
    return LOGS[name].read_text().splitlines()


def kind_of(name: str) -> str:
    """Return the kind in a log's name; several logs of a kind have more behind it."""
    return max((sign.kind for sign in signs.SIGNS if name.startswith(sign.kind)), key=len)


@pytest.mark.parametrize('name', sorted(LOGS.keys() - {'well'}))
def test_a_log_has_the_sign_that_it_is_named_for(name):
    found = [sign for line in read(name) if (sign := signs.find(line))]
    assert found[0].kind == kind_of(name)


@pytest.mark.parametrize('kind', sorted({sign.kind for sign in signs.SIGNS}))
def test_there_is_a_log_of_each_kind(kind):
    assert any(kind_of(name) == kind for name in LOGS.keys() - {'well'})


def test_the_log_of_a_kernel_that_is_well_has_no_sign():
    assert len(read('well')) > 50
    assert [line for line in read('well') if signs.find(line)] == []


@pytest.mark.parametrize('line', [
    'HugeTLB: 0 KiB vmemmap can be freed for a 2.00 MiB page',
    'walks: BUG: in the text',
    'DEBUG: all is well',
    'INFO: lockdep is turned off.',
    '    # W12_mmap_locked: WARNING: in a comment',
])
def test_an_ordinary_line_is_no_sign(line):
    assert signs.find(line) is None


def test_level_and_time_are_no_part_of_a_message():
    for front in ('', '<0>', '[    1.000000] ', '<4>[12345.678901] '):
        assert signs.message(f'{front}BUG: x') == 'BUG: x'
        assert signs.find(f'{front}BUG: x').kind == 'bug'


@pytest.fixture(scope='module')
def lines():
    """Yield all lines of all logs, as they are and with level and time in front."""
    plain = [line for name in LOGS for line in read(name)]
    return plain + [f'<4>[    1.234567] {line}' for line in plain]


@pytest.fixture(scope='module')
def found(lines):
    """Return the numbers of lines that are a sign, as Python reads the table."""
    return [number for number, line in enumerate(lines) if signs.find(line)]


def test_c_reads_the_table_as_python_does(tmp_path, lines, found):
    header = subprocess.run([TOP / 'bench' / 'signs.sh', signs.TABLE], capture_output=True,
                            text=True, check=True)
    (tmp_path / 'signs.h').write_text(header.stdout)
    (tmp_path / 'reader.c').write_text(READER)
    subprocess.run(['gcc', '-Wall', '-Werror', f'-I{tmp_path}', '-o', tmp_path / 'reader',
                    tmp_path / 'reader.c'], check=True)
    ran = subprocess.run([tmp_path / 'reader'], input='\n'.join(lines) + '\n', check=True,
                         capture_output=True, text=True)
    *numbers, panic = ran.stdout.splitlines()
    assert list(map(int, numbers)) == found
    assert re.fullmatch(r'[\w -]+', panic), 'no plain text, which the runner looks for'
    assert signs.find(panic).kind == 'panic'


def test_grep_reads_the_table_as_python_does(lines, found):
    expression = '|'.join(sign.expression.pattern for sign in signs.SIGNS)
    ran = subprocess.run(['grep', '-nE', f'{signs.BEGIN.expression.pattern}({expression})'],
                         input='\n'.join(lines) + '\n', check=True, capture_output=True, text=True)
    assert [int(line.partition(':')[0]) - 1 for line in ran.stdout.splitlines()] == found
