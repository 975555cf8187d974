# SPDX-License-Identifier: GPL-2.0
"""The differential: what two kernels say of the same layouts, and who is right."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.boots import guest
from appliance.boots.records import Reader, of_type
from appliance.commands.fuzz import differences, generate
from appliance.commands.validate import differential, random_reads, readings
from appliance.commands.validate.differential import BOOT, LAYOUTS
from appliance.commands.validate.readings import Readings
from appliance.failure import Failure
from appliance.kernels import build as builds, series
from appliance.kernels.build import Built
from appliance.paths import TOP, build_folder
from appliance.runs.outcome import FAIL, MENDED, NEW, ON_BASE, PASS, SKIP, UNDECIDED, Outcome
from made import made

FOLDER = TOP / 'tests' / 'validate'

# One fault for each reader, and what the differential has to say of it.
FAULTS = {
    'smaps': ('smaps', '(copied pfnmap): Rss is 0, expected 16'),
    'smaps_rollup': ('smaps_rollup', 'smaps_rollup: Rss is '),
    'pagemap': ('pagemap', '(hugetlb, present): gave the PFN of another page'),
    'pagemap_scan': ('PAGEMAP_SCAN', 'PAGEMAP_SCAN for present pages'),
    'clear_refs': ('clear_refs', 'after 3 was written, VMA 0x10001e0000 (anon)'),
    'mincore': ('mincore', 'what was left in kernel memory'),
}


def said(text: str = 'a\nb', ok: bool = True, **more) -> Reader:
    fields = {'checked': 1, 'detail': '' if ok else 'is 2, expected 1'} | more
    return made(Reader, said=text, ok=ok, **fields)


def seen(*cases: Reader, **fields) -> Readings:
    """Return what the readers smaps said in each case, which has a number for its name."""
    found = {('smaps', 'joints', str(i)): one for i, one in enumerate(cases)}
    return Readings('k', Path(), said=found, **fields)


def judged(base: Readings, patched: Readings) -> dict[str, Outcome]:
    return {one.check: one for one in differential.compare(base, patched)}


@pytest.mark.parametrize('base, patched, kind, says', [
    (said(), said('a\nc', False), NEW, 'is 2, expected 1'),
    (said(), said(ok=False), NEW, 'is 2, expected 1'),
    (said(ok=False), said(ok=False), ON_BASE, 'is 2, expected 1'),
    (said('a\nc', False), said(), MENDED, 'is 2, expected 1'),
    (said('a\nc', False), said('a\nd', False), NEW, 'both are wrong, in different ways: is 2'),
    (said(), said('a\nc'), NEW, 'they differ in what no truth decides; all else is right on both'),
    (said(checked=0), said('a\nc', checked=0), NEW, 'they differ in what no truth decides'),
    (said(), said('', skip=True, detail='none'), NEW, 'they differ')])
def test_who_is_right(base, patched, kind, says):
    found = judged(seen(base), seen(patched))['smaps']
    finding, = found.findings
    assert finding.kind == kind and found.status == (FAIL if kind == NEW else PASS)
    assert finding.text.startswith(f'smaps, layout joints, 0: {says}')
    if base.said.startswith('a\nb') and patched.said == 'a\nc':
        assert finding.details == ('base says:    b', 'patched says: c')


def test_a_case_that_one_kernel_alone_has():
    for base, patched, who in ((seen(said()), seen(), 'base'),
                               (seen(), seen(said()), 'patched kernel')):
        found = judged(base, patched)['smaps']
        assert found.status == FAIL
        assert found.findings[0].text.endswith(f'the {who} alone has this case')


def test_cases_of_a_layout_are_one_finding():
    found = judged(seen(*[said()] * 6), seen(*[said('c', False)] * 6))['smaps']
    assert found.summary == '6 of 6 cases differ'
    assert found.findings[0].details[-1] == 'and 5 more, as 1; 2; 3'


def test_a_long_line_is_cut_around_the_difference():
    one, other = ('x' * 500 + char + 'y' * 500 for char in 'ab')
    base, patched = judged(seen(said(one)), seen(said(other, False)))['smaps'].findings[0].details
    assert 'xa' in base and 'xb' in patched and base.endswith('...') and len(base) < 200


def test_what_is_nowhere_is_skipped():
    none = said('', skip=True, detail='this kernel has no smaps')
    assert judged(seen(none), seen(none))['smaps'] == Outcome(
        'smaps', SKIP, 'this kernel has no smaps', 'k')


def test_a_boot_that_dies_fails_and_accuses_no_reader():
    found = judged(seen(said(), said()), seen(said(), died='it loops\n[<6>] f+0x1/0x2'))
    assert found[BOOT].status == FAIL and found[BOOT].findings[0].details == ('[<6>] f+0x1/0x2',)
    assert found['smaps'].status == PASS


def test_a_base_that_dies_accuses_nobody():
    with pytest.raises(Failure, match='base itself .* it sleeps'):
        judged(seen(died='it sleeps'), seen())


def test_only_a_new_splat_fails():
    assert judged(seen(splats=['BUG: x']), seen(splats=['BUG: x']))[BOOT].status == PASS
    assert judged(seen(), seen(splats=['BUG: x']))[BOOT].status == FAIL


@pytest.fixture(scope='module')
def kernels(appliance) -> dict[str, Built]:
    """Build a series that replaces the walker of fs/proc, once right and once with all faults."""
    own = FOLDER / 'own-walker.patch'
    faults = [FOLDER / f'{name}.patch' for name in FAULTS]
    stock = series.kernel('stock')
    own_walker, wrong = builds.ensure(build_folder(), [stock.plus('own', own),
                                                       stock.plus('faults', own, *faults)])
    return appliance.kernels | {'own-walker': own_walker, 'faults': wrong}


@pytest.fixture(scope='module')
def read(appliance, kernels) -> dict[str, Readings]:
    """Boot each kernel once, and stock once more."""
    found = {}
    for one, other in (('stock', 'stock'), ('baseline', 'patched'), ('fixed', 'own-walker'),
                       ('stock', 'faults')):
        pair = readings.of_both(appliance, kernels[one], kernels[other])
        found['again' if one == other else one], found[other] = pair
    return found


def statuses(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {name: one.status for name, one in outcomes.items() if one.status != PASS}


def test_a_kernel_is_what_it_is(read):
    found = judged(read['again'], read['stock'])
    assert statuses(found) == {'numa_maps': SKIP}
    assert not [finding for one in found.values() for finding in one.findings]
    assert set(found) == {BOOT, 'maps', 'smaps', 'smaps_rollup', 'numa_maps', 'pagemap',
                          'PAGEMAP_SCAN', 'clear_refs', 'mincore'}


def test_a_right_walker_of_its_own_has_no_finding(read):
    found = judged(read['stock'], read['own-walker'])
    assert statuses(found) == {'numa_maps': SKIP}
    assert not [finding for one in found.values() for finding in one.findings]


@pytest.mark.parametrize('name', FAULTS)
def test_a_fault_in_each_reader_is_found(read, name):
    reader, says = FAULTS[name]
    found = judged(read['stock'], read['faults'])[reader]
    assert found.status == FAIL
    assert any(says in finding.text for finding in found.findings if finding.kind == NEW), \
        found.findings


def test_what_the_shipped_series_breaks_and_mends(read):
    found = judged(read['baseline'], read['patched'])
    assert set(statuses(found)) == {'pagemap', 'PAGEMAP_SCAN', 'mincore', 'numa_maps'}
    assert {finding.kind for finding in found['smaps'].findings} == {MENDED}
    texts = [finding.text for finding in found['pagemap'].findings if finding.kind == NEW]
    assert any('gave 0 entries' in text for text in texts)


def test_what_the_fixes_mend(read):
    """No document says what pagemap makes of a poison marker, which patched loses in long reads."""
    found = judged(read['patched'], read['fixed'])
    assert statuses(found) == {'numa_maps': SKIP, 'pagemap': FAIL}
    undecided, = (finding.text for one in found.values() for finding in one.findings
                  if finding.kind != MENDED)
    assert undecided.startswith('pagemap, layout last 6, ')
    assert undecided.endswith('they differ in what no truth decides; all else is right on both')
    assert {name for name, one in found.items() if one.findings} == {
        'pagemap', 'PAGEMAP_SCAN', 'mincore'}


def test_a_kernel_that_does_not_come_up(appliance, kernels, tmp_path):
    program = tmp_path / 'linux'
    program.symlink_to('/bin/false')
    dead = replace(kernels['stock'], program=program)
    found = judged(*readings.of_both(appliance, kernels['stock'], dead))
    assert found[BOOT].status == FAIL and list(found) == [BOOT]
    assert 'a boot failed' in found[BOOT].findings[0].text


def test_without_a_probe_its_layouts_are_left_out(appliance):
    walks = build_folder() / 'guest' / 'walks'
    script = f'rm /dev/pagewalk && exec {walks} readers'
    records = of_type(Reader, guest.records(
        appliance.only('stock'), '--host', f'--mem={appliance.memory_mib}', '--timeout=0',
        argv=['sh', '-c', script]))
    assert [one for one in records if not one.ok] == []
    assert {one.layout for one in records if one.reader == LAYOUTS} == {'pfnmap', 'last 3'}
    assert {one.reader for one in records if not one.skip} == {
        'maps', 'smaps', 'smaps_rollup', 'pagemap', 'PAGEMAP_SCAN', 'clear_refs', 'mincore'}


@pytest.fixture(scope='module')
def random_pair(appliance, kernels):
    """Make the same random reads on two kernels; returns what is said of the second."""
    def look(base: str, patched: str, kinds=generate.KINDS) -> Outcome:
        cases = generate.cases(1, range(30), {'walk': 0}, kinds)
        with guest.at_once() as pool:
            sides = [replace(appliance, kernels={name: kernels[name]}) for name in (base, patched)]
            return random_reads.compare(differences.Pair(build_folder(), sides, pool), cases)
    return look


def test_random_reads_that_no_kernel_makes_decide_nothing():
    class Dead(differences.Pair):
        """Two kernels that come to no end."""
        names = ['a', 'b']

        def look(self, cases) -> None:
            """Compare nothing."""
    assert random_reads.compare(Dead(build_folder(), [], None), []).status == UNDECIDED


def test_random_reads_of_a_walker_of_its_own_do_not_differ(random_pair):
    found = random_pair('stock', 'own-walker')
    assert found.status == PASS and not found.findings
    assert found.summary == 'nothing new in 1,230 reads of 30 address spaces'


def test_random_reads_find_each_reader_that_is_wrong(random_pair, monkeypatch):
    monkeypatch.setattr(random_reads, 'MADE_SMALL', 1)
    found = random_pair('stock', 'faults')
    assert found.status == FAIL
    said = ' '.join(one.text for one in found.findings)
    for what, rule in (('smaps', 'U2'), ('pagemap', 'U1'), ('scan', 'U5'), ('mincore', 'U4')):
        assert re.search(fr'\b{what}, [0-9,]+ times: breaks {rule}, which the base keeps', said)
    assert all(one.kind == NEW for one in found.findings)
    small = found.findings[0].details
    assert small[0].startswith('base says: ') and small[1].startswith('patched says: ')
    assert small[0].partition(':')[2] != small[1].partition(':')[2]
    assert small[2].count(',') == 0, 'of one VMA and one read'


@pytest.mark.long
def test_random_reads_without_the_probe(random_pair):
    found = random_pair('stock', 'faults', generate.NO_PROBE)
    assert found.status == FAIL and any(one.text.startswith('mincore') for one in found.findings)


@pytest.mark.long
def test_random_reads_say_what_a_series_mends(random_pair):
    """Where no truth decides, the kernels may not differ, though one of them is known to be wrong."""
    found = random_pair('faults', 'stock')
    mended = {one.text for one in found.findings if one.kind == MENDED}
    assert mended >= {'smaps: the base breaks U2', 'pagemap: the base breaks U1',
                      'scan: the base breaks U5', 'mincore: the base breaks U4'}
    assert all('no truth decides' in one.text for one in found.findings if one.kind == NEW)
