# SPDX-License-Identifier: GPL-2.0
"""umwalk: A/B tests of page-table walks in user-mode Linux."""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = os.path.abspath(os.environ.get('BUILD') or HERE.parent / 'build')
AGAIN = 'UMWALK_AGAIN'  # in the environment: once is enough
FREE = 64 << 20  # bytes; Python does not notice that it writes half a file

# Bytecode is something built. Before the first build there is no folder for it.
sys.dont_write_bytecode = True
if os.path.isdir(BUILD):
    disk = os.statvfs(BUILD)
    sys.dont_write_bytecode = disk.f_bavail * disk.f_frsize < FREE
    sys.pycache_prefix = os.path.join(BUILD, 'bytecode')
sys.path.insert(0, str(HERE))

try:
    from appliance import cli
    cli.commands(*sys.argv[1:2])
except KeyboardInterrupt:
    sys.exit(130)
except (EOFError, ImportError, ValueError):  # or bytecode is damaged
    if AGAIN in os.environ or not os.path.isdir(sys.pycache_prefix or ''):
        raise
    shutil.rmtree(sys.pycache_prefix, ignore_errors=True)
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {AGAIN: '1'})

sys.exit(cli.main())
