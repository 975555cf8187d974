# SPDX-License-Identifier: GPL-2.0
"""`umwalk scale`: fits of data whose answer is known, and a small real run."""

import json
import shutil
import subprocess
from dataclasses import asdict, replace

import numpy
import pytest

from appliance.boots import guest
from appliance.boots.records import Check, Host, Layout, Sample, of_type
from appliance.commands.scale import plot, report, scale
from appliance.numbers import fit
from appliance.kernels import build as builds
from appliance.kernels.newfiles import FILES
from appliance.paths import TOP, build_folder
from made import made

N = scale.points(60_000, scale.FULL.steps)


def boots(truth, noise=0.02, count=8, seed=1):
    """Make measurements of truth(n) with relative errors, between boots and within."""
    random = numpy.random.default_rng(seed)
    clean = numpy.array([truth(n) for n in N])
    between = random.lognormal(0, noise, (count, 1))
    return list(clean * between * random.lognormal(0, noise, (count, len(N))))


def line(n):
    return 50 + 3.25 * n


def test_points_have_both_ends():
    assert scale.points(200, (1, 3)) == [1, 3, 10, 30, 100, 200]
    assert scale.points(1000, (1,)) == [1, 10, 100, 1000]
    assert scale.points(60, (1, 2, 5)) == [1, 2, 5, 10, 20, 60]


def test_the_interval_holds_the_slope_in_95_of_100_and_a_line_is_called_straight():
    held = straight = 0
    for seed in range(400):
        found = fit.fit(N, boots(line, seed=seed))
        held += found.each.low <= 3.25 <= found.each.high
        straight += found.verdict == 'straight'
    assert 0.92 < held / 400 < 0.98
    assert straight / 400 > 0.97


@pytest.mark.parametrize('exponent', [0.9, 1.1])
def test_a_power_is_not_straight_and_its_exponent_found(exponent):
    for seed in range(20):
        found = fit.fit(N, boots(lambda n: 50 + 3 * n ** exponent, seed=seed))
        assert (found.verdict, found.curve.kind) == ('not straight', 'power')
        assert found.curve.exponent.value == pytest.approx(exponent, abs=0.02)
        assert found.curve.exponent.low < found.curve.exponent.value < found.curve.exponent.high
        assert found.curve.left < found.deviation


def test_a_bend_is_not_straight_and_its_place_found():
    for seed in range(20):
        found = fit.fit(N, boots(lambda n: 50 + 2 * min(n, 1000) + 4 * max(n - 1000, 0), seed=seed))
        assert (found.verdict, found.curve.kind) == ('not straight', 'bend')
        assert found.curve.at in (500, 1000, 2000)
        assert found.curve.below.value == pytest.approx(2, rel=0.2)
        assert found.curve.above.value == pytest.approx(4, rel=0.1)


def test_what_does_not_grow_is_flat():
    found = fit.fit(N, boots(lambda n: 300.0, noise=0.01))
    assert found.verdict == 'flat'
    assert found.each.low < 0 < found.each.high


def test_too_much_noise_is_undecided():
    assert fit.fit(N, boots(line, noise=0.25, count=3)).verdict == 'undecided'


def test_a_single_boot_is_exact():
    found = fit.fit([1, 10, 100, 1000], [[17, 107, 1007, 10007]])
    assert found.verdict == 'straight' and found.deviation < 1e-9
    assert found.each.value == pytest.approx(10) and found.each.low is None
    bent = fit.fit([1, 10, 100, 1000], [[17, 107, 1007, 20007]])
    assert bent.verdict == 'not straight'


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match='4 points or more'):
        fit.fit([1, 2, 3], [[1, 2, 3]])


def records(truth=True):
    """Make records of kernels that take 1 ns and 3 ns a page, and 1 % more in each boot."""
    yield Host(2_000_000, 'a CPU')
    for boot in range(3):
        for kernel, each in (('a', 1), ('b', 3)):
            for n in (1, 10, 100, 1000, 10000):
                for walk, ns in (('pte_entry', 100 + each * n * (1 + boot / 100)), ('floor', n / 4)):
                    yield made(Sample, kernel=kernel, boot=boot, layout=f'pages:{n}', walk=walk,
                               cycles=20 * ns, repeat=10, pages=n)
            yield made(Check, kernel=kernel, boot=boot, layout='pages:10000', check='pte_entry',
                       ok=truth or kernel == 'a')


@pytest.fixture
def result():
    return of(records())


def of(measured) -> dict:
    found = scale.fits(list(measured), scale.SERIES)
    return {'kernels': {'a': {}, 'b': {}}, 'boots': 3, 'seconds': 1, 'source': '6.12',
            'host': {'cpu': 'a CPU'}, 'started': 'today', 'fits': found,
            'floors': scale.floors(found)}


