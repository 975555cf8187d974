# SPDX-License-Identifier: GPL-2.0
"""The README's table of targets, `make help` and `umwalk --help` say the same."""

import os
import re
import subprocess
import sys

import pytest

from appliance import cli, failure
from appliance.paths import TOP

MAKEFILE = (TOP / 'Makefile').read_text(encoding='utf-8')
# Targets that are not a subcommand of umwalk.
ONLY_MAKE = {'help', 'deps', 'lint', 'check', 'test', 'test-long', 'clean'}
OF_ALL = {'LINUX_SRC', 'BUILD', 'RESULTS'}
OF_THE_MAKEFILE = {'UMWALK', 'PYTHON', 'PYTEST', 'SCRIPTS', 'FINE_IN_TESTS', 'MAKEFILE_LIST'}


def of_make() -> dict[str, tuple[str, str]]:
    """Return what `make help` says of each target, and the variables that it names."""
    shown = subprocess.run(['make', '-s', 'help'], cwd=TOP, capture_output=True, text=True,
                           check=True).stdout
    found = re.findall(r'^make (\S+) +(.+?)(?:; (.*))?$', shown, re.M)
    return {target: (text, variables) for target, text, variables in found}


def of_umwalk() -> dict[str, str]:
    """Return what `umwalk --help` says of each subcommand."""
    shown = subprocess.run([TOP / 'bench' / 'umwalk', '--help'], capture_output=True, text=True,
                           env=os.environ | {'COLUMNS': '200'}, check=True).stdout
    return dict(re.findall(r'^    (\S+)\s+(.+)$', shown, re.M))


def of_readme() -> dict[str, tuple[str, str]]:
    """Return the rows of the README's table of targets."""
    text = (TOP / 'README.md').read_text(encoding='utf-8')
    found = re.findall(r'^\| `make (\S+)` \| (.+?) \| (.*?) ?\|$', text, re.M)
    return {target: (text, variables.strip('`')) for target, text, variables in found}


def recipe(target: str) -> str:
    """Return what make runs for a target."""
    return re.search(rf'^{target}:.*\n((?:\t.*\n)*)', MAKEFILE, re.M)[1]


def test_make_help_says_of_a_subcommand_what_umwalk_says():
    said = of_umwalk()
    assert set(said) == {command.NAME for command in cli.commands()} == set(cli.COMMANDS.values())
    targets = {target: text for target, (text, _) in of_make().items() if target not in ONLY_MAKE}
    assert targets == {target: said.get(target) for target in targets} and targets


def test_the_readme_has_what_make_help_says():
    assert list(of_readme().items()) == [
        (target, said) for target, said in of_make().items() if target != 'help']


def test_make_help_names_the_variables_of_each_target():
    for target, (_, variables) in of_make().items():
        used = set(re.findall(r'\$[($]([A-Z_]+)', recipe(target)))
        named = set(re.findall(r'([A-Z_]+)=', variables))
        assert named == used - OF_ALL - OF_THE_MAKEFILE, target


def test_the_shell_reads_nothing_into_a_variable():
    for target, (_, variables) in of_make().items():
        for name in [*re.findall(r'([A-Z_]+)=', variables), *(['BUILD'] if target == 'clean' else [])]:
            shown = subprocess.run(['make', '-n', target, f'{name}=a&b*'], cwd=TOP, text=True,
                                   capture_output=True, check=True).stdout
            assert 'a&b' not in shown.replace("'a&b*'", ''), target


def test_a_reader_that_closes_the_pipe_is_no_traceback():
    ran = subprocess.run(f'{TOP}/bench/umwalk --help | true; '
                         f'{TOP}/bench/umwalk doctor 2>&1 >/dev/full | cat', shell=True, text=True,
                         capture_output=True, check=False)
    assert 'Traceback' not in ran.stdout + ran.stderr


def test_an_exception_that_nobody_expected_is_no_answer(monkeypatch, capsys):
    monkeypatch.setattr(cli, '_parser', lambda: 1 / 0)
    assert cli.main() == failure.SETUP
    said = capsys.readouterr().err
    assert 'ZeroDivisionError' in said and said.endswith('umwalk: that is a fault of umwalk itself\n')


def test_a_command_loads_nothing_slow_that_it_does_not_use():
    """Each takes as long to load as all else."""
    ran = subprocess.run([sys.executable, '-X', 'importtime', TOP / 'bench' / 'main.py', 'build',
                          '--help'], capture_output=True, text=True, check=True)
    assert 'appliance.cli' in ran.stderr
    assert not re.findall(r'\b(?:scipy\.stats|scipy\.optimize|matplotlib)\b', ran.stderr)


@pytest.mark.parametrize('damage', [lambda text: text[:-9], lambda text: text[:16],
                                    lambda text: text[:16] + b'N' + text[17:]])
def test_damaged_bytecode_is_made_anew(tmp_path, damage):
    """As a full disk leaves it."""
    def ask() -> subprocess.CompletedProcess:
        return subprocess.run([TOP / 'bench' / 'umwalk', 'run', '--help'], capture_output=True,
                              text=True, check=False, env=os.environ | {'BUILD': str(tmp_path)})

    assert ask().returncode == 0
    made, = tmp_path.rglob('appliance/commands/run.*.pyc')
    made.write_bytes(damage(made.read_bytes()))
    ran = ask()
    assert (ran.returncode, ran.stderr) == (0, '')
    assert ran.stdout.startswith('usage: umwalk run')
