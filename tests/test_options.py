# SPDX-License-Identifier: GPL-2.0
"""What the command line takes, and what it refuses before anything is built."""

import fcntl
import threading

import pytest

from appliance import cli, paths
from appliance.commands import options


@pytest.mark.parametrize('text', ['-3', '0', '100.1', 'nan', 'inf', '-inf', 'much', ''])
def test_percent_that_makes_no_sense(umwalk, text):
    ran = umwalk('bench', f'--within={text}')
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1].startswith('umwalk bench: error: argument --within: ')


@pytest.mark.parametrize('text, value', [('100', 100), ('0.25', 0.25), ('1e-3', 0.001)])
def test_percent(text, value):
    assert options.percent(text) == value


@pytest.mark.parametrize('command', [
    ['bench', '--budget={}'], ['run', '--timeout={}', '--', 'true'], ['bench-boot', '--boots={}']])
@pytest.mark.parametrize('text', ['0', '-1', 'x', '', '1.5', '99999999999', '9' * 5000])
def test_number_that_makes_no_sense(capsys, command, text):
    with pytest.raises(SystemExit, match='^2$'):
        cli._parser().parse_args([argument.format(text) for argument in command])
    assert capsys.readouterr().err.endswith(
        f": '{text}' is not a whole number from 1 to 1,000,000\n")


def test_who_waits_for_another_umwalk_says_so_on_standard_error(tmp_path, capsys):
    """Standard output is what the command in the guest prints, or a report."""
    with open(tmp_path / 'lock', 'w', encoding='utf-8') as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        threading.Timer(0.3, fcntl.flock, (other, fcntl.LOCK_UN)).start()
        with paths.locked(tmp_path):
            pass
    said = capsys.readouterr()
    assert (said.out, said.err) == (
        '', f'waiting for another umwalk that builds in {tmp_path}\n')
