# SPDX-License-Identifier: GPL-2.0
"""A linked program as arrays: its sections, its symbols, and the relocations of `ld --emit-relocs`.

The names of the fields are those of elf(5), without their prefix.
"""

import numpy as np

SECTION = np.dtype([('name', '<u4'), ('type', '<u4'), ('flags', '<i8'), ('addr', '<i8'),
                    ('offset', '<i8'), ('size', '<i8'), ('link', '<u4'), ('info', '<u4'),
                    ('addralign', '<i8'), ('entsize', '<i8')])
SYMBOL = np.dtype([('name', '<u4'), ('info', 'u1'), ('other', 'u1'), ('shndx', '<u2'),
                   ('value', '<i8'), ('size', '<i8')])
RELOCATION = np.dtype([('offset', '<i8'), ('type', '<u4'), ('sym', '<u4'), ('addend', '<i8')])

SHT_SYMTAB, SHT_RELA, SHT_NOBITS = 2, 4, 8
SHF_ALLOC, SHF_EXECINSTR = 2, 4
SHN_LORESERVE = 0xff00
STT_OBJECT, STT_FUNC, STT_SECTION, STT_TLS = 1, 2, 3, 6
R_64, R_PC32, R_PLT32, R_32, R_32S = 1, 2, 4, 10, 11  # of x86-64
R_DTPOFF64, R_TPOFF64 = 17, 18
R_GOT = (9, 41, 42)  # relative to the place of an entry of .got


class Program:
    """The bytes of a program, which may be changed, and its headers."""

    def __init__(self, content: bytes):
        self.bytes = np.frombuffer(content, np.uint8).copy()
        at = int(self.bytes[0x28:0x30].view('<i8')[0])
        count, strings = self.bytes[0x3c:0x40].view('<u2').tolist()
        self.sections = self.bytes[at:at + count * SECTION.itemsize].view(SECTION)
        in_file = self.sections[(self.sections['flags'] & SHF_ALLOC != 0)
                                & (self.sections['type'] != SHT_NOBITS)
                                & (self.sections['size'] > 0)]
        self.loaded = in_file[np.argsort(in_file['addr'])]
        self.section_names = self._names(self.sections[strings], self.sections['name'])

    def content(self, section: np.void) -> np.ndarray:
        """Return the bytes of a section, not a copy."""
        return self.bytes[section['offset']:section['offset'] + section['size']]

    def section(self, name: str) -> np.ndarray:
        """Return the bytes of the section of that name."""
        return self.content(self.sections[self.section_names.index(name)])

    @property
    def symbols(self) -> np.ndarray:
        """Return the symbol table, not a copy."""
        return self.content(self._symbol_table()).view(SYMBOL)

    def symbol_names(self) -> list[str]:
        """Return the name of each symbol."""
        strings = self.sections[self._symbol_table()['link']]
        return self._names(strings, self.symbols['name'])

    def relocations(self) -> np.ndarray:
        """Return the relocations of loaded sections, by address."""
        loaded = (self.sections['flags'] & SHF_ALLOC) != 0
        tables = [self.content(section).view(RELOCATION) for section in self.sections
                  if section['type'] == SHT_RELA and not section['flags'] & SHF_ALLOC
                  and loaded[section['info']]]
        found = np.concatenate(tables) if tables else np.empty(0, RELOCATION)
        return found[np.argsort(found['offset'], kind='stable')]

    def offsets(self, addresses: np.ndarray) -> np.ndarray:
        """Return the offsets in the file of what is loaded to these addresses."""
        section = self._holding(addresses)
        return addresses - section['addr'] + section['offset']

    def read(self, addresses: np.ndarray, kind: str) -> np.ndarray:
        """Return the numbers of a type (as '<i8') that are loaded to these addresses."""
        at = self.offsets(addresses)[:, None] + np.arange(np.dtype(kind).itemsize)
        return self.bytes[at].view(kind)[:, 0]

    def write(self, addresses: np.ndarray, numbers: np.ndarray) -> None:
        """Put numbers of one type at these addresses."""
        at = self.offsets(addresses)[:, None] + np.arange(numbers.itemsize)
        self.bytes[at] = np.ascontiguousarray(numbers)[:, None].view(np.uint8)

    def executable(self, addresses: np.ndarray) -> np.ndarray:
        """Tell which of these addresses hold code."""
        return (self._holding(addresses)['flags'] & SHF_EXECINSTR) != 0

    def _holding(self, addresses: np.ndarray) -> np.ndarray:
        return self.loaded[np.searchsorted(self.loaded['addr'], addresses, side='right') - 1]

    def _symbol_table(self) -> np.void:
        return self.sections[self.sections['type'] == SHT_SYMTAB][0]

    def _names(self, strings: np.void, at: np.ndarray) -> list[str]:
        text = self.content(strings).tobytes()
        return [text[i:text.index(b'\0', i)].decode() for i in at.tolist()]


def targets(program: Program, relocations: np.ndarray) -> np.ndarray:
    """Return the address to which each relocation refers.

    If the relocation names a symbol, it is the address of the symbol. If it names a section,
    the addend gives the address; the addend of a call is less by the 4 bytes of the field.
    """
    symbols = program.symbols[relocations['sym']]
    in_section = symbols['value'] + relocations['addend'] + 4 * (
        np.isin(relocations['type'], (R_PC32, R_PLT32))
        & program.executable(relocations['offset']))
    return np.where(symbols['info'] & 15 == STT_SECTION, in_section, symbols['value'])


def width(kind: int) -> int:
    """Return how many bytes a relocation of this type fills in."""
    return 8 if kind in (R_64, R_TPOFF64, R_DTPOFF64) else 4 if kind else 0
