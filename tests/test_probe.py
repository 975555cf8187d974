# SPDX-License-Identifier: GPL-2.0
"""The probe device: traces and mappings, on every kernel."""

import re
import subprocess

import pytest

from appliance.kernels import series
from appliance.kernels.newfiles import FILES
from appliance.paths import TOP

UAPI = FILES / 'include' / 'uapi'


@pytest.fixture(scope='module')
def program(appliance, tmp_path_factory):
    """Build tests/probe/trace.c for the guest."""
    built = tmp_path_factory.mktemp('probe') / 'trace'
    subprocess.run(['gcc', '-std=gnu11', '-static', '-O1', '-Wall', '-Wextra', '-Werror',
                    '-D_GNU_SOURCE', '-isystem', UAPI, '-o', built,
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


# What the lines of a probe that is wrong in as many ways say.
RED = ['unknown entry point is refused', 'walk_page_range walks its range',
       'walk_page_range_vma walks its range', 'walk_page_range_vma refuses a range beyond the VMA',
       'walk_page_range_vma of a VMA that the range is not in', "entries are their addresses' own",
       'three traces in one call', 'the trace without more is the last',
       'a trace that fails ends the call',
       'policy walk', 'policy skip_hugetlb', 'linear is not copied on write',
       'an unknown kind is refused', 'private is copied on write',
       'private is written by its process', 'private is of 2 MiB at most', 'private is not shared']


def test_a_wrong_probe_is_noticed(program, stock_with):
    wrong = stock_with(TOP / 'tests' / 'mutants' / 'wrong-probe.patch')
    ran = subprocess.run(wrong.command('--host', argv=[str(program)]), text=True,
                         stdin=subprocess.DEVNULL, capture_output=True, check=False)
    red = re.findall(r'^not ok \d+ - (.*)', ran.stdout, re.M)
    assert red == RED, ran.stdout
