# SPDX-License-Identifier: GPL-2.0
"""The rules of the page-walk contract, and those that a kernel is known to fail."""

from ...failure import Failure
from ...kernels.version import LINUX

RULES = {
    'W1': 'confined', 'W2': 'ordered', 'W3': 'covered', 'W4': 'hugetlb apart',
    'W5': 'hugetlb holes', 'W6': 'PFNMAP', 'W7': 'VMA known', 'W8': 'asked once',
    'W9': 'verbatim', 'W10': 'refused', 'W11': 'harmless', 'W12': 'locked',
    'U1': 'window', 'U2': 'smaps', 'U3': 'clear_refs', 'U4': 'mincore', 'U5': 'scan',
    'U7': 'privilege', 'U8': 'targets', 'U9': 'how', 'U10': 'protect', 'U11': 'counted',
    'U12': 'left behind', 'U13': 'ranges', 'U14': 'query', 'U6': 'clean exit',
}
# Those that can be checked for any layout.
OF_A_LAYOUT = (*(f'W{n}' for n in range(1, 12)), 'U1', 'U2', 'U5')


def expected(name: str) -> set[str]:
    """The rules that a kernel is expected to fail."""
    path = LINUX.folder / 'expected' / name
    if not path.exists():
        return set()
    known = set()
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        rule = line.partition('#')[0].strip()
        if rule and rule not in RULES:
            raise Failure(f"{path}:{number}: there is no rule '{rule}', only W1 to W12 "
                          'and U1 to U14')
        if rule:
            known.add(rule)
    return known
