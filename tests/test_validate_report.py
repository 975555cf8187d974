# SPDX-License-Identifier: GPL-2.0
"""The reports of a validation, and what hostile text in a patch or a log can do to them: nothing."""

import base64
import dataclasses
import hashlib
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import junitparser
import pytest

from appliance.commands.validate import report, report_terminal, verdict
from appliance.kernels.intake.posted import Posted, Series
from appliance.kernels.patch import Patch
from appliance.paths import TOP
from appliance.render import mail
from appliance.runs.outcome import (FAIL, FLAKY, MENDED, NEW, NOT_RUN, ON_BASE, PASS, SKIP,
                                    UNDECIDED, WARN, Finding, Measured, Outcome)

FOLDER = Path('/results/20260102-030405-abcdef')
ENVELOPE = {'started': '2026-01-02T03:04:05+00:00', 'seconds': 80.1, 'umwalk': '0123456789ab',
            'source': '6.12.107', 'configuration': 'release'}
COMMAND = ['make', 'validate', 'SERIES=v2.mbox', 'BASE=baseline']

CHANGED = Outcome('functions', PASS, '2 functions differ',
                  changed=('walk_pmd_range', 'walk_hugetlb_range'))
STYLE = [Outcome('checkpatch', PASS, '0 errors, 0 warnings', '0001-a.patch'),
         Outcome('checkpatch', FAIL, '1 errors, 0 warnings', '0002-b.patch',
                 (Finding('ERROR: trailing whitespace'),), 1.25)]
CONTRACT = Outcome('contract', FAIL, '1 new: 17 of 18 rules pass (base: 17)', 'series', (
    Finding('W9 verbatim: more: is 2, should be 1', NEW, tuple(f'line {i}' for i in range(5))),
    Finding('W1 confined: old: is 0', ON_BASE), Finding('U2 smaps: gone: is 1', MENDED)), 12.3)
DIED = Outcome('boot', FAIL, '1 new: panicked', 'series', (Finding('a boot failed'),))
MISSING = Outcome('codespell', SKIP, 'codespell is missing', '0001-a.patch')
STUCK = Outcome('selftests', UNDECIDED, 'the base ends with a time limit', 'stock')
TIMES = Outcome('bench', PASS, '3 rows, 1 slower', measured=(
    Measured('hugetlb:smaps', 'same within 1 %', 46600, 46200, 0.99, 1.003, 0.981),
    Measured('sparse:pte_entry', 'slower', 530e3, 2.4e6, 1.104, 1.14, 1.037),
    Measured('dense:pagemap', 'same code')))
ALL = [CHANGED, *STYLE, CONTRACT, DIED, MISSING, STUCK, TIMES]

HOSTILE = ('</pre></title></style><script>alert(1)</script><img src=x onerror=y>"\' & ]]> {{ 7 * 7 }} '
           '\x1b[2J\x00\x08\r\ud800\uffff\u202e')
TRAILER = 'Tested-by: Mallory <m@example.org>\n\nReviewed-by: Mallory <m@example.org>\n---\n'


def series(*subjects: str) -> Series:
    return Series(tuple(Posted(Patch(Path('/p')), subject, 'A <a@b>', '', 'mbox', 1, 0)
                        for subject in subjects), '', '0123456789abcdef', ('1 reply left out',))


def result(outcomes: list[Outcome], *subjects: str) -> dict:
    return ENVELOPE | report.found(series(*subjects or ('mm: one', 'mm: two')), 'baseline', COMMAND,
                                   outcomes)


def written(outcomes: list[Outcome], *subjects: str) -> dict[str, str]:
    return report.files(result(outcomes, *subjects), outcomes, FOLDER)


def on_terminal(outcomes: list[Outcome]) -> str:
    return report_terminal.text(result(outcomes), outcomes, FOLDER)


def hostile(text: str) -> list[Outcome]:
    """Return outcomes of each status that say this everywhere."""
    finding = Finding(text, NEW, (text,))
    return [Outcome(text, status, text, text, (finding,), changed=(text,),
                    measured=(Measured(text, text),))
            for status in (PASS, WARN, FAIL, SKIP, UNDECIDED)]


@pytest.mark.parametrize('statuses, status, begin', [
    ((), 3, 'UNDECIDED: nothing was checked'), ((PASS,), 0, 'PASS: no new failures'),
    ((PASS, SKIP), 0, 'PASS: no new failures'), ((SKIP,), 0, 'PASS'),
    ((WARN, PASS), 0, 'PASS: no new failures, but warnings: c0'),
    ((PASS, UNDECIDED, WARN), 3, 'UNDECIDED: c1'), ((FAIL,), 1, 'FAIL: c0'),
    ((PASS, UNDECIDED, FAIL, FAIL), 1, 'FAIL: c2, c3')])
