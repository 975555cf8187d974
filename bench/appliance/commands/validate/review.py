# SPDX-License-Identifier: GPL-2.0
"""The series that `b4 review` shows: it gives its check command the cover letter alone."""

import json
import os
from pathlib import Path

from ...failure import Failure

TRACKING = 'B4_TRACKING_FILE'  # in the environment: what b4 knows of the series
BRANCH = 'b4/review/'


def commits() -> str:
    """Return the range of the commits of the series, in the repository in which b4 runs.

    The last commit of the branch is what b4 keeps there, the first may lie on others that the
    series needs.
    """
    try:
        series = json.loads(Path(os.environ[TRACKING]).read_text(encoding='utf-8'))['series']
        return f"{series['first-patch-commit']}~1..{BRANCH}{series['change-id']}~1"
    except KeyError as error:
        raise Failure(f'{error} is missing: check the series out for `b4 review` first, '
                      'or name a SERIES') from error
    except (OSError, ValueError, TypeError) as error:
        raise Failure(f"{TRACKING}: '{os.environ[TRACKING]}' is no tracking file of b4: {error}"
                      ) from error
