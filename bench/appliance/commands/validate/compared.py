# SPDX-License-Identifier: GPL-2.0
"""What is found on the base, and with the series on it: which of that is new?"""

from dataclasses import replace
from typing import Iterable, Mapping, TypeVar

from ...boots.records import Boot, Record, of_type
from ...kernels.said import Said
from ...logs import signs, splat
from ...runs.outcome import MENDED, NEW, ON_BASE, PASS, WARN, Finding, Outcome

Key = TypeVar('Key')


def compared(before: Mapping[Key, Finding], after: Mapping[Key, Finding]) -> tuple[Finding, ...]:
    """Return all findings, each with its kind: first the new, last those that are mended."""
    new = [replace(one, kind=NEW) for key, one in after.items() if key not in before]
    old = [replace(one, kind=ON_BASE) for key, one in after.items() if key in before]
    mended = [replace(one, kind=MENDED) for key, one in before.items() if key not in after]
    return (*new, *old, *mended)


def of_splats(splats: Iterable[str]) -> dict[str, Finding]:
    """Return the splats, each once, by their fingerprints."""
    found: dict[str, Finding] = {}
    for whole in splats:
        mark = splat.fingerprint(whole)
        first, *stack = whole.splitlines()
        found.setdefault(mark, Finding(f'{first} [{mark}]', details=tuple(stack)))
    return found


def explained(died: str, records: Iterable[Record], hangs: bool) -> str:
    """Say why a boot did not come to its end, and how early that was; its stack stays below."""
    if not died:
        return ''
    first, *rest = died.splitlines()
    early = '' if any(boot.came_up for boot in of_type(Boot, records)) else \
        ', before process 1 ran'
    sign = next((f': {signs.message(line)}' for line in rest if signs.find(line)), '')
    whole = first.removesuffix(':') + early + ('' if hangs else sign)
    return '\n'.join([whole, *rest])


def of_end(died: str) -> dict[str, Finding]:
    """Return how a boot ended, if that was not well, with its stack."""
    first, *rest = died.splitlines() or ['']
    return {'died': Finding(first, details=tuple(rest))} if died else {}


def warnings(check: str, before: Iterable[Said], after: Iterable[Said], on: str = '',
             done: str = '') -> Outcome:
    """Return an outcome that warns if a tool says anything new; that is marked, as robots do.

    done begins its summary.
    """
    found = tuple(replace(one, text=f'>> {one.text}') if one.kind == NEW else one
                  for one in compared(_findings(before), _findings(after)))
    new = sum(one.kind == NEW for one in found)
    return Outcome(check, WARN if new else PASS, f'{done}{new} new warnings', on, found)


def _findings(said: Iterable[Said]) -> dict[Said, Finding]:
    return {one: Finding(one.line) for one in sorted(said)}
