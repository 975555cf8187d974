# SPDX-License-Identifier: GPL-2.0
"""A series that leaves no room for the probe is validated without it, and the report says so."""

import re
from dataclasses import replace

import pytest

from appliance.commands.validate import contract, differential, probe, stages, verdict
from appliance.commands.validate.stages import Stage
from appliance.commands.validate.subject import Subject
from appliance.failure import Failure
from appliance.kernels import build as builds, series
from appliance.kernels.patch import Patch
from appliance.paths import TOP, build_folder
from appliance.runs.outcome import FAIL, PASS, SKIP, UNDECIDED, Outcome

RENAMED = TOP / 'tests' / 'validate' / 'renamed-walker.patch'
BESIDE = """\
--- a/mm/Makefile
+++ b/mm/Makefile
@@ -145,3 +145,4 @@ obj-$(CONFIG_GENERIC_IOREMAP) += ioremap.o
 obj-$(CONFIG_SHRINKER_DEBUG) += shrinker_debug.o
 obj-$(CONFIG_EXECMEM) += execmem.o
 obj-$(CONFIG_TMPFS_QUOTA) += shmem_quota.o
+obj-$(CONFIG_MINE) += mine.o
"""


def subject(patch) -> Subject:
    return Subject(build_folder(), series.kernel('stock'), (Patch(patch),))


def has_probe(kernel: series.Kernel) -> bool:
    return 'probe' in kernel.stack.series


def test_a_kernel_without_the_probe():
    stock = series.kernel('stock')
    bare = stock.without('probe')
    assert bare.stack.series == ('platform',) and bare.name == 'stock-without-probe'
    assert {one.file.parent.name for one in bare.stack.patches} == {'platform'}
    assert stock.requested().keys() - bare.requested().keys() == {
        'CONFIG_PAGEWALK_PROBE', 'CONFIG_PAGEWALK_KUNIT_TEST'}


OWN, MINE = '../mm/pagewalk_probe.c:1: error: x', '../mm/mine.c:1: error: y'


@pytest.mark.parametrize('with_probe, without, why', [
    ('', '', ''), (f'errors:\n{OWN}\n{MINE}', '', OWN.removeprefix('../')),
    (f'errors:\n{OWN}', f'errors:\n{MINE}', ''), (f'errors:\n{MINE}', '', '')])
def test_it_is_left_out_only_if_that_helps(monkeypatch, with_probe, without, why):
    def ensure(_, kernels, *__):
        said = with_probe if has_probe(kernels[0]) else without
        if said:
            raise Failure(said)

    monkeypatch.setattr(builds, 'check_applies', lambda *_: None)
    monkeypatch.setattr(builds, 'ensure', ensure)
    found = probe.fitted(Subject(TOP, series.kernel('stock'), ()))
    assert (found.no_probe, has_probe(found.base)) == (why, not why)
    said = list(probe.outcomes(found))
    assert verdict.exit_status([Outcome('a', PASS, ''), *said]) == (verdict.CANNOT_TELL if why
                                                                    else verdict.PASSED)
    assert [one.summary.endswith(why) for one in said] == [True] * bool(why)


def test_what_needs_the_probe_is_skipped():
    some = Stage('probes', lambda _: [Outcome('x', FAIL, '')], probes=True)
    bare = Subject(TOP, series.kernel('stock'), (), no_probe='why')
    assert [one.status for one in stages.run(bare, False, [some])] == [SKIP]
    assert [one.status for one in stages.run(replace(bare, no_probe=''), False, [some])] == [FAIL]


def test_a_series_that_changes_the_lines_beside_it(appliance, tmp_path):
    patch = tmp_path / 'beside.patch'
    patch.write_text(BESIDE)
    found = probe.fitted(subject(patch))
    assert not has_probe(found.base) and found.base.name == 'stock-without-probe'
    assert 'hunk 1 does not apply to mm/Makefile' in found.no_probe


@pytest.mark.long
def test_a_series_that_renames_what_it_calls(appliance):
    """All that needs no probe runs, and finds nothing."""
    found = probe.fitted(subject(RENAMED))
    assert 'walk_page_range' in found.no_probe and 'mm/' in found.no_probe
    outcomes = [*contract.check(found), *differential.check(found)]
    assert {one.check: one.status for one in outcomes if one.status != PASS} == {
        'layouts': SKIP, 'numa_maps': SKIP}
    passed = next(one.summary for one in outcomes if one.check == 'contract')
    assert re.fullmatch(r'([1-9]\d*) of \d+ rules pass \(base: \1\)', passed), passed


@pytest.mark.long
def test_a_fault_is_found_without_it(appliance):
    """The same series with a fault in a reader."""
    broken = replace(subject(RENAMED), patches=(Patch(RENAMED), Patch(
        TOP / 'tests' / 'validate' / 'mincore.patch')))
    outcomes = list(contract.check(probe.fitted(broken)))
    found = next(one for one in outcomes if one.check == 'contract')
    assert found.status == FAIL and found.findings[0].text.startswith('U4 mincore: ')


def test_the_verdict_is_left_open():
    bare = Subject(TOP, series.kernel('stock'), (), no_probe='mm/x.c:1: error: y')
    assert [one.status for one in probe.outcomes(bare)] == [UNDECIDED]