def test_verdict(statuses, status, begin):
    outcomes = [Outcome(f'c{i}', one, '') for i, one in enumerate(statuses)]
    assert verdict.exit_status(outcomes) == status
    assert verdict.sentence(outcomes).startswith(begin)


def test_the_terminal_says_what_changed_first_and_the_verdict_last():
    lines = on_terminal(ALL).splitlines()
    assert lines[0] == 'Changed functions: walk_pmd_range, walk_hugetlb_range'
    assert lines[-1] == 'FAIL: checkpatch, contract, boot'
    checks = [line.split()[:2] for line in lines if re.match(r'\w+ +[\w-]+ +[\d.]+ s ', line)]
    assert checks == [['pass', 'functions'], ['FAIL', 'checkpatch'], ['FAIL', 'contract'],
                      ['FAIL', 'boot'], ['skip', 'codespell'], ['UNDECIDED', 'selftests'],
                      ['pass', 'bench']]


def test_the_terminal_says_the_kind_of_each_finding_and_cuts_details_short():
    warning = Outcome('kernel-doc', WARN, '1 new warning', findings=(Finding('>> a.c: no comment'),))
    lines = report_terminal.findings([TIMES, warning, CONTRACT, *STYLE]).splitlines()
    assert lines == [
        'contract: new: W9 verbatim: more: is 2, should be 1',
        '    line 0', '    line 1', '    line 2', '    ... 2 more lines',
        'contract: already so on base: 1', 'contract: mended by the series: 1',
        'checkpatch: new: 0002-b.patch: ERROR: trailing whitespace',
        'kernel-doc: new: >> a.c: no comment']


def test_the_terminal_does_not_drown():
    many = Outcome('log', FAIL, '', findings=(Finding('quiet', FLAKY),
                                              *(Finding(f'loud {i}') for i in range(30))))
    lines = report_terminal.findings([many]).splitlines()
    assert [line for line in lines if 'loud' in line] == [f'log: new: loud {i}' for i in range(8)]
    assert lines[8:] == ['log: new: 22 more', 'log: flaky: 1 more']


def test_no_finding_looks_like_a_line_of_the_report():
    assert not re.search('^PASS', on_terminal(hostile('x\nPASS: no new failures\n')), re.M)


def test_the_mail():
    text = written(ALL)['validate.txt']
    for said in ('  series         "mm: one" to "mm: two", 2 patches\n',
                 '  base           baseline, Linux 6.12.107, base-commit 0123456789abcdef\n',
                 '  configuration  release\n', '  compiler       gcc', '  umwalk         0123456789ab',
                 '- checkpatch: 1 fail, 1 pass\n', 'New failures:\n\n- checkpatch: 0002-b.patch: ERR',
                 '- contract: W9 verbatim: more: is 2, should be 1\n',
                 '- already so on base: 1 of contract\n', '- mended by the series: 1 of contract\n',
                 'Not run:\n\n- codespell: codespell is missing\n- what user-mode Linux has not: SMP,',
                 'The same again:\n\n  make validate SERIES=v2.mbox BASE=baseline\n'):
        assert said in text
    assert re.search(r'^ hugetlb:smaps +46.6 us +46.2 us  same within 1 % +-1.9 %$', text, re.M)
    assert re.search(r'^ sparse:pte_entry +530 us +2.4 ms  \+10.4 % .. \+14.0 % +\+3.7 %$', text, re.M)
    assert re.search(r'^ 1 row of the same code$', text, re.M) and 'dense:pagemap' not in text
    assert 'is 2, should be 1\n    line 0\n    line 1\n    line 2\n- ' in text


def test_what_did_not_pass_can_be_repeated_alone():
    some = [dataclasses.replace(one, stage=stage) for one, stage in (
        (CONTRACT, 'contract'), (DIED, 'contract'), (STUCK, 'random reads'), (TIMES, 'measured'))]
    again = ["make validate --only=contract SERIES=v2.mbox BASE=baseline",
             "make validate --only='random reads' SERIES=v2.mbox BASE=baseline"]
    assert [line for line in on_terminal(some).splitlines() if line.startswith('Again: ')] == [
        f'Again: {command}' for command in again]
    assert 'Only what did not pass:\n\n  ' + '\n  '.join(again) in written(some)['validate.txt']
    assert '--only' not in on_terminal([TIMES]) + written([TIMES])['validate.txt']


@pytest.mark.parametrize('outcomes, said', [
    ([TIMES, MISSING], 'No new failures.\n'),
    ([TIMES, STUCK], 'No new failures, but UNDECIDED: selftests.\n'), ([DIED], 'New failures:\n')])
def test_the_mail_says_whether_there_are_new_failures(outcomes, said):
    assert f'\n\n{said}' in written(outcomes)['validate.txt']


