# SPDX-License-Identifier: GPL-2.0
"""What is expected of the cases: how many run, and which fail on a kernel."""

from ...failure import Failure
from ...kernels.version import LINUX

# For each test, how many cases run, and how many are skipped. Without it, what does not run
# would not be missed.
PLAN = {
    'mm_regression/vma_vm_pfnmap': (3, 1),
    'mm_regression/mincore': (6, 1),
    'mm_regression/hugetlb/mincore': (2, 0),
    'mm_regression/hugetlb/madvise_unaligned': (1, 0),
    'mm_regression/hugetlb/punch_hole_unaligned': (3, 0),
    'mm_regression/hugetlb/per_process_usage_counter': (1, 0),
    'mm_regression/madv_free': (2, 0),
    'mm_regression/mlock': (4, 0),
    'page-types, truth': (12, 0), 'page-types, walks': (12, 0),
    'pmap, truth': (12, 0), 'pmap, walks': (12, 0),
    'smem, truth': (12, 0), 'smem, walks': (12, 0),
    'vmtouch, truth': (1, 0), 'vmtouch, walks': (1, 0),
}

# And if there are the programs of libhugetlbfs: what they say, and what readers say of them.
READ = 'libhugetlbfs, read'
OF_LIBHUGETLBFS = {'libhugetlbfs': (41, 4), READ: (45, 0)}


def failing(kernel: str) -> set[tuple[str, str]]:
    """Return the cases that a kernel is expected to fail, as test and name."""
    path = LINUX.folder / 'external' / kernel
    if not path.exists():
        return set()
    found = set()
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        case = line.partition('#')[0].strip()
        test, colon, name = case.partition(': ')
        if case and (test not in PLAN | OF_LIBHUGETLBFS or not colon):
            raise Failure(f"{path}:{number}: '{case}' is no case of a test of `umwalk external`, "
                          "as in 'mm_regression/vma_vm_pfnmap: pagemap'")
        if case:
            found.add((test, name))
    return found


def missed(known: set[tuple[str, str]], failed: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the cases that are expected to fail, and did not.

    The programs of libhugetlbfs go on while they are read. So readers may come too late for what
    is wrong in some of them, but not in all.
    """
    seen = {test for test, _ in known & failed}
    return {(test, name) for test, name in known - failed if test != READ or test not in seen}
