# SPDX-License-Identifier: GPL-2.0
"""Find the functions of two kernels that are the same, wherever they lie.

A function's digest covers its instructions, without the addresses in them, and what these
refer to: the name of another function, the content of a constant, the name and initial
content of a variable. Constants to which a constant refers count likewise. So a changed
table of operations changes every function that uses it, and a changed function only itself.

The line numbers that WARN() and BUG() print do not count.
"""

import bisect
import collections
import hashlib
import re

import numpy as np

from ..failure import Failure
from ..paths import write_atomically
from . import elf, line_numbers, linkmap
from .build import Built
from .linkmap import Inputs

FILE = 'functions'  # beside the program; docs/formats.md
VERSIONS = {'linux_banner', 'linux_proc_banner', 'init_uts_ns'}  # content that does not count
ALL_SYMBOLS = 'kallsyms_'  # begins the names of the tables of symbols, which do not count
DEPTH = 8  # how many references from constant to constant are followed


def digests(built: Built) -> dict[str, str]:
    """By name, of all functions that have a size; those of one name have one digest together."""
    path = built.folder / FILE
    if not path.exists():
        _record(built)
    try:
        first, *lines = path.read_text(encoding='utf-8').splitlines()
        found = {name: digest for digest, name in (line.split(' ', 1) for line in lines)}
    except (OSError, ValueError) as error:
        raise Failure(f'{path}: {error}; remove it') from error
    if first != _digest_of(lines):
        raise Failure(f'{path} is damaged; remove it')
    return found


def changed(a: Built, b: Built) -> set[str]:
    """The functions that are not the same in both kernels, or are in one only."""
    ours, theirs = digests(a), digests(b)
    return {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}


def _record(built: Built) -> None:
    """Keep the digests of a kernel beside it: they take a second."""
    found = _Graph(built.linked.read_bytes(), linkmap.read(built.map)).digests()
    lines = [f'{found[name]} {name}' for name in sorted(found)]
    write_atomically(built.folder / FILE, '\n'.join([_digest_of(lines), *lines]) + '\n')


def _digest_of(lines: list[str]) -> str:
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()


class _Thing:
    """A function, a variable or a constant: bytes with references in them."""

    def __init__(self, name: str, start: int, size: int):
        self.name = name  # '' for a constant without a name
        self.start = start
        self.size = size
        self.code = False
        self.constant = False
        self.own = b''  # digest of the thing itself
        self.digest = b''  # digest of the thing and what it refers to
        self.data: list['_Thing'] = []  # data to which it refers


