# SPDX-License-Identifier: GPL-2.0
"""A program whose functions can be put into any order, without a link.

When a kernel's functions are moved for the first time, this module takes down which of them
have a section of their own, and every field of the program that depends on where one of
them lies. These are the fields that the linker would fill in anew. Movable.placed() fills
them in, and sorts the tables that go by address: the kernel's table of its symbols
(kallsyms) and the unwinder's. The kernel sorts __ex_table at boot.
"""

import io
import random
import zipfile
from dataclasses import dataclass

import numpy as np

from ..failure import Failure
from ..paths import write_atomically
from . import elf, linkmap
from .build import Built
from .linkmap import Inputs, holding

FILE = 'relocations.npz'  # in the kernel's folder; docs/formats.md

ALIGNMENT = 64  # of every function: CONFIG_DEBUG_FORCE_FUNCTION_ALIGN_64B
FILL = 0x90  # between two functions; nothing executes it


def _record(built: Built) -> None:
    """Keep beside a kernel's program what Movable needs."""
    whole, inputs = elf.Program(built.linked.read_bytes()), linkmap.read(built.map)
    functions = [i for i, name in enumerate(inputs.names)
                 if name.startswith('.text.') and not name.startswith('.text.unlikely')
                 and inputs.of_the_kernel(i)]
    starts, sizes = inputs.starts[functions], inputs.sizes[functions]
    _check(starts, sizes, inputs)
    relocations = _with_got(whole, whole.relocations())
    places = relocations['offset']
    target = holding(starts, sizes, elf.targets(whole, relocations))
    of_section = whole.symbols['info'][relocations['sym']] & 15 == elf.STT_SECTION
    target[of_section & ~_same_file(inputs, functions, places, target)] = -1
    relative = np.isin(relocations['type'], (elf.R_PC32, elf.R_PLT32))
    place = np.where(relative, holding(starts, sizes, places), -1)
    change = target != place
    _check_types(whole, relocations[change])
    stored = io.BytesIO()
    np.savez(stored, starts=starts, sizes=sizes, places=places[change], target=target[change],
             place=place[change], wide=relocations['type'][change] == elf.R_64)
    write_atomically(built.folder / FILE, stored.getvalue())


def _with_got(program: elf.Program, relocations: np.ndarray) -> np.ndarray:
    """Replace what looks into the global offset table by the entry, which is filled in."""
    got = np.isin(relocations['type'], elf.R_GOT)
    entries = relocations[got]
    fields = program.read(entries['offset'], '<i4')
    entries['offset'] += fields - entries['addend']
    entries['type'] = elf.R_64
    return np.concatenate([relocations[~got], entries])


def _same_file(inputs: Inputs, functions: list[int], places: np.ndarray,
               target: np.ndarray) -> np.ndarray:
    """Whether place and target are of one object file: only that can name its sections."""
    _, ids = np.unique(inputs.files, return_inverse=True)
    return ids[inputs.at(places)] == ids[np.array(functions)[target]]


def _check(starts: np.ndarray, sizes: np.ndarray, inputs: Inputs) -> None:
    """Check that only aligned functions lie between the first and the last."""
    if not starts.size or (starts % ALIGNMENT).any():
        raise Failure('the functions of the kernel have no sections of their own, each aligned '
                      f'to {ALIGNMENT} bytes: docs/measuring.md says why they need them')
    within = (inputs.starts >= starts[0]) & (inputs.starts < starts[-1] + sizes[-1])
    if within.sum() != len(starts):
        strange = sorted({inputs.names[i] for i in np.flatnonzero(within)
                          if not np.isin(inputs.starts[i], starts)})
        raise Failure(f'the linker put {", ".join(strange[:3])} between the functions')


def _check_types(program: elf.Program, relocations: np.ndarray) -> None:
    known = (elf.R_64, elf.R_PC32, elf.R_PLT32, elf.R_32, elf.R_32S)
    for one in relocations[~np.isin(relocations['type'], known)]:
        raise Failure(f'the relocation at {one["offset"]:#x} refers to the function '
                      f'{program.symbol_names()[one["sym"]]}, which moves, and has the unknown '
                      f'type {one["type"]}')


