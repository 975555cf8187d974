# SPDX-License-Identifier: GPL-2.0
"""The patches are fit to be posted: the kernel's own checkpatch finds nothing."""

import subprocess

import pytest

from appliance.kernels import series
from appliance.paths import build_folder

# The folders that the patches add files to have maintainers already, and the
# mainline commits that messages name are not in whatever git tree this is in.
IGNORED = 'FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID'
PATCH_FILES = sorted({patch for kernel in series.kernels() for patch in series.stack(kernel).patches})


def checkpatch(text: str) -> list[str]:
    """Return errors and warnings; a file name in a git tree would be taken for source code."""
    ran = subprocess.run([build_folder() / 'linux-6.12' / 'scripts' / 'checkpatch.pl', '--no-tree',
                          f'--ignore={IGNORED}', '-'], input=text, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    assert 'total: ' in ran.stdout, 'checkpatch.pl did not run'
    return [line for line in ran.stdout.splitlines() if line.startswith(('ERROR:', 'WARNING:'))]


@pytest.mark.parametrize('patch', PATCH_FILES, ids=lambda p: f'{p.parent.name}/{p.name}')
def test_checkpatch_is_clean(appliance, patch):
    assert checkpatch(patch.read_text(encoding='utf-8')) == []


def test_checkpatch_finds_a_fault(appliance):
    """The check above can fail."""
    text = PATCH_FILES[0].read_text(encoding='utf-8')
    where = text.index('\n+', text.index('\n@@')) + 2
    assert any('trailing whitespace' in line for line in
               checkpatch(text[:where] + 'int umwalk; \n+' + text[where:]))


def test_every_patch_of_a_series_is_listed():
    folders = {patch.parent for patch in PATCH_FILES}
    assert {p for folder in folders for p in folder.glob('*.patch')} == set(PATCH_FILES)
