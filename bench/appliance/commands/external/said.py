# SPDX-License-Identifier: GPL-2.0
"""What a tool, or umwalk itself, says of a process: one form for all of them."""

import re
from dataclasses import dataclass, field
from typing import Iterator

NOT_OF_SMAPS = ('Address', 'Perm', 'Offset', 'Device', 'Inode', 'VmFlags', 'Mapping')
SWAP = 'w'  # page-types: neither empty nor present


@dataclass
class Said:
    """Facts; what the tool does not tell is empty."""
    vmas: dict[int, dict[str, int]] = field(default_factory=dict)  # by start, fields of smaps
    pages: dict[int, str] = field(default_factory=dict)  # flags of present pages, by number
    totals: dict[str, int] = field(default_factory=dict)  # of all VMAs
    files: dict[int, tuple[int, int]] = field(default_factory=dict)  # by start: pages, resident, all


def of_walks(text: str) -> Said:
    """Read the lines of workloads/external/said.h."""
    said = Said()
    for kind, *words in map(str.split, text.splitlines()):
        if kind == 'vma':
            said.vmas[int(words[0], 16)] = {
                name: int(value) for name, value in (word.split('=') for word in words[2:])}
        elif kind == 'file':
            said.files[int(words[0], 16)] = (int(words[1]), int(words[2]))
        else:
            first, end, step, size = (int(word, 16) for word in words[:4])
            for start in range(first, end, step):
                said.pages.update(dict.fromkeys(range(start, start + size), words[4]))
    said.totals = _totals(said.vmas)
    return said


def _totals(vmas: dict[int, dict[str, int]]) -> dict[str, int]:
    def total(*names: str) -> int:
        return sum(vma[name] for vma in vmas.values() for name in names)

    return {'vss': total('Size'), 'rss': total('Rss'), 'pss': total('Pss'), 'swap': total('Swap'),
            'uss': total('Private_Clean', 'Private_Dirty'), 'maps': len(vmas)}


def of_page_types(text: str) -> Said:
    """Read `page-types -r -l -N`: voffset, offset, len, flags, all but the flags hexadecimal."""
    said = Said()
    for voffset, _, length, flags in _rows(text, 'voffset offset len flags'.split()):
        if SWAP not in flags:
            first = int(voffset, 16)
            said.pages.update(dict.fromkeys(range(first, first + int(length, 16)), flags))
    return said


def of_pmap(text: str) -> Said:
    """Read `pmap -XX`: the process, the columns, a line for each VMA, the totals."""
    said = Said()
    _, heading, *lines = text.splitlines()
    columns = heading.split()
    for line in lines:
        words = line.split()
        if words[0].startswith('='):
            return said
        said.vmas[int(words[0], 16)] = {name: int(word) for name, word in zip(columns, words)
                                        if name not in NOT_OF_SMAPS}
    raise ValueError('no totals')


def of_smem(text: str) -> Said:
    """Read `smem -H -c 'vss rss pss uss swap maps'`, which has a line for each process."""
    (values,) = (line.split() for line in text.splitlines())
    return Said(totals=dict(zip('vss rss pss uss swap maps'.split(), map(int, values),
                                strict=True)))


def of_vmtouch(text: str) -> Said:
    """Read a line `file START-END` and what vmtouch prints of each."""
    found = re.findall(r'^file (\w+)-\w+$.*?Resident Pages: (\d+)/(\d+) ', text, re.M | re.S)
    return Said(files={int(start, 16): (int(resident), int(pages))
                       for start, resident, pages in found})


def _rows(text: str, columns: list[str]) -> Iterator[list[str]]:
    heading, *lines = text.splitlines()
    if heading.split() != columns:
        raise ValueError(f'the columns are {heading}')
    for line in lines:
        yield line.split()