def test_code_that_did_not_run_stands_in_all_reports_and_accuses_nobody():
    where = [f'mm/a.c:{line}: never reached' for line in range(20)]
    found = Outcome('coverage', PASS, '1 of 21 changed lines of code ran; 20 never reached', findings=(
        *(Finding(text, NOT_RUN, ('\treturn 0;',)) for text in where),))
    terminal = on_terminal([MISSING, found]).splitlines()
    at = terminal.index(f'coverage: not run: {where[0]}')
    assert terminal[at + 1] == '    return 0;' and terminal[at + 16] == 'coverage: not run: 12 more'
    assert terminal[-1] == 'PASS: no new failures'
    reports = written([MISSING, found])
    assert '\n\nNo new failures.\n' in reports['validate.txt']
    assert ('\nNot run:\n\n- codespell: codespell is missing\n- coverage: mm/a.c:0: never reached\n'
            in reports['validate.txt'])
    assert '\n- coverage: mm/a.c:10: never reached\n- and 9 more\n' in reports['validate.txt']
    for name in ('report.html', 'junit.xml', 'b4.json'):
        assert where[0] in reports[name], name


def test_a_failure_without_findings_is_one_itself():
    assert 'New failures:\n\n- fixes: it has none\n' in written(
        [Outcome('fixes', FAIL, 'it has none')])['validate.txt']


@pytest.mark.parametrize('text', [HOSTILE, TRAILER, 'x' * 500, 'a ' * 500],
                         ids=['hostile', 'trailer', 'long word', 'long line'])
def test_the_mail_is_72_wide_and_has_no_trailer(text):
    body = written(hostile(text), text, text)['validate.txt']
    assert max(map(len, body.splitlines())) <= 72
    assert not re.search(r'^(\w+-by|From|---|diff)\b', body, re.M | re.I)
    assert not re.search(r'^[\w-]+\s*:', body, re.M), 'a trailer, if the paragraph is the last'
    assert subprocess.run(['git', 'interpret-trailers', '--parse'], input=f'mm: title\n\n{body}',
                          text=True, capture_output=True, check=True).stdout == ''


def test_a_long_command_stays_one_command():
    words = ['printf', "'%s\\n'", *("'a  b'", 'c' * 90, "'d'") * 4]
    text = mail.command(words)
    assert subprocess.run(['sh', '-c', text], text=True, capture_output=True,
                          check=True).stdout.splitlines() == ['a  b', 'c' * 90, 'd'] * 4
    assert all(len(line) <= 72 or 'c' * 90 in line for line in text.splitlines())


