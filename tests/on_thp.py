# SPDX-License-Identifier: GPL-2.0
"""What tests do on the kernel of thp.config, which has huge pages of all kinds."""

import re
import subprocess
import tempfile
from pathlib import Path

from appliance.boots import guest
from appliance.kernels import series
from appliance.kernels.configuration import THP
from appliance.logs.splat import all_of
from appliance.paths import build_folder
from runner_fixtures import HANGS


def build(program: Path, *sources: Path) -> Path:
    """Build a program of tests/ for the guest, and return it."""
    subprocess.run(['gcc', '-std=gnu11', '-static', '-O1', '-Wall', '-Wextra', '-Werror',
                    '-D_GNU_SOURCE', '-o', program, *sources], check=True)
    return program


def passes_in_the_guest(*argv: str) -> None:
    """Fail if a case of a program's TAP does, or is missing, or if the kernel complains."""
    kernels = guest.ensure(build_folder(), [series.kernel('stock', THP)])
    with tempfile.TemporaryFile('w+', encoding='utf-8', errors='replace') as console:
        command = kernels.command('--host', f'--mem={THP.memory_mib}',
                                  f'--console={console.fileno()}', argv=argv)
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             pass_fds=[console.fileno()], timeout=HANGS, check=False)
        console.seek(0)
        said = console.read()
    plan = re.search(r'^1\.\.(\d+)', ran.stdout, re.M)
    assert plan and 'not ok' not in ran.stdout, ran.stdout + ran.stderr
    assert len(re.findall('^ok', ran.stdout, re.M)) == int(plan[1])
    assert ran.returncode == 0, ran.stderr
    assert all_of(said, kernels.kernels['stock'].program) == []


def rules_not_passed(umwalk, layout: str) -> list[str]:
    """Check a layout on stock, as is expected; return the rules that do not pass."""
    ran = umwalk('contract', '--kernel=stock', '--config=thp', f'--layout={layout}')
    assert ran.returncode == 0, ran.stdout + ran.stderr
    states = [line.split() for line in ran.stdout.splitlines() if line.startswith(('W', 'U'))]
    assert states
    return [rule for rule, *_, state in states if state != 'pass']