def test_records_become_costs(result):
    each = {(r['walk'], r['kernel']): r['each']['value'] for r in result['fits']}
    assert each == {('pte_entry', 'a'): pytest.approx(1.01), ('pte_entry', 'b'): pytest.approx(3.03),
                    ('floor', 'a'): pytest.approx(.25), ('floor', 'b'): pytest.approx(.25)}
    assert {r['truth'] for r in result['fits'] if r['walk'] == 'pte_entry'} == {'pass'}
    assert [f['ratio']['value'] for f in result['floors']] == [pytest.approx(4.08, abs=.001),
                                                               pytest.approx(12.16, abs=.001)]


def test_the_table(result):
    lines = [line.split() for line in report.text(result).splitlines()]
    assert ['pages', 'pte_entry', 'page', '1.010', '±0.025', '3.030', '±0.075'] in lines
    assert ['pages', 'pte_entry', 'page', 'straight,', '1', '%', 'straight,', '1', '%'] in lines
    assert 'different work' not in report.text(result)


def test_a_walk_that_reports_what_is_not_true_is_told():
    text = report.text(of(records(truth=False)))
    assert 'b: pages: pte_entry fails: it did different work' in text
    assert 'a: pages: pte_entry fails' not in text


def test_plots(result):
    plots = plot.files(result)
    assert set(plots) == {'pages.svg', 'pages.png'}
    assert plots['pages.png'].startswith(b'\x89PNG') and b'<svg' in plots['pages.svg'][:1000]


@pytest.fixture(scope='module')
def run(appliance, results_folder):
    """Run briefly on two kernels; return the results folder."""
    assert scale.run(build_folder(), ['baseline', 'patched'],
                     scale.Effort(boots=2, samples=3, steps=(1,), limit=10_000,
                                  count=False), scale.SERIES) == 0
    return results_folder / 'latest'


@pytest.fixture(scope='module')
def measured(run):
    return json.loads((run / 'result.json').read_text())


def each(measured, series, walk, kernel):
    row, = (r for r in measured['fits']
            if (r['series'], r['walk'], r['kernel']) == (series, walk, kernel))
    return row['each']['value']


def test_the_folder_is_whole(run):
    assert {p.name for p in run.iterdir()} == {
        'result.json', 'report.txt', 'records.jsonl',
        *(f'{name}.{kind}' for name in scale.SERIES for kind in ('svg', 'png'))}


def have_as_many_as_they_say(layouts):
    counts = {'vmas': 'vmas', 'gaps': 'vmas', 'pages': 'present', 'tables': 'tables', 'huge': 'huge'}
    for r in layouts:
        series, n = r['layout'].split(':')
        found = r[counts[series]] if series in counts else r['pages'] // 512 - r['tables']
        assert found == int(n), r


def test_layouts_have_as_many_as_they_say(run):
    layouts = [r for r in map(json.loads, (run / 'records.jsonl').read_text().splitlines())
               if r['type'] == 'layout']
    assert {r['layout'] for r in layouts} >= {'vmas:10000', 'pages:10000', 'huge:200'}
    have_as_many_as_they_say(layouts)


@pytest.mark.long
def test_the_largest_layouts_have_as_many_as_they_say(appliance):
    most = [f'{name}:{min(series.most, scale.FULL.limit)}' for name, series in scale.SERIES.items()]
    layouts = [asdict(r) for r in of_type(Layout, guest.records(
        appliance.only('stock'), f'--mem={appliance.memory_mib}',
        argv=['/bin/walks', 'scale', '--samples=1', *most]))]
    assert {r['layout'] for r in layouts} >= {*most, 'vmas:60000', 'pages:1000000', 'huge:200'}
    have_as_many_as_they_say(layouts)


def test_all_kernels_did_the_same_work(measured):
    assert {r['truth'] for r in measured['fits'] if r['walk'].startswith('p')} == {'pass'}


def test_costs_are_those_of_walks(measured):
    """Check orders of magnitude, and that the series of patches looks for every VMA."""
    assert each(measured, 'vmas', 'pmd_entry', 'patched') > 10
    assert abs(each(measured, 'vmas', 'pmd_entry', 'baseline')) < 0.1
    for kernel in ('baseline', 'patched'):
        page = each(measured, 'pages', 'pte_entry', kernel)
        assert 0.1 < page < 50
        assert each(measured, 'tables', 'pte_entry', kernel) == pytest.approx(512 * page, rel=0.7)


