# SPDX-License-Identifier: GPL-2.0
"""The probe device: traces and mappings, on every kernel."""

import re
import subprocess

import pytest

from appliance import series
from appliance.paths import TOP, build_folder


@pytest.fixture(scope='module')
def program(appliance, tmp_path_factory):
    """tests/probe/trace.c, built for the guest."""
    built = tmp_path_factory.mktemp('probe') / 'trace'
    subprocess.run(['gcc', '-std=gnu11', '-static', '-O1', '-Wall', '-Wextra', '-Werror',
                    '-D_GNU_SOURCE', '-isystem', build_folder() / 'headers', '-o', built,
                    TOP / 'tests' / 'probe' / 'trace.c'], check=True)
    return built


@pytest.mark.parametrize('kernel', series.kernels())
def test_traces_and_mappings(program, umwalk, kernel):
    option = 'no-test-walk' if kernel == 'baseline' else ''
    ran = umwalk('run', f'--kernel={kernel}', '--', 'sh', '-c',
                 f'{program} {option} && dmesg | grep -E "BUG|WARNING|Bad|bad " | sed s/^/log:/')
    assert 'not ok' not in ran.stdout and 'log:' not in ran.stdout, ran.stdout
    assert len(re.findall('^ok', ran.stdout, re.M)) == int(re.search(r'1\.\.(\d+)', ran.stdout)[1])
    assert ran.returncode == 0, ran.stderr
