# SPDX-License-Identifier: GPL-2.0
"""The options with which a series has to be tested, as the kernel tree's own checklist has it."""

import re
from dataclasses import dataclass
from typing import Iterable

FILE = 'Documentation/process/submit-checklist.rst'


@dataclass(frozen=True)
class Options:
    """Which options a kernel has, which could be on but are not, and which it does not offer."""
    on: tuple[str, ...]
    off: tuple[str, ...]
    not_offered: tuple[str, ...]


def named(checklist: str) -> list[str]:
    """Return the options that its text names: "Has been tested with A, B and C all enabled"."""
    found = re.search(r'Has been tested with\s(.*?)\benabled\b', checklist, re.S)
    return re.findall(r'\bCONFIG_(\w+)', found[1]) if found else []


def sorted_out(names: Iterable[str], config: str) -> Options:
    """Tell what a .config says of the options; kconfig leaves out what it does not offer."""
    said = {match[1] or match[2]: match[3] for match in re.finditer(
        r'^(?:CONFIG_(\w+)|# CONFIG_(\w+))(?:=(.*)| is not set)$', config, re.M)}
    return Options(tuple(name for name in names if said.get(name)),
                   tuple(name for name in names if name in said and not said[name]),
                   tuple(name for name in names if name not in said))
