# SPDX-License-Identifier: GPL-2.0
"""The signs of trouble in a kernel's log, as the table of the same name has them."""

import re
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name('signs')


@dataclass(frozen=True)
class Sign:
    """What a message that tells of trouble begins with."""
    kind: str
    rule: str  # the rule of the contract that fails; '': none
    expression: re.Pattern


def _read() -> tuple[Sign, ...]:
    """The lines of the table."""
    lines = TABLE.read_text(encoding='utf-8').splitlines()
    fields = [line.split(maxsplit=2) for line in lines if line and not line.startswith('#')]
    return tuple(Sign(kind, rule.replace('-', ''), re.compile(expression))
                 for kind, rule, expression in fields)


BEGIN, *SIGNS = _read()
ANY = re.compile('|'.join(f'(?:{sign.expression.pattern})' for sign in SIGNS))


def message(line: str) -> str:
    """A line of a log without the level and the time in front of it."""
    return BEGIN.expression.sub('', line.rstrip())


def find(line: str) -> Sign | None:
    """The sign that a line of a log has: the first that fits."""
    text = message(line)
    if not ANY.match(text):
        return None
    return next(sign for sign in SIGNS if sign.expression.match(text))
