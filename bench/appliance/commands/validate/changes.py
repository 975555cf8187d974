# SPDX-License-Identifier: GPL-2.0
"""The stage that builds both kernels and says what the series changes in the program."""

import functools
from typing import Iterator

from ...kernels import build as builds, functions
from ...runs.outcome import PASS, Outcome
from .subject import Subject

NONE = 'not run: the series changes no function'  # what stages say then that boot


def check(subject: Subject) -> Iterator[Outcome]:
    """Yield one outcome, which names the functions that are not the same in both kernels."""
    changed = of(subject)
    summary = f'{len(changed)} changed' if changed else \
        'each is the same in both kernels, addresses apart'
    yield Outcome('functions', PASS, summary, changed=tuple(sorted(changed)))


@functools.lru_cache(maxsize=1)
def of(subject: Subject) -> frozenset[str]:
    """Return the functions that the series changes, adds or removes."""
    return frozenset(functions.changed(*builds.ensure(
        subject.build, [subject.base, subject.patched], subject.sandbox)))
