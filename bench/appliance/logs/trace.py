# SPDX-License-Identifier: GPL-2.0
"""Find the source lines of a call trace in a kernel's log.

The debug information, in the program or beside it, gives file and line. Without it,
symbol and offset stay as they are in the log.
"""

import functools
import re
from pathlib import Path
from typing import Iterable

from .. import process
from . import symbols

SYMBOL = re.compile(r'\b([A-Za-z_][\w.]*)\+0x([0-9a-f]+)/0x([0-9a-f]+)')
ADDRESS = re.compile(r'\[<([0-9a-f]{8,16})>\]|RIP: \w+:0x([0-9a-f]+)')


def decode(lines: Iterable[str], program: Path) -> list[str]:
    """Add file and line behind every symbol+offset that the program has, line by line."""
    found = [(line, _address(line, program)) for line in lines]
    places = _places(program, {address for _, address in found
                               if address and address > 0})
    return [f'{line} ({places[address]})' if address in places else line
            for line, address in found]


def _address(line: str, program: Path) -> int | None:
    """Return the address that a line names: that of the call, not of its return."""
    symbol, number = SYMBOL.search(line), ADDRESS.search(line)
    if number:
        address = int(number[1] or number[2], 16)
    elif symbol and (symbol[1], int(symbol[3], 16)) in _symbols(program):
        address = _symbols(program)[symbol[1], int(symbol[3], 16)] + int(symbol[2], 16)
    else:
        return None
    # RIP, WARNING and pointers to functions name the place itself, not a return from a call.
    exact = 'RIP' in line or 'WARNING' in line or symbol and not int(symbol[2], 16)
    return address if exact else address - 1


@functools.lru_cache(maxsize=4)
def _symbols(program: Path) -> dict[tuple[str, int], int]:
    """Map (name, size up to the next symbol) to the address; the size tells equal names apart."""
    listing = process.run(['nm', '-n', program]).stdout
    listed = [(int(address, 16), name) for address, name in
              re.findall(r'^([0-9a-f]+) [tTwW] (\S+)$', listing, re.M)]
    found: dict[tuple[str, int], int] = {}
    end = following = 0
    for address, name in reversed(listed):
        if address != following:
            end, following = following, address
        found[name, end - address] = address
    return found


def _places(program: Path, addresses: set[int]) -> dict[int, str]:
    """Map each address to 'file:line', followed by the lines into which it is inlined."""
    if not addresses:
        return {}
    ran = process.run(['addr2line', '-a', '-i', '-e', program],
                      '\n'.join(map(hex, sorted(addresses))))
    places: dict[int, list[str]] = {}
    for line in ran.stdout.splitlines():
        if line.startswith('0x'):
            here = places.setdefault(int(line, 16), [])
        elif not line.startswith('?'):
            here.append(symbols.in_tree(line.split(' (discriminator')[0]))
    return {address: ' in '.join(lines) for address, lines in places.items() if lines}
