# SPDX-License-Identifier: GPL-2.0
"""umwalk: A/B tests of page-table walks in user-mode Linux."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get('BUILD') or HERE.parent / 'build')

# Bytecode is something built. Before the first build there is no folder for it.
sys.dont_write_bytecode = not BUILD.is_dir()
sys.pycache_prefix = str(BUILD.absolute() / 'bytecode')
sys.path.insert(0, str(HERE))

from appliance.cli import main  # pylint: disable=wrong-import-position

sys.exit(main())
