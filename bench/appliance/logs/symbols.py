# SPDX-License-Identifier: GPL-2.0
"""Find the functions and source lines of a kernel's addresses, including inlined functions."""

import bisect
import os
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from .. import process
from ..kernels.build import TREE_IN_DEBUG, Built

UNKNOWN = '???'


@dataclass(frozen=True)
class Place:
    """The source of an instruction: the innermost function if some are inlined.

    outer is the function with a symbol into which it was inlined. file is relative to the
    kernel tree, or '???' if it is not known; line is 0 then.
    """
    function: str
    outer: str
    file: str
    line: int


def places(built: Built, addresses: set[int]) -> dict[int, Place]:
    """Where each address of a kernel's program comes from."""
    wanted = sorted(addresses)
    frames = _frames(built.debug, wanted)
    starts, names = _symbols(built.program)
    found = {}
    for address in wanted:
        outer = names[bisect.bisect_right(starts, address) - 1]
        function, place = frames[address]
        file, line = _file_and_line(place)
        found[address] = Place(outer if function == '??' else function, outer, file, line)
    return found


def executed(program: Path, addresses: Iterable[int]) -> set[str]:
    """Return all names of the functions in which addresses lie; UNKNOWN for other addresses."""
    named = defaultdict(set)
    ends = {}
    listed = re.findall(r'^(\S+) (\S+) [tTwWiI] (\S+)$', process.output(['nm', '-S', program]), re.M)
    for start, size, name in listed:
        named[int(start, 16)].add(name)
        ends[int(start, 16)] = int(start, 16) + int(size, 16)
    starts = sorted(named)
    found = set()
    for address in addresses:
        start = starts[max(0, bisect.bisect_right(starts, address) - 1)]
        found |= named[start] if start <= address < ends[start] else {UNKNOWN}
    return found


def _frames(program: Path, addresses: list[int]) -> dict[int, tuple[str, str]]:
    """Map each address to the function and 'file:line' of its innermost frame."""
    asked = ''.join(f'{address:#x}\n' for address in addresses)
    lines = process.output(['addr2line', '-a', '-f', '-i', '-e', program], asked).splitlines()
    return {int(line, 16): (lines[i + 1], lines[i + 2])
            for i, line in enumerate(lines) if line.startswith('0x')}


def _symbols(program: Path) -> tuple[list[int], list[str]]:
    """Return where functions start, ascending, and their names."""
    symbols = re.findall(r'^([0-9a-f]+) [tTwWiI] (\S+)$', process.output(['nm', '-n', program]), re.M)
    return [0, *(int(start, 16) for start, _ in symbols)], [UNKNOWN, *(n for _, n in symbols)]


def _file_and_line(place: str) -> tuple[str, int]:
    file, _, line = place.split(' (discriminator')[0].rpartition(':')
    return (UNKNOWN, 0) if file == '??' else (in_tree(file), int(line) if line.isdigit() else 0)


def in_tree(path: str) -> str:
    """A path as a kernel developer writes it, relative to the tree."""
    return os.path.normpath(path).removeprefix(f'{TREE_IN_DEBUG}/')
