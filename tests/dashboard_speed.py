# SPDX-License-Identifier: GPL-2.0
"""How long a dashboard of many nights lets people wait, on this host as it is now.

dashboard_speed.py [NIGHTS]: make 1,000 nights of each of two versions, four kernels and 40 rows,
write their dashboard, use it in Chromium, and print how long people wait, and for how much CPU
time, beside what they may wait. The exit status is 1 if something is more. Times depend on the
host, so no test does this.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'bench'))

# pylint: disable=wrong-import-position
import many_nights  # noqa: E402
from appliance.paths import TOP, build_folder  # noqa: E402

REBUILD, FIRST, INTERACTION = 10_000, 1_000, 100  # milliseconds at most
LOADED = ('index.html', 'dashboard.css', 'charts.css', 'charts.js', 'data/nights.js', 'data/series.js')


def rebuild(results: Path) -> list[float]:
    """Write the dashboard as a user does; return the milliseconds, and those of CPU time."""
    began, before = time.monotonic(), os.times()
    subprocess.run([TOP / 'bench' / 'umwalk', 'dashboard'], check=True, stdout=subprocess.DEVNULL,
                   env=os.environ | {'RESULTS': str(results)})
    after = os.times()
    return [1000 * (time.monotonic() - began),
            1000 * (after.children_user + after.children_system
                    - before.children_user - before.children_system)]


def used(web: Path, folder: Path) -> dict[str, list[float]]:
    """Use it in Chromium; return the same by what was done."""
    ran = subprocess.run(['node', TOP / 'web' / 'tests' / 'speed.cjs', shutil.which('chromium'),
                          f'{folder.as_uri()}/'], check=True, capture_output=True, text=True,
                         env=os.environ | {'NODE_PATH': str(web / 'tests' / 'node_modules')})
    return json.loads(ran.stdout)


def main() -> int:
    """Measure; returns the exit status."""
    web = build_folder() / 'web'
    for target in ('charts.js', 'tests'):
        subprocess.run(['make', '-s', '-C', TOP / 'web', f'OUT={web}',
                        f'{web}/charts.js' if target == 'charts.js' else target], check=True)
    with tempfile.TemporaryDirectory() as name:
        results = Path(name)
        many_nights.make(results, int((sys.argv + ['1000'])[1]))
        found = {'make dashboard': (*rebuild(results), REBUILD)}
        folder = results / 'dashboard'
        loaded = sum((folder / file).stat().st_size for file in LOADED)
        found |= {what: (*times, FIRST if what == 'the first screen' else INTERACTION)
                  for what, times in used(web, folder).items()}
    for what, (waited, cpu, most) in found.items():
        print(f'{what:36} {waited:7,.0f} of {most:6,} ms, {cpu:6,.0f} ms of CPU'
              f'{"" if waited <= most else "  TOO SLOW"}')
    print(f'{"loaded at first":36} {loaded / 1024:7,.0f} KiB')
    print(f'load of the host: {os.getloadavg()[0]:.1f}, {os.cpu_count()} CPUs')
    return int(any(waited > most for waited, _, most in found.values()))


if __name__ == '__main__':
    sys.exit(main())
