# SPDX-License-Identifier: GPL-2.0
"""What readers lose in rounds that are all alike: memory, and the lock of an address space."""

from pathlib import Path

import pytest

from appliance.boots.records import Round
from appliance.commands.validate import leaks
from appliance.commands.validate.both import Seen, seen_on_both
from appliance.failure import Failure
from appliance.kernels import build as builds, series
from appliance.paths import TOP, build_folder
from appliance.runs.outcome import FAIL, MENDED, NEW, ON_BASE, PASS, UNDECIDED, Outcome
from made import made


def seen(*free: int, locked: bool = False, **fields) -> Seen:
    """Return a boot in which the reader smaps had rounds after which so many pages were free."""
    return Seen('k', Path(), [made(Round, reader='smaps', round=number, free=pages, locked=locked)
                        for number, pages in enumerate(free)], **fields)


def judged(base: Seen, patched: Seen) -> dict[str, Outcome]:
    return {one.check: one for one in leaks.compare(base, patched)}


@pytest.mark.parametrize('free, says', [
    ((900, 800, 700), 'smaps: each of 2 equal rounds of reads loses 100 pages of memory'),
    ((900, 899, 897), 'smaps: each of 2 equal rounds of reads loses 1 to 2 pages of memory'),
    ((900, 899), 'smaps: each of 1 equal rounds of reads loses 1 page of memory')])
def test_what_each_round_loses_is_a_leak(free, says):
    found = judged(seen(900, 900, 900), seen(*free))['leaks']
    finding, = found.findings
    assert (found.status, finding.kind, finding.text) == (FAIL, NEW, says)
    assert finding.details == (f'pages that are free: {", ".join(map(str, free))}',)


@pytest.mark.parametrize('free', [(900, 900, 900), (900, 100, 100), (900, 800, 801, 700), (900,)])
def test_what_one_round_does_not_lose_is_no_leak(free):
    assert judged(seen(900), seen(*free))['leaks'].findings == ()


def test_a_lock_that_is_left_held_is_a_leak():
    finding, = judged(seen(900), seen(900, locked=True))['leaks'].findings
    assert (finding.kind, finding.text) == (NEW, 'smaps: after a read, the lock of the address '
                                                 'space that was read (mmap_lock) is still held')


def test_what_the_base_loses_accuses_nobody():
    found = judged(seen(900, 800), seen(900, 700))['leaks']
    assert (found.status, found.findings[0].kind) == (PASS, ON_BASE)
    assert judged(seen(900, 800), seen(900, 900))['leaks'].findings[0].kind == MENDED
    with pytest.raises(Failure, match='base itself .* it sleeps'):
        judged(seen(died='it sleeps'), seen())


def test_a_boot_that_dies_fails_and_leaves_leaks_open():
    found = judged(seen(900, 900), seen(900, 800, died='it loops\n[<6>] f+0x1/0x2'))
    assert found['boot'].status == FAIL
    assert found['leaks'].status == FAIL, 'what was lost before is lost'
    assert judged(seen(900), seen(died='it loops'))['leaks'].status == UNDECIDED


def test_what_leaks_on_a_kernel_is_named(appliance):
    """Walks lose a page each, smaps the folios that it counts, and smaps_rollup the lock."""
    patches = [TOP / 'tests' / 'misbehaving' / f'leak-{what}.patch'
               for what in ('memory', 'reference', 'lock')]
    leaky, = builds.ensure(build_folder(), [series.kernel('stock').plus('leaky', *patches)])
    found = judged(*seen_on_both(appliance, appliance.kernels['stock'], leaky, 'leaks'))
    assert (found['boot'].status, found['leaks'].status) == (PASS, FAIL)
    said = {finding.text.partition(':')[0]: finding for finding in found['leaks'].findings}
    assert {finding.kind for finding in said.values()} == {NEW}
    assert 'mmap_lock' in said.pop('smaps_rollup').text
    assert set(said) == {'smaps', 'pagemap', 'PAGEMAP_SCAN', 'clear_refs', 'mincore'}
    assert all(' equal rounds of reads loses ' in finding.text for finding in said.values())
