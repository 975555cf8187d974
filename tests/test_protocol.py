# SPDX-License-Identifier: GPL-2.0
"""docs/formats.md says of the runner and init what their sources and umrun's help say."""

import re
import subprocess
from pathlib import Path

import pytest

from appliance import failure
from appliance.paths import TOP

HEADER = (TOP / 'rootfs' / 'protocol.h').read_text()


def rows(table: str) -> dict[str, str]:
    """Return the first and last column of a table in docs/formats.md."""
    text = (TOP / 'docs' / 'formats.md').read_text()
    lines = text[text.index(table):].splitlines()
    cells = [line.strip('| ').split(' | ') for line in lines[2:lines.index('')]]
    return {cell[0].strip('`'): cell[-1] for cell in cells}


def enumerators(prefix: str) -> dict[str, str]:
    return dict(re.findall(rf"^\t({prefix}_\w+) = '?(\w+)'?,", HEADER, re.M))


@pytest.fixture(scope='module')
def umrun(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('umrun')
    subprocess.run(['make', '-s', '-C', TOP / 'bench', f'OUT={folder}'], check=True)
    return folder / 'umrun'


def statuses(text: str) -> dict[str, str]:
    """Return the lines of a help text that explain an exit status."""
    return dict(re.findall(r'^  (\d+) +(.*)$', text, re.M))


def test_frames():
    assert set(rows('| type | from | payload |')) == set(enumerators('FRAME').values())


def test_exit_statuses(umrun):
    documented = rows('| status | meaning |')
    shown = subprocess.run([umrun, '--help'], capture_output=True, text=True, check=True).stdout
    assert documented == statuses(shown)
    assert set(documented) == {*enumerators('EXIT').values(), '130'} - {'128'}


def test_exit_statuses_of_umwalk():
    """Those of umrun have the same words; those of init are for `run` and `shell` alone."""
    documented = {int(status): text for status, text in rows('| status | meaning |').items()}
    shown = subprocess.run([TOP / 'bench' / 'umwalk', '--help'], capture_output=True, text=True,
                           check=True).stdout
    told = {int(status): text for status, text in statuses(shown).items()}
    assert set(told) == {0, failure.FAILED, failure.SETUP, failure.UNDECIDED, *failure.OF_UMRUN, 130}
    assert {status: told[status] for status in (*failure.OF_UMRUN, 130)} == {
        status: text for status, text in documented.items() if status not in (126, 127)}
    names = {int(value): name.removeprefix('EXIT_') for name, value in enumerators('EXIT').items()}
    assert [getattr(failure, names[status]) for status in failure.OF_UMRUN] == list(failure.OF_UMRUN)


def test_outcomes():
    source = (TOP / 'bench' / 'runner' / 'outcome.c').read_text()
    assert set(rows('| outcome | meaning |')) == set(re.findall(r'= "(.*)",', source))
