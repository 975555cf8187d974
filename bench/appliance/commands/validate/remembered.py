# SPDX-License-Identifier: GPL-2.0
"""What the selftests have shown of a base, kept beside its kernel, so that they need not run again.

It can only tell that a series does not differ: what differs runs on both kernels anew.
"""

import hashlib
import json
import platform
from pathlib import Path
from typing import Mapping

from ...kernels.build import Built
from ...paths import write_atomically
from ..selftests.observe import Programs
from ..selftests.report import Counts
from ..selftests.tests import SCRIPTS, Selftest

NAME = 'selftests.json'


class Remembered:
    """Counts of a kernel's selftests, by all that they depend on."""

    def __init__(self, built: Built, programs: Programs):
        self.file = built.folder / NAME
        self.programs = programs

    def counts(self) -> dict[str, Counts]:
        """Return those of tests that are as they were, by name."""
        known = self._read()
        return {test.name: Counts(**known[key]) for test in self.programs
                if (key := self._key(test)) in known}

    def keep(self, found: Mapping[str, Counts]) -> None:
        """Keep what tests have shown now."""
        known = {self._key(test): vars(found[test.name]) for test in self.programs
                 if test.name in found}
        write_atomically(self.file, json.dumps(self._read() | known) + '\n')

    def _read(self) -> dict[str, dict[str, int]]:
        try:
            return json.loads(self.file.read_text(encoding='utf-8'))
        except (OSError, ValueError):
            return {}

    def _key(self, test: Selftest) -> str:
        digest = hashlib.sha256(f'{test} {platform.release()}'.encode())
        for file in (self.programs[test], SCRIPTS / 'run.sh'):
            digest.update(Path(file).read_bytes())
        return digest.hexdigest()
