# SPDX-License-Identifier: GPL-2.0
"""Other people's tools that read /proc: where they come from, and how they are called."""

import shutil
from pathlib import Path

from ... import process
from ...boots.guest import Appliance
from ...failure import Failure
from ...paths import locked

OF_HOST = ('pmap', 'smem', 'vmtouch')

# smem leaves out processes without a command line, which the process has unmapped. So it gets
# a /proc with that process alone, and a command line there.
SMEM = """
proc=/tmp/smem/proc
rm -rf $proc && mkdir -p $proc/$PID && echo subject >$proc/$PID/cmdline &&
ln -s /proc/meminfo $proc && ln -s /proc/$PID/smaps $proc/$PID &&
smem -S /tmp/smem -H -c 'vss rss pss uss swap maps'"""

VMTOUCH = """
for f in /proc/$PID/map_files/*; do
	case $(readlink "$f") in
	/memfd:*) echo "file ${f##*/}" && vmtouch -f "$f" || exit ;;
	esac
done"""


def commands(build: Path, appliance: Appliance) -> dict[str, str]:
    """Return a command for the guest's shell for each tool, which looks at process $PID."""
    for tool in OF_HOST:
        if not shutil.which(tool):
            raise Failure(process.missing(tool))
    return {'page-types': f'{_page_types(build, appliance)} -r -l -N -p $PID',
            'pmap': 'pmap -XX $PID', 'smem': SMEM, 'vmtouch': VMTOUCH}


def _page_types(build: Path, appliance: Appliance) -> Path:
    """Build page-types of the kernel tree, statically."""
    tools = next(iter(appliance.kernels.values())).source.tree / 'tools'
    api = tools / 'lib' / 'api'
    program = build / 'guest' / 'page-types'
    with locked(build):
        process.output(['gcc', '-O2', '-static', f'-I{api.parent}', f'-I{api}', '-o', program,
                        tools / 'mm' / 'page-types.c', api / 'fs' / 'fs.c', api / 'debug.c'])
    return program
