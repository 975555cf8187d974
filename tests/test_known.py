# SPDX-License-Identifier: GPL-2.0
"""Findings that are known accuse nobody, and the file that names them is not let rot."""

import os

import pytest

from appliance.commands.validate import known, validate
from appliance.commands.validate.known import Known
from appliance.failure import Failure
from appliance.kernels import series
from appliance.runs.outcome import (FAIL, FLAKY, KNOWN, MENDED, NEW, ON_BASE, PASS, SKIP,
                                    UNDECIDED, WARN, Finding, Outcome)


@pytest.fixture
def file(tmp_path):
    def write(text: str):
        path = tmp_path / 'known-findings'
        path.write_text(text)
        return path
    return write


def log(*texts: str, status: str = FAIL, kind: str = NEW) -> Outcome:
    return Outcome('log', status, 'new splats', 'series', tuple(Finding(text, kind) for text in texts))


SPLAT = 'BUG: at mm/a.c:12 [warning:f:g] (x+0x1)'
LINE = 'log: BUG: at mm/a.c:* [warning:f # of our tree: see #7\n'


def test_without_a_file_nothing_is_known(tmp_path):
    assert known.read(tmp_path / 'none') == ()


def test_a_line(file):
    one, = known.read(file(f'# a comment\n\n{LINE}'))
    assert (one.check, one.pattern) == ('log', 'BUG: at mm/a.c:* [warning:f')
    assert one.reason == 'of our tree: see #7' and one.where.endswith('/known-findings:3')


@pytest.mark.parametrize('line', ['log', 'log: pattern', 'log: pattern #', 'log:  # reason',
                                  ': pattern # reason', 'pattern # reason', 'log: pattern# reason'])
def test_a_malformed_line_is_said(file, line):
    with pytest.raises(Failure, match=r'/known-findings:2: .* form CHECK: PATTERN # REASON: '):
        known.read(file(f'\n{line}\n'))


def test_what_is_no_text_is_said(file):
    path = file('')
    path.write_bytes(b'\xff\n')
    with pytest.raises(Failure, match='known-findings is no list of known findings: .*utf-8'):
        known.read(path)


def test_a_known_finding_does_not_accuse(file):
    one, = known.apply(known.read(file(LINE)), [log(SPLAT)])
    assert (one.status, one.summary) == (PASS, 'nothing new but what is known')
    assert one.findings == (Finding(SPLAT, KNOWN, ('known: of our tree: see #7',)),)


def test_another_beside_it_does(file):
    one, = known.apply(known.read(file(LINE)), [log(SPLAT, 'BUG: at mm/b.c:12 [warning:f:g]')])
    assert (one.status, one.summary) == (FAIL, 'new splats')
    assert [finding.kind for finding in one.findings] == [KNOWN, NEW]


@pytest.mark.parametrize('line', ['log: BUG: at mm/a.c:13 # r', 'boot: BUG: at # r', 'log: [wf] # r',
                                  'log: BUG. at # r', 'log: x*BUG # r'])
def test_what_does_not_fit_accuses(file, line):
    found = known.apply(known.read(file(line)), [log(SPLAT)])
    assert found == [log(SPLAT)]


def test_a_summary_without_findings_is_one(file):
    failed = Outcome('signed-off-by', FAIL, 'From: A <a@b>, but signed off by nobody')
    one, = known.apply(known.read(file('signed-off-by: signed off by nobody # a draft')), [failed])
    assert one.status == PASS and one.findings[0].text == failed.summary


@pytest.mark.parametrize('outcome', [log(SPLAT, kind=MENDED, status=PASS), log(status=PASS),
                                     log('other', kind=FLAKY, status=WARN)])
def test_a_stale_line_is_said(file, outcome):
    unchanged, stale = known.apply(known.read(file(LINE)), [outcome])
    assert unchanged == outcome
    assert (stale.check, stale.status) == ('known findings', WARN)
    assert 'known-findings:1: no finding of log has "BUG: at mm/a.c:* [warning:f"' in \
        stale.findings[0].text


def test_what_the_base_has_stays_so():
    outcomes = [Outcome('log', FAIL, 'new', '', (Finding('a', ON_BASE), Finding('b')))]
    assert known.apply([known.Known('here', 'log', 'a', 'why')], outcomes) == outcomes


def test_a_folder_of_patches_may_have_a_file_of_its_own(file, tmp_path):
    file(LINE)
    (tmp_path / 'a.patch').touch()
    given = ['-', str(tmp_path), str(tmp_path / 'a.patch'), str(tmp_path / 'none')]
    base = series.kernel('stock')
    assert [one.check for one in validate.known_of(validate.Given(given), base)] == ['log']
    assert not validate.known_of(validate.Given(given[2:]), base)


def test_the_series_that_umwalk_ships_knows_what_it_costs():
    folder = series.kernel('stock').version.folder / 'pagewalk-v3'
    found = validate.known_of(validate.Given([str(folder)]), series.kernel('baseline'))
    one = found[0]
    assert one.fits('time', 'pfnmap:smaps: time +26.0 % .. +38.7 %, +75.7 % instructions')
    assert not one.fits('time', 'dense:smaps: time +26.0 % .. +38.7 %, +75.7 % instructions')


@pytest.mark.parametrize('outcomes', [
    [log(SPLAT, kind=ON_BASE, status=PASS)], [log(SPLAT, kind=FLAKY, status=WARN)],
    [log(status=SKIP)], [Outcome('boot', PASS, '')], [log(status=PASS), Outcome('boot', FAIL, 'died')]])
def test_a_line_that_is_not_stale(file, outcomes):
    assert known.apply(known.read(file(LINE)), outcomes) == outcomes


def test_a_pipe_of_that_name_is_refused(tmp_path):
    os.mkfifo(tmp_path / 'known-findings')
    with pytest.raises(Failure, match='known-findings is no plain file'):
        known.read(tmp_path / 'known-findings')


def test_no_time_is_stale():
    known_time = Known('f:1', 'time', 'dense:smaps', 'why')
    outcomes = [Outcome('time', PASS, '0 of 20 rows slower')]
    assert known.apply([known_time], outcomes) == outcomes


def test_what_is_undecided_can_be_known():
    rows = Outcome('time', UNDECIDED, 'two', 'series', (Finding('dense:smaps: a', UNDECIDED),
                                                       Finding('dense:pagemap: b', UNDECIDED)))
    one, = known.apply([Known('f:1', 'time', 'dense:smaps', 'why')], [rows])
    assert (one.status, [f.kind for f in one.findings]) == (UNDECIDED, [KNOWN, UNDECIDED])
    both, = known.apply([Known('f:1', 'time', 'dense:', 'why')], [rows])
    assert (both.status, [f.kind for f in both.findings]) == (PASS, [KNOWN, KNOWN])
    mixed = Outcome('time', FAIL, 'two', 'series', (Finding('dense:smaps: a'), rows.findings[1]))
    one, = known.apply([Known('f:1', 'time', 'dense:smaps', 'why')], [mixed])
    assert one.status == UNDECIDED
    broke = Outcome('time', UNDECIDED, 'it could not run', 'series')
    assert known.apply([Known('f:1', 'time', 'it could', 'why')], [broke])[0] == broke
