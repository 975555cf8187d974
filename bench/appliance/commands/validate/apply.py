# SPDX-License-Identifier: GPL-2.0
"""The stage that applies: each patch, on the base and the patches before it."""

from typing import Iterator

from ...failure import Failure
from ...kernels import build as builds
from ...runs.outcome import FAIL, PASS, Finding, Outcome
from .subject import Subject


def check(subject: Subject) -> Iterator[Outcome]:
    """Yield the outcome of each patch, to the first that does not apply."""
    for count, patch in enumerate(subject.patches, 1):
        name = patch.file.stem
        try:
            builds.check_applies(subject.build, subject.after(count))
        except Failure as failure:
            yield Outcome('apply', FAIL, 'does not apply', name, (Finding(str(failure)),))
            return
        yield Outcome('apply', PASS, 'applies', name)
