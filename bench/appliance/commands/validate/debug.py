# SPDX-License-Identifier: GPL-2.0
"""The stage that boots debug kernels: KASAN, lockdep, DEBUG_VM, and allocations that fail."""

from dataclasses import replace
from typing import Iterator

from ...kernels import build as builds, checklist
from ...kernels.configuration import DEBUG
from ...runs.outcome import PASS, SKIP, Outcome
from . import contract, failing
from .subject import Subject


def check(subject: Subject) -> Iterator[Outcome]:
    """Yield which options are on, what the contract shows, and what failing allocations do."""
    debug = subject.configured(DEBUG)
    for outcome in _outcomes(debug):
        yield replace(outcome, check=f'debug {outcome.check}')


def _outcomes(debug: Subject) -> Iterator[Outcome]:
    yield options(debug)
    yield from contract.check(debug)
    yield failing.check(debug)


def options(subject: Subject) -> Outcome:
    """Say which options of the tree's checklist the kernel has, by the .config it was built with."""
    built, = builds.ensure(subject.build, [subject.patched], subject.sandbox)
    text = builds.read_files(subject.build, subject.base, {checklist.FILE}).get(checklist.FILE, '')
    found = checklist.sorted_out(checklist.named(text), built.config.read_text(encoding='utf-8'))
    said = '; '.join(f'{how}: {", ".join(names)}' for how, names in
                     (('on', found.on), ('off', found.off), ('not offered', found.not_offered))
                     if names)
    return Outcome('options', PASS if said else SKIP,
                   f'of submit-checklist, {said}' if said else f'{checklist.FILE} names none')
