# SPDX-License-Identifier: GPL-2.0
"""Kernel configurations: allnoconfig plus fragments, every symbol checked."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Sequence

from ..failure import Failure
from ..paths import CONFIGS

# symbol -> (value, 'file:line')
Symbols = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Configuration:
    """How a kernel is configured, and what follows from that.

    fragments are files of symbols, of which later ones win. compiler_flags ask for debug
    information if no symbol does. A guest needs memory_mib. countable tells whether
    instructions can be counted and functions moved. gcov counts the lines of the objects that
    covered names. A guest may have a disk.
    """
    name: str
    fragments: tuple[Path, ...]
    compiler_flags: str
    memory_mib: int
    countable: bool
    covered: tuple[str, ...] = ()
    disk: bool = False

    def __str__(self) -> str:
        return self.name

    def covering(self, objects: Sequence[str]) -> 'Configuration':
        """Return the same with these objects covered."""
        return replace(self, covered=tuple(objects))


def requested(fragments: Sequence[Path]) -> Symbols:
    """Return the symbols of fragments; the last one that names a symbol wins."""
    wanted: Symbols = {}
    for path in fragments:
        wanted |= _symbols(path)
    return wanted


# Lines and inlined functions, for counts and stack traces: what costs least of
# all debug information, and changes no instruction.
RELEASE = Configuration('release', (CONFIGS / 'base.config',), '-g1', 512, True)
# Twice the memory, for KASAN's redzones and quarantine and lockdep's tables.
DEBUG = Configuration('debug', (CONFIGS / 'base.config', CONFIGS / 'debug.config'), '', 1024, False)
# What tests need that no walk does: a disk, swap, KSM, sockets and others.
WIDE = Configuration('wide', (CONFIGS / 'base.config', CONFIGS / 'wide.config'), '-g1', 512, False,
                     disk=True)
# Transparent huge pages and pages of 1 GiB, for the same tests and those that are about huge
# pages. With less than 512 MiB to give away, the kernel has none of the former unless it is told
# to. Two of the latter are aligned between what the kernel has at both ends of its memory.
THP = replace(WIDE, name='thp', fragments=(*WIDE.fragments, CONFIGS / 'thp.config'), memory_mib=5120)
# The same with every checker. Of the fragments that name a symbol the last one wins.
THP_DEBUG = replace(DEBUG, name='thp-debug', fragments=(*THP.fragments, CONFIGS / 'debug.config'),
                    disk=True)
# gcov counts its lines, and nothing else is asked of it.
COVERAGE = Configuration('coverage', (CONFIGS / 'base.config', CONFIGS / 'coverage.config'), '', 512,
                         False)
ALL = {one.name: one for one in (RELEASE, DEBUG, WIDE, THP, THP_DEBUG)}


def _symbols(path: Path) -> Symbols:
    found = {}
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        place = f'{path.parent.name}/{path.name}:{number}'
        text = line.strip()
        if not text or text.startswith('#'):
            continue
        match = re.fullmatch(r'(CONFIG_\w+)=(.+)', text)
        if not match:
            raise Failure(f"{place}: '{text}' is not CONFIG_SYMBOL=value")
        found[match[1]] = (match[2], place)
    return found


def check_taken(wanted: Symbols, config: Path) -> None:
    """Fail, naming the symbols, when the kernel's .config is not what was asked for."""
    taken = dict(re.findall(r'^(CONFIG_\w+)=(.+)$', config.read_text(encoding='utf-8'), re.M))
    missed = [f'{place}: {symbol}={value} did not take effect, it is {taken.get(symbol, "n")}'
              for symbol, (value, place) in wanted.items() if taken.get(symbol, 'n') != value]
    if missed:
        raise Failure('; '.join(missed) + ' (is a dependency missing?)')