def test_instructions_are_fitted_and_the_same_in_each_boot(appliance):
    found = []
    for kernel in ('baseline', 'patched'):
        found += guest.records(appliance.only(kernel), '--boots=2', f'--mem={appliance.memory_mib}',
                               argv=['/bin/walks', 'scale', '--count', 'gaps:1,10,100,1000'])
    rows = {(r['walk'], r['kernel']): r for r in scale.fits(found, scale.SERIES)}
    for kernel in ('baseline', 'patched'):
        row = rows['pmd_hole', kernel]
        assert row['measure'] == 'instructions' and row['truth'] == 'pass'
        assert row['boots'][0] == row['boots'][1]
    asked = rows['pmd_hole', 'patched']['each']['value']
    assert asked > 5 * rows['pmd_hole', 'baseline']['each']['value'] > 50


@pytest.mark.parametrize('row, said', [
    ({'verdict': 'flat', 'deviation_high': 0.031}, 'flat, 4 %'),
    ({'verdict': 'undecided', 'deviation_high': 0.4}, 'undecided, 40 %'),
    ({'verdict': 'not straight', 'curve': {'kind': 'power', 'exponent': {'value': 1.07}}},
     'bends up, N^1.07'),
    ({'verdict': 'not straight', 'curve': {'kind': 'power', 'exponent': {'value': 0.9}}},
     'bends down, N^0.90'),
    ({'verdict': 'not straight', 'deviation': 0.061,
      'curve': {'kind': 'power', 'exponent': {'value': 1.004}}}, 'not straight, 7 %'),
    ({'verdict': 'not straight', 'curve': {'kind': 'bend', 'at': 5000.0, 'below': {'value': 397.2},
                                           'above': {'value': 1044.0}}}, '397, 1,040 from 5,000')])
def test_words(row, said):
    assert report.shape(row) == said


@pytest.mark.parametrize('value, reach, said', [
    (1.2345, 0.0312, '1.234 ±0.031'), (1060.4, 12.2, '1,060 ±12'), (0.00012, 0.0003, '0.0001 ±0.0003'),
    (16.0912, None, '16.09'), (12345.6, None, '12,350')])
def test_numbers(value, reach, said):
    ends = (None, None) if reach is None else (value - reach, value + reach)
    assert report.with_reach(dict(zip(('value', 'low', 'high'), (value, *ends)))) == said


@pytest.fixture
def changed_guest(appliance, tmp_path):
    """Build the guest from workloads/ with a changed file; return its appliance."""
    def build(file: str, right: str, wrong: str) -> guest.Appliance:
        shutil.copytree(TOP / 'workloads', tmp_path / 'workloads')
        source = tmp_path / 'workloads' / file
        assert source.read_text().count(right) == 1
        source.write_text(source.read_text().replace(right, wrong))
        built = build_folder()
        subprocess.run(['make', '-s', '-C', tmp_path / 'workloads', f'OUT={tmp_path}',
                        f'UAPI={FILES / "include" / "uapi"}'], check=True)
        subprocess.run(['make', '-s', '-C', TOP / 'rootfs', f'OUT={tmp_path}',
                        f'GEN_INIT_CPIO={builds.original(built, "usr/gen_init_cpio.c")}',
                        f'WALKS={tmp_path / "walks"}'], check=True)
        return replace(appliance, initramfs=tmp_path / 'initramfs.cpio')
    return build


@pytest.mark.long
def test_pages_that_are_not_there_are_noticed(changed_guest):
    booted = changed_guest('space/map.c', '		populate_range(layout, region, region->ranges',
                           '	if (region->memory != &mem_zero)\n'
                           '		populate_range(layout, region, region->ranges').only('stock')
    found = guest.records(booted, f'--mem={booted.memory_mib}',
                          argv=['/bin/walks', 'scale', '--samples=1', 'pages:1000'])
    broken = {r.check: r.detail for r in of_type(Check, found) if not r.ok}
    assert set(broken) == {'pte_entry', 'pagemap'}
    assert 'expected present' in broken['pagemap']


@pytest.mark.parametrize('asked, said', [
    ('vmas:0', '0 is not a number from 1 to 60000'), ('vmas', ' is not a number from 1 to 60000'),
    ('vmas:60001', '60001 is not a number'), ('vmas:1,', 'scale vmas:1,:  is not a number'),
    ('mmas:1', 'no series or layout mmas: there are vmas'),
    ('--samples=0', '--samples 0: not a number from 1 to')])
def test_what_the_guest_refuses(appliance, asked, said):
    with pytest.raises(guest.Failure, match=said):
        list(guest.records(appliance.only('stock'), argv=['/bin/walks', 'scale', asked]))
