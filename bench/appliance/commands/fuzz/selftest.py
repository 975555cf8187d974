# SPDX-License-Identifier: GPL-2.0
"""A case as a program in C that stands alone: it maps, reads, and says in TAP whether that is true."""

from pathlib import Path
from typing import Iterable

from ... import process
from ...boots import guest
from ...boots.records import Boot, of_type
from ...failure import Failure
from ...paths import scratch
from .cases import Ask, Case

BODY = Path(__file__).with_suffix('.c')
KINDS = {'anon': 'ANON', 'zero': 'ZERO', 'hugetlb': 'HUGETLB', 'linear': 'LINEAR', 'cow': 'COW'}
READS = 'pagemap', 'mincore', 'scan', 'smaps'
NO_LIMITS = ('0', '512')  # of a scan
MOST_PAGES = 4096
FLAGS = '-static', '-O1', '-Wall', '-Wextra', '-Werror'


def program(case: Case, about: Iterable[str]) -> str | None:
    """Return the program's text; None if the case has other memory, or another read."""
    if len(case.asks) != 1 or not case.vmas or any(vma.kind not in KINDS for vma in case.vmas):
        return None
    ask, = case.asks
    if ask.what == 'smaps':
        ask = Ask('smaps', case.vmas[0].start, case.vmas[0].start + 1)
    if ask.what not in READS or ask.end - ask.start > MOST_PAGES or ask.words[4:] not in (
            (), NO_LIMITS):
        return None
    return f'// SPDX-License-Identifier: GPL-2.0\n{_head(case, ask, about)}\n' + \
        BODY.read_text(encoding='ascii').partition('\n')[2]


def _head(case: Case, ask: Ask, about: Iterable[str]) -> str:
    areas = [f'{{ {KINDS[vma.kind]}, {vma.start}, {vma.end} }}' for vma in case.vmas]
    touched = [f'{{ {first}, {end} }}' for vma in case.vmas for first, end in vma.populated]
    masks = dict(zip(('INVERTED', 'MASK', 'ANYOF', 'RETURNED'), ask.words or ('0',) * 4))
    return '\n'.join([
        '/*', *(f' * {line}' for line in about), ' *',
        ' * Build it with gcc, and run it as root. Where memory is LINEAR or COW, it needs a',
        ' * file whose mmap() makes a VM_PFNMAP area: its argument, or /dev/mem.', ' */',
        f'#define READ read_{ask.what}', f'#define FROM {ask.start}UL', f'#define TO {ask.end}UL',
        *(f'#define {name} {value}ULL' for name, value in masks.items()), '',
        '/* In pages. */',
        'static const struct area {',
        '\tenum { ANON, ZERO, HUGETLB, LINEAR, COW } kind;',
        '\tunsigned long start, end;',
        '} areas[] = {', *(f'\t{one},' for one in areas), '};', '',
        'static const struct {', '\tunsigned long start, end;', '} touched[] = {',
        *(f'\t{one},' for one in touched or ['{ 0, 0 }']), '};', ''])


def fails(build: Path, appliance: guest.Appliance, text: str) -> bool:
    """Say whether the program sees the fault on the one kernel of an appliance."""
    with scratch(build) as folder:
        source, built = folder / 'selftest.c', folder / 'selftest'
        source.write_text(text, encoding='ascii')
        ran = process.run(['gcc', *FLAGS, '-o', built, source])
        if ran.returncode:
            raise Failure(f'a selftest does not compile: {ran.stderr.strip()}')
        seen = []
        try:
            for record in guest.records(appliance, '--host', f'--mem={appliance.memory_mib}',
                                        argv=[str(built), '/dev/pagewalk']):
                seen.append(record)
        except Failure:
            return any(boot.status == 1 for boot in of_type(Boot, seen))
    return False
