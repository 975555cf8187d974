# SPDX-License-Identifier: GPL-2.0
"""umwalk: A/B tests of page-table walks in user-mode Linux."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from appliance.cli import main  # pylint: disable=wrong-import-position

sys.exit(main())
