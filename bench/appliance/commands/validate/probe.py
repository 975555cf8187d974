# SPDX-License-Identifier: GPL-2.0
"""A series may leave no room for the probe: then both kernels are built without it."""

from dataclasses import replace
from typing import Callable, Iterator

from ...failure import Failure
from ...kernels import build as builds
from ...kernels.patch import touched_files
from ...runs.outcome import UNDECIDED, Outcome
from .subject import Subject

SERIES = 'probe'


def fitted(subject: Subject) -> Subject:
    """Return the subject, without the probe if the patched kernel can be made only so."""
    bare = replace(subject, base=subject.base.without(SERIES))
    why = _failure(_apply, subject)
    if why:
        helps = not _failure(_apply, bare)
    else:
        why = _failure(_build, subject)
        helps = _is_of_probe(why, subject) and not _failure(_build, bare)
    return replace(bare, no_probe=_first(why)) if helps else subject


def outcomes(subject: Subject) -> Iterator[Outcome]:
    """Yield what cannot be checked without the probe, which leaves the verdict open."""
    if subject.no_probe:
        yield Outcome('probe', UNDECIDED, 'rules W1 to W12 are not checked, and times and instructions '
                      f'not measured: the probe does not build: {subject.no_probe}')


def _apply(subject: Subject) -> None:
    builds.check_applies(subject.build, subject.patched)


def _build(subject: Subject) -> None:
    builds.ensure(subject.build, [subject.patched], subject.sandbox)


def _failure(step: Callable[[Subject], None], subject: Subject) -> str:
    """Return why it fails; '' if it does not."""
    try:
        step(subject)
    except Failure as failure:
        return str(failure)
    return ''


def _is_of_probe(why: str, subject: Subject) -> bool:
    """Whether a kernel does not build because of a file that the probe adds, changes or has."""
    own = [one for one in subject.base.stack.patches if one.file.parent.name == SERIES]
    return any(name in why for name in (*touched_files(own), f'{SERIES}/config'))


def _first(why: str) -> str:
    """Return the first error in a line."""
    first, *errors = why.splitlines()
    return (errors[0] if errors else first).removeprefix('../')