class _Graph:  # pylint: disable=too-many-instance-attributes # what many steps look at
    """All functions, variables and constants of a program, and what they refer to."""

    def __init__(self, linked: bytes, inputs: Inputs):
        self.linked = linked
        self.program = elf.Program(linked)
        self.in_file = self.program.loaded[['addr', 'size', 'offset']].tolist()
        self.inputs = inputs
        self.relocations = self.program.relocations()
        self.places = self.relocations['offset']
        self.symbols, self.names = self.program.symbols, self.program.symbol_names()
        self.targets = elf.targets(self.program, self.relocations)
        self.named = self._named()
        self.starts = [thing.start for thing in self.named]
        self.bounds = self._bounds()
        self.constants: dict[int, _Thing] = {}  # constants without a name, by address

    def digests(self) -> dict[str, str]:
        """Return the digests of all functions, by name."""
        functions = [thing for thing in self.named if thing.code]
        self._complete(functions)
        of_name = collections.defaultdict(set)
        for function in functions:
            of_name[function.name].add(function.digest.hex())
        return {name: _hash(*sorted(found)).hex() for name, found in of_name.items()}

    def _complete(self, functions: list[_Thing]) -> None:
        """Complete all digests, those of data to a depth."""
        data = [thing for thing in self.named if not thing.code]
        for thing in data:
            self._describe(thing)
        for function in functions:
            self._describe(function)
        for constant in (found := list(self.constants.values())):
            self._describe(constant)  # may refer to one more without a name
        data += found + list(self.constants.values())[len(found):]
        referring = [thing for thing in data if thing.data]
        for _ in range(DEPTH):
            after = [_with_data(thing) for thing in referring]
            for thing, digest in zip(referring, after):
                thing.digest = digest
        for function in functions:
            function.digest = _with_data(function)

    def _named(self) -> list[_Thing]:
        """Return what the symbol table names with a size, by address."""
        kind = self.symbols['info'] & 15
        section = self.symbols['shndx']
        placed = ((self.symbols['size'] > 0) & (section > 0) & (section < elf.SHN_LORESERVE)
                  & (kind != elf.STT_TLS))
        executable = self.program.sections['flags'] & elf.SHF_EXECINSTR != 0
        found = []
        for i in np.flatnonzero(placed).tolist():
            start, size = int(self.symbols['value'][i]), int(self.symbols['size'][i])
            thing = _Thing(self.names[i], start, size)
            thing.code = bool(executable[section[i]])
            found.append(thing)
        found.sort(key=lambda thing: (thing.start, thing.size, thing.name))
        held = self.inputs.at(np.array([thing.start for thing in found]))
        for thing, i in zip(found, held.tolist()):
            thing.constant = i >= 0 and _is_constant(self.inputs.names[i])
        return found

    def _bounds(self) -> list[int]:
        """Return the addresses at which something without a name ends at the latest."""
        return sorted({*self.starts, *self.targets.tolist(), *self.inputs.starts.tolist(),
                       *(self.inputs.starts + self.inputs.sizes).tolist()})

    def _describe(self, thing: _Thing) -> None:
        """Fill in the digest of the thing itself, and the data to which it refers."""
        first, end = np.searchsorted(self.places, (thing.start, thing.start + thing.size)).tolist()
        content = bytearray(self._content(thing))
        said = []
        for i in range(first, end):
            at = int(self.places[i]) - thing.start
            kind = int(self.relocations['type'][i])
            width = elf.width(kind)
            content[at:at + width] = bytes(width)
            said.append(f'{at} {kind} {self._refer(thing, i)}')
        if thing.code:
            for i in range(first, end):
                self._clear_line(content, int(self.places[i]) - thing.start, i)
        thing.own = thing.digest = _hash(_plain(thing), content, *said)

    def _clear_line(self, code: bytearray, at: int, i: int) -> None:
        """Clear the line number if relocation i belongs to a WARN() or BUG()."""
        if self.names[self.relocations['sym'][i]] == 'warn_slowpath_fmt':
            line_numbers.clear(code, at, line_numbers.MOV_ESI)
        constant = self.constants.get(int(self.targets[i]))
        if constant and self._content(constant).startswith(b'BUG: failure at'):
            line_numbers.clear(code, at, line_numbers.MOV_EDX)

    def _content(self, thing: _Thing) -> bytes:
        at = self._offset(thing.start)
        if at is None or thing.name in VERSIONS:
            return b''
        return self.linked[at:at + thing.size]

    def _offset(self, address: int) -> int | None:
        """Return the offset in the file; None if the thing is zero at first and not in the file."""
        for start, size, offset in self.in_file:
            if start <= address < start + size:
                return address - start + offset
        return None

    def _refer(self, thing: _Thing, i: int) -> str:
        """Return to what relocation i refers; data gets its digest later."""
        symbol = self.symbols[self.relocations['sym'][i]]
        target = int(self.targets[i])
        found = self._holding(target)
        named = symbol['info'] & 15 != elf.STT_SECTION
        name = self.names[self.relocations['sym'][i]] if named else ''
        if found and not found.code and not name.startswith(ALL_SYMBOLS):
            thing.data.append(found)
        if named:
            return f'{_numberless(name, found)}+{self.relocations["addend"][i]}'
        return f'{_plain(found)}+{target - found.start}' if found else '?'

    def _holding(self, address: int) -> _Thing | None:
        """Return what lies at an address; a constant without a name begins there."""
        i = bisect.bisect_right(self.starts, address) - 1
        if i >= 0 and address < self.named[i].start + self.named[i].size:
            return self.named[bisect.bisect_left(self.starts, self.starts[i])]
        if address not in self.constants:
            held = int(self.inputs.at(np.array([address]))[0])
            if held < 0 or not _is_constant(self.inputs.names[held]):
                return None
            self.constants[address] = self._nameless(address, self.inputs.names[held])
        return self.constants[address]

    def _nameless(self, address: int, section: str) -> _Thing:
        end = self.bounds[bisect.bisect_right(self.bounds, address)]
        at = self._offset(address)
        if at is not None and re.search(r'\.str\d+\.\d+$', section):
            end = address + self.linked.index(b'\0', at) + 1 - at
        thing = _Thing('', address, end - address)
        thing.constant = True
        return thing


def _with_data(thing: _Thing) -> bytes:
    """Return the digest with that of the data; variables are not followed through others."""
    return _hash(thing.own, *(other.digest for other in thing.data
                              if thing.code or thing.constant or other.constant))


def _is_constant(section: str) -> bool:
    return section.startswith(('.rodata', '.data.rel.ro', '.init.rodata'))


def _plain(thing: _Thing) -> str:
    return _numberless(thing.name, thing)


def _numberless(name: str, thing: _Thing | None) -> str:
    """Remove a static variable's number, which depends on how many come before it."""
    return name if thing and thing.code else re.sub(r'(\.\d+)+$', '', name)


def _hash(*parts: str | bytes | bytearray) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, 'little') + content)
    return digest.digest()
