# SPDX-License-Identifier: GPL-2.0
"""The stages of a validation, and its command line."""

import re

import pytest

from appliance.commands.validate import apply, changes, stages
from appliance.commands.validate.stages import Stage
from appliance.commands.validate.subject import Subject
from appliance.failure import Failure
from appliance.kernels import series
from appliance.kernels.intake.posted import Series
from appliance.paths import TOP
from appliance.runs.outcome import FAIL, PASS, SKIP, UNDECIDED, WARN, Outcome
from made import latest

NOTHING = TOP / 'kernel-patches' / '6.12' / 'proof' / 'null' / 'comment-pagewalk.patch'


@pytest.fixture
def subject(tmp_path):
    return Subject(tmp_path, series.kernel('stock'), ())


def stage(name: str, *statuses: str, boots: bool = False) -> Stage:
    return Stage(name, lambda _: (Outcome(name, status, '') for status in statuses), boots)


def states(subject: Subject, *some: Stage, keep_going: bool = False) -> list[tuple[str, str]]:
    return [(one.check, one.status) for one in stages.run(subject, keep_going, some)]


def test_the_page_names_each_stage():
    page = (TOP / 'docs' / 'validate.md').read_text().partition('| stage |')[2]
    named = re.findall(r'^\| ([\w ]+) \|', page.partition('\n\n')[0], re.M)
    assert named == [apply.CHECK, *(one.name for one in (*stages.STAGES, stages.DEBUG))]


@pytest.mark.parametrize('only, with_debug, names, others', [
    ('', True, stages.NAMES, []), ('', False, stages.NAMES[:-1], ['debug']),
    ('contract', False, ['contract'], ['other stages']), ('debug', False, ['debug'], ['other stages'])])
def test_what_is_not_asked_for_is_said(only, with_debug, names, others):
    chosen, said = stages.asked(only, with_debug)
    assert [one.name for one in chosen] == names
    assert [(one.check, one.status) for one in said] == [(name, SKIP) for name in others]


def test_each_outcome_has_its_stage(subject):
    assert [one.stage for one in stages.run(subject, False, [stage('a', PASS), stage('b', PASS)])] \
        == ['a', 'b']


@pytest.mark.parametrize('text, status', [
    ('mm: walk: mend it\n\nWhy.', PASS), ('*** SUBJECT HERE ***\n\nWhy.', WARN),
    ('mm: walk: mend it\n\n*** BLURB HERE ***', WARN), ('', None)])
def test_a_cover_letter_has_to_be_written(text, status):
    assert [one.status for one in apply.of_cover(Series((), text, '', ()))] == (
        [status] if status else [])


@pytest.mark.parametrize('bad', [FAIL, UNDECIDED])
def test_what_comes_after_a_stage_that_does_not_pass_is_said_to_be_left_out(subject, bad):
    some = stage('a', PASS, bad, WARN), stage('b', PASS), stage('c', PASS)
    assert states(subject, *some) == [
        ('a', PASS), ('a', bad), ('a', WARN), ('b', SKIP), ('c', SKIP)]
    assert states(subject, *some, keep_going=True)[-2:] == [('b', PASS), ('c', PASS)]


def test_what_is_left_out_names_the_check_that_did_not_pass(subject):
    both = Stage('leaks', lambda _: (Outcome(check, FAIL, '') for check in ('boot', 'leaks')))
    *_, left_out = stages.run(subject, False, [both, stage('contract', PASS)])
    assert left_out.summary == 'not reached, since boot did not pass'


def test_a_stage_that_warns_or_skips_stops_nothing(subject):
    assert states(subject, stage('a', WARN, SKIP), stage('b', PASS))[-1] == ('b', PASS)


def test_a_stage_that_cannot_run_decides_nothing(subject):
    def check(_: Subject):
        yield Outcome('a', PASS, '')
        raise Failure('no such tool')

    found = list(stages.run(subject, False, [Stage('a', check)]))
    assert [one.status for one in found] == [PASS, UNDECIDED]
    assert 'no such tool' in found[1].summary


def test_what_changes_no_function_is_not_booted(subject, monkeypatch):
    some = stage('builds', FAIL), stage('boots', FAIL, boots=True)
    monkeypatch.setattr(changes, 'of', lambda _: set())
    assert states(subject, *some, keep_going=True) == [('builds', FAIL), ('boots', PASS)]
    monkeypatch.setattr(changes, 'of', lambda _: {'walk_page_range'})
    assert states(subject, *some, keep_going=True) == [('builds', FAIL), ('boots', FAIL)]


@pytest.mark.parametrize('arguments, said', [
    ([], 'name the series'),
    (['x.patch', '--repository', '.', '--range', 'a..b'], 'name the series'),
    (['--repository', '.'], 'belong together'),
    (['/nonexistent.patch'], 'No such file'),
    (['x.patch', '--base', 'none'], "no kernel 'none'")])
def test_a_wrong_command_line_is_told_at_once(umwalk, arguments, said):
    ran = umwalk('validate', *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert 'Traceback' not in ran.stderr


def test_a_series_that_does_not_apply_or_is_there_already_fails(appliance, umwalk, tmp_path):
    stale = tmp_path / 'stale.patch'
    text = (TOP / 'kernel-patches' / '6.12' / 'mutants' / 'pmd-hole-forgotten.patch').read_text()
    stale.write_text(text.replace('pmd_none', 'pmd_absent'))
    ran = umwalk('validate', str(stale))
    assert ran.returncode == 1, ran.stderr
    assert 'hunk 1 does not apply to mm/pagewalk.c' in ran.stdout
    assert latest('validate')['exit_status'] == 1
    ran = umwalk('validate', '--base=patched', str(TOP / 'kernel-patches' / '6.12' / 'pagewalk-v3'))
    assert (ran.returncode, 'already applied: 5 of 5' in ran.stdout) == (1, True), ran.stdout


def test_a_patch_that_changes_nothing_passes_and_boots_nothing(appliance, umwalk):
    ran = umwalk('validate', str(NOTHING), '--keep-going')
    assert 'not run: the series changes no function' in ran.stdout, ran.stdout + ran.stderr
    kept = latest('validate')
    assert {one['check']: one['status'] for one in kept['outcomes']
            if one['check'] in ('contract', 'differential', 'selftests', 'measured')} == dict.fromkeys(
                ('contract', 'differential', 'selftests', 'measured'), PASS)
    assert kept['outcomes'][-2]['summary'] == 'not run: the series changes no function'