def _recorded(built: Built) -> dict[str, np.ndarray]:
    path = built.folder / FILE
    if not path.exists():
        _record(built)
    try:
        with np.load(path) as stored:
            return dict(stored)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise Failure(f'{path}: {error}; remove it') from error


class Movable:
    """A kernel of which everything is known that depends on where its functions lie."""

    def __init__(self, built: Built):
        self.program = built.program.read_bytes()
        stored = _recorded(built)
        self.starts, self.sizes = stored['starts'], stored['sizes']
        self.places, self.wide = stored['places'], stored['wide']
        self.target, self.place = stored['target'], stored['place']
        self.names = Names(elf.Program(self.program))
        self._room = -(-self.sizes // ALIGNMENT) * ALIGNMENT

    def drawn(self, seed: str) -> np.ndarray:
        """Draw an address for each function, in a random order, so that none is where it was.

        They take no more room than in the build, whose last function is not padded.
        """
        chance = random.Random(seed)
        spare = self._room - self.sizes
        while True:
            order = np.array(chance.sample(range(len(spare)), len(spare)))
            last = np.flatnonzero(spare[order] >= spare[-1])[-1]
            order = np.append(np.delete(order, last), order[last])
            addresses = np.empty_like(self.starts)
            addresses[order] = self.starts[0] + np.cumsum(self._room[order]) - self._room[order]
            if (addresses != self.starts).all():
                return addresses

    def placed(self, addresses: np.ndarray) -> bytes:
        """Return the program with its functions at these addresses."""
        moved = Moved(self.starts, self.sizes, addresses - self.starts)
        program = elf.Program(self.program)
        self._move(program, addresses)
        self._fill_in(program, moved)
        _move_symbols(program, moved)
        self.names.write(program, moved)
        _sort_unwind_table(program, moved)
        return program.bytes.tobytes()

    def _move(self, program: elf.Program, addresses: np.ndarray) -> None:
        """Move each function with its padding, which nothing executes."""
        old, = program.offsets(self.starts[:1])
        end, = program.offsets(self.starts[-1:]) + self.sizes[-1]
        code = np.append(program.bytes[old:end], np.full(-(end - old) % ALIGNMENT, FILL, np.uint8))
        moved = np.empty_like(code)
        for source, target, room in zip(self.starts - self.starts[0], addresses - self.starts[0],
                                        self._room):
            moved[target:target + room] = code[source:source + room]
        program.bytes[old:end] = moved[:end - old]

    def _fill_in(self, program: elf.Program, moved: 'Moved') -> None:
        change = moved.of(self.target) - moved.of(self.place)
        places = moved(self.places)
        for wide, kind in ((True, '<i8'), (False, '<i4')):
            at = places[self.wide == wide]
            fields = program.read(at, kind) + change[self.wide == wide]
            program.write(at, fields.astype(kind))


@dataclass(frozen=True)
class Moved:
    """How far each function has moved."""
    starts: np.ndarray
    sizes: np.ndarray
    shifts: np.ndarray

    def __call__(self, addresses: np.ndarray) -> np.ndarray:
        """Return what these addresses have become."""
        return addresses + self.of(holding(self.starts, self.sizes, addresses))

    def of(self, functions: np.ndarray) -> np.ndarray:
        """Return how far each of these functions has moved; 0 for -1, which is no function."""
        return np.append(self.shifts, 0)[functions]


def _move_symbols(program: elf.Program, moved: Moved) -> None:
    symbols = program.symbols
    placed = (symbols['shndx'] > 0) & (symbols['shndx'] < elf.SHN_LORESERVE)
    placed &= ~np.isin(symbols['info'] & 15, (elf.STT_SECTION, elf.STT_TLS))
    symbols['value'][placed] = moved(symbols['value'][placed])


def _sort_unwind_table(program: elf.Program, moved: Moved) -> None:
    """.eh_frame_hdr: pairs of a function and its unwind information, relative to the section."""
    i = program.section_names.index('.eh_frame_hdr')
    base = program.sections[i]['addr']
    table = program.content(program.sections[i])[12:].view('<i4').reshape(-1, 2)
    functions = moved(base + table[:, 0].astype(np.int64)) - base
    order = np.argsort(functions, kind='stable')
    table[:] = np.stack([functions, table[:, 1]], axis=1)[order]


class Names:
    """The kernel's own table of its symbols (scripts/kallsyms.c), by address and by name."""

    def __init__(self, program: elf.Program):
        address = dict(zip(program.symbol_names(), program.symbols['value'].tolist()))
        self.at = {name: address[f'kallsyms_{name}'] for name in
                   ('num_syms', 'names', 'markers', 'token_table', 'token_index', 'offsets',
                    'relative_base', 'seqs_of_names')}
        self.count = int(self._read(program, 'num_syms', '<i4', 1)[0])
        self.base = int(self._read(program, 'relative_base', '<i8', 1)[0])
        self.addresses = self.base + self._read(program, 'offsets', '<u4', self.count).astype('<i8')
        self.entries = self._split(program)
        by_name = self._read(program, 'seqs_of_names', 'u1', 3 * self.count).reshape(-1, 3)
        self.by_name = by_name.astype(np.int64) @ (1 << 16, 1 << 8, 1)
        names = self._spelled(program)
        self.group = np.cumsum([names[i] != names[j] for i, j in
                                zip(self.by_name, np.roll(self.by_name, 1))])

    def write(self, program: elf.Program, moved: Moved) -> None:
        """Make the table that of a program whose functions moved; it has the same names."""
        addresses = moved(self.addresses)
        order = np.argsort(addresses, kind='stable')
        entries = [self.entries[i] for i in order]
        ends = np.cumsum([len(entry) for entry in entries])
        self._write(program, 'names', np.frombuffer(b''.join(entries), np.uint8))
        self._write(program, 'markers', np.append(0, ends)[:-1:256].astype('<u4'))
        self._write(program, 'offsets', (addresses[order] - self.base).astype('<u4'))
        place = np.empty_like(order)
        place[order] = np.arange(self.count)
        # Among equal names, the lowest address comes first.
        by_name = place[self.by_name[np.lexsort((addresses[self.by_name], self.group))]]
        digits = np.stack([by_name >> 16, by_name >> 8, by_name], axis=1) & 0xff
        self._write(program, 'seqs_of_names', digits.astype(np.uint8).ravel())

    def _split(self, program: elf.Program) -> list[bytes]:
        """Split the compressed names; their lengths have seven bits a byte, the lowest first."""
        text = self._read(program, 'names', 'u1', self.at['markers'] - self.at['names']).tobytes()
        entries, at = [], 0
        for _ in range(self.count):
            head = 2 if text[at] & 0x80 else 1
            size = text[at] & 0x7f | (text[at + 1] << 7 if head == 2 else 0)
            entries.append(text[at:at + head + size])
            at += head + size
        return entries

    def _spelled(self, program: elf.Program) -> list[str]:
        """Return the names in full, without the type; each byte stands for a token."""
        index = self._read(program, 'token_index', '<u2', 256).tolist()
        size = self.at['token_index'] - self.at['token_table']
        table = self._read(program, 'token_table', 'u1', size).tobytes().decode()
        tokens = [table[i:table.index('\0', i)] for i in index]
        return [''.join([tokens[c] for c in entry[1 + (entry[0] >> 7):]])[1:]
                for entry in self.entries]

    def _read(self, program: elf.Program, name: str, kind: str, count: int) -> np.ndarray:
        step = np.dtype(kind).itemsize
        return program.read(self.at[name] + step * np.arange(count), kind)

    def _write(self, program: elf.Program, name: str, numbers: np.ndarray) -> None:
        program.write(self.at[name] + numbers.itemsize * np.arange(len(numbers)), numbers)