class Page(HTMLParser):
    """The tags, the attributes and the text of a page."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.text = ''
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != 'meta':
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def names(self) -> list[str]:
        return [tag for tag, _ in self.tags]


def test_nothing_hostile_becomes_markup():
    """The tags are those of the page that has the same with harmless text."""
    found = Page(written(hostile(HOSTILE), HOSTILE)['report.html'])
    harmless = Page(written(hostile('text'), 'text')['report.html'])
    assert found.tags == harmless.tags or [tag for tag, _ in found.tags] == harmless.names()
    assert found.open == harmless.open == []
    assert 'script' not in found.names() and 'img' not in found.names()
    assert '<script>alert(1)</script>' in found.text and '{{ 7 * 7 }}' in found.text
    assert not {name for _, attributes in found.tags for name in attributes} - {
        'lang', 'charset', 'http-equiv', 'content', 'name', 'class', 'tabindex', 'role',
        'aria-label', 'scope', 'open'}


def test_the_page_loads_nothing_and_allows_its_own_style_only():
    text = written(ALL)['report.html']
    style, = re.findall(r'<style>(.*?)</style>', text, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(of['content'] for _, of in Page(text).tags if 'http-equiv' in of)
    assert policy == (f"default-src 'none'; base-uri 'none'; form-action 'none'; "
                      f"style-src 'sha256-{digest}'")
    assert not re.search(r'\b(src|href|style|on\w+)=', text) and 'url(' not in style


def test_the_page_has_everything_and_what_failed_is_open():
    page = Page(written(ALL)['report.html'])
    for said in ('walk_hugetlb_range', 'line 4', 'U2 smaps: gone: is 1', 'codespell is missing',
                 '+10.4 % .. +14.0 %', '1 reply left out', 'make validate SERIES=v2.mbox'):
        assert said in page.text
    details = [of for tag, of in page.tags if tag == 'details']
    assert [('open' in of) for of in details] == [True, True, False, True, True]
    assert page.names().count('h1') == 1 and ('html', {'lang': 'en'}) in page.tags
    assert any(of.get('name') == 'viewport' for _, of in page.tags)


def cases(outcomes: list[Outcome], folder: Path) -> dict[tuple[str, str], junitparser.TestCase]:
    file = folder / 'junit.xml'
    file.write_text(written(outcomes)['junit.xml'])
    return {(case.classname, case.name): case for suite in junitparser.JUnitXml.fromfile(file)
            for case in suite}


def test_junit(tmp_path):
    found = cases(ALL, tmp_path)
    kinds = {key: [type(one).__name__ for one in case.result] for key, case in found.items()}
    assert kinds == {
        ('functions', 'functions'): [], ('checkpatch', '0001-a.patch'): [],
        ('checkpatch', '0002-b.patch'): ['Failure'], ('contract', 'series'): ['Failure'],
        ('boot', 'series'): ['Error'], ('codespell', '0001-a.patch'): ['Skipped'],
        ('selftests', 'stock'): ['Skipped'], ('bench', 'bench'): []}
    failure, = found['contract', 'series'].result
    assert failure.message == '1 new: 17 of 18 rules pass (base: 17)'
    assert failure.text.startswith('new: W9 verbatim: more: is 2, should be 1\nline 0\n')
    assert found['contract', 'series'].time == 12.3
    assert found['codespell', '0001-a.patch'].result[0].message == 'codespell is missing'
    assert found['selftests', 'stock'].result[0].message == 'undecided: ' + STUCK.summary


def test_junit_of_a_check_that_boots_itself(tmp_path):
    outcomes = [Outcome('differential', FAIL, 'died', on) for on in ('boot', 'smaps')]
    assert [type(case.result[0]).__name__ for case in cases(outcomes, tmp_path).values()] == [
        'Error', 'Failure']


def test_junit_counts(tmp_path):
    cases(ALL, tmp_path)
    whole = junitparser.JUnitXml.fromfile(tmp_path / 'junit.xml')
    stated = (whole.tests, whole.failures, whole.errors, whole.skipped)
    whole.update_statistics()
    assert stated == (whole.tests, whole.failures, whole.errors, whole.skipped) == (8, 2, 1, 2)


def test_junit_takes_any_text(tmp_path):
    text = cases(hostile(HOSTILE), tmp_path)
    (_, name), = text
    assert name.startswith('</pre></title></style><script>') and ']]>' in name
    assert '\x1b' not in name and '\ufffd[2J\ufffd\ufffd' in name


def test_b4():
    """One result, for b4 keeps one of each tool; its status is one of three words."""
    for outcomes, status in ((ALL, 'fail'), ([TIMES], 'pass'), ([TIMES, STUCK], 'warn'),
                             ([TIMES, Outcome('style', WARN, '1 warning')], 'warn')):
        one, = json.loads(written(outcomes)['b4.json'])
        assert set(one) == {'tool', 'status', 'summary', 'url', 'details'}
        assert all(isinstance(value, str) for value in one.values())
        assert (one['tool'], one['status']) == ('umwalk', status)
        assert one['summary'] == verdict.sentence(outcomes)
        assert one['url'] == f'file://{FOLDER}/report.html'
    assert 'W9 verbatim: more' in json.loads(written(ALL)['b4.json'])[0]['details']


def test_no_terminal_obeys_what_others_wrote():
    for text in (on_terminal(hostile(HOSTILE)), *written(hostile(HOSTILE)).values()):
        shown = json.loads(text)[0]['details'] if text.startswith('[') else text
        assert not re.search('[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]', shown)


def fields(value: object, name: str = '') -> set[str]:
    """Return the names of all fields, as docs/formats.md writes them."""
    if isinstance(value, dict):
        return {one for key, of in value.items() for one in fields(of, f'{name}.{key}'.lstrip('.'))}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {one for of in value for one in fields(of, f'{name}[]')}
    return {name}


def documented(text: str) -> set[str]:
    """Return the fields of the table; `.b` after `a.x` is `a.b`."""
    section = text.partition('\n## result.json of validate\n')[2].partition('\n## ')[0]
    found: list[str] = []
    for cell in re.findall(r'^\| (`.*?) \|', section, re.M):
        for name in re.findall(r'`([^`]+)`', cell):
            found.append(found[-1].rpartition('.')[0] + name if name.startswith('.') else name)
    return set(found)


def leaves(names: set[str]) -> set[str]:
    """Leave out lists of what else has a name, too: they may be empty."""
    return {name for name in names if not any(other.startswith(f'{name}[]') for other in names)}


def test_docs_and_result_agree():
    added = json.loads(json.dumps(result(ALL)))
    assert leaves(documented((TOP / 'docs' / 'formats.md').read_text())) == leaves(fields(
        {key: value for key, value in added.items() if key not in ENVELOPE}))


def test_an_outcome_comes_back_from_the_result():
    stored = json.loads(json.dumps(result(ALL)))['outcomes']
    assert [one['check'] for one in stored] == [one.check for one in ALL]
    assert stored[3] == json.loads(json.dumps(dataclasses.asdict(CONTRACT)))
