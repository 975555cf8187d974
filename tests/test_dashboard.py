# SPDX-License-Identifier: GPL-2.0
"""The dashboard: what its pages say, that they load nothing of others, and in real browsers.

All nights here are made up.
"""

import contextlib
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

import many_nights
from conftest import HANGS
from appliance.commands import dashboard
from appliance.failure import Failure
from appliance.paths import TOP, build_folder
from appliance.render.dashboard import first, site
from appliance.render.dashboard.values import (ACCEPTED, CANARY, NOT_OURS, Dashboard, Moved, Night,
                                               Series, State)
from appliance.runs.history import opened

NIGHTS = 50
WALKS = (('dense', 'pte_entry'), ('dense', 'smaps'), ('sparse', 'pte_entry'))
BROWSERS = {'chromium': 'chromium', 'firefox': 'firefox-esr'}


@pytest.fixture(scope='module')
def web() -> Path:
    """Build the charts, and what the browser tests need."""
    if not (shutil.which('node') and shutil.which('npm')):
        pytest.skip('node and npm are not installed')
    folder = build_folder() / 'web'
    for target in ('charts.js', 'tests'):
        subprocess.run(['make', '-s', '-C', TOP / 'web', f'OUT={folder}',
                        f'{folder}/charts.js' if target == 'charts.js' else target], check=True)
    return folder


def made_up(folder: Path, build: Path, number: int, walks) -> Path:
    """Write a history and its dashboard; return its folder."""
    many_nights.make(folder, number, walks)
    with opened(folder) as history:
        slower = next(i for i, one in history.series().items() if one == many_nights.SLOWER)
        return dashboard.rebuild(build, folder, history, many_nights.moved(slower, number)).parent


@pytest.fixture(scope='module')
def written(web, tmp_path_factory) -> Path:
    return made_up(tmp_path_factory.mktemp('dashboard'), web.parent, NIGHTS, WALKS)


def night(number: int, *states: State, folder: Path | None = None) -> Night:
    return Night(f'night-{number}', '6.12', '6.12.1', f'2026-01-{number + 1:02}T02:00:00+00:00', 60.0,
                 0, states, folder)


def board(*states: State, moved=(), **more) -> Dashboard:
    """Make a dashboard of two nights."""
    rows = [(0, 1.0, 0.99, 1.01, 1000.0, 500), (1, None, None, None, None, 501)]
    return replace(Dashboard([night(0), night(1, *states)], {0: {'cpu': 'Model T'}},
                             [Series(7, '6.12', 'stock', 'dense', 'smaps', rows)], list(moved),
                             lacks='Node was missing'), **more)


def change(**more) -> Moved:
    one = Moved('dense:smaps on 6.12 stock', 'instructions', '+1 (+0.20 %)', 'exact', 1, 0, 7)
    return replace(one, **more)


class Page(HTMLParser):
    """What a page loads and links to, and what would be inline."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.inline, self.scripts, self.policy = [], [], 0, ''
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.links += [found[name] for name in ('href', 'src') if name in found]
        self.inline += [name for name in found if name.startswith('on') or name == 'style']
        self.inline += ['style'] if tag == 'style' else []
        self.inline += ['script'] if tag == 'script' and 'src' not in found else []
        self.scripts += tag == 'script'
        if found.get('http-equiv') == 'Content-Security-Policy':
            self.policy = found['content']


def pages(folder: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in folder.rglob('*.html')}


def data(path: Path):
    """Return the name and the value of a script of data."""
    name, value = re.fullmatch(r'umwalk\.put\(("[^"]*"),(.*)\);\n', path.read_text(), re.S).groups()
    return json.loads(name), json.loads(value)


@pytest.mark.parametrize('states, moved, sentence', [
    ([], [], 'Nothing to do: nothing has moved.'),
    ([State('contract', 'W3', 'stock', 'fail', True), State('contract', 'W4', 'stock', 'skip')], [],
     'Nothing to do: nothing has moved.'),
    ([State('contract', 'W3', 'stock', 'fail')], [],
     'Please read: 1 test does not end as expected.'),
    ([State('contract', 'W3', 'stock', 'pass', True)], [],
     'Please read: 1 test does not end as expected.'),
    ([], [change(), change(measure='time')], 'Please read: 1 series has moved.'),
    ([State('contract', 'W3', 'stock', 'fail')] * 2, [change(), change(what='another')],
     'Please read: 2 series have moved and 2 tests do not end as expected.'),
    ([], [change(state=ACCEPTED), change(state=NOT_OURS), change(state=CANARY)],
     'Nothing to do: nothing has moved.'),
])
def test_the_first_sentence(states, moved, sentence):
    screen = first.screen(board(*states, moved=moved))
    assert screen.sentence == sentence
    assert screen.read == sentence.startswith('Please read')


def test_a_dashboard_without_a_night_asks_for_one(tmp_path):
    site.write(Dashboard([], {}, []), tmp_path / 'out')
    said = (tmp_path / 'out/index.html').read_text()
    assert 'Please read: there is no night yet, run make nightly.' in said


def test_only_the_last_night_of_a_version_is_news():
    failing = State('contract', 'W3', 'stock', 'fail')
    mended = board(nights=[night(0, failing), night(1)])
    assert not first.screen(mended).read
    other = board(nights=[replace(night(0, failing), version='6.1'), night(1)])
    assert first.screen(other).read


def test_each_page_loads_only_what_is_there_and_has_nothing_inline(written):
    found = pages(written)
    assert len(found) == 4 + 2 * NIGHTS + 2
    for path, page in found.items():
        assert page.inline == [] and page.scripts == 1, path
        assert page.policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert 'unsafe' not in page.policy
        for link in page.links:
            assert link == 'data:,' or (path.parent / unquote(link.split('#')[0])).is_file()


def test_each_page_says_that_the_nights_are_made_up(written):
    for path in written.rglob('*.html'):
        if path.name not in ('trends.html', 'compare.html'):
            assert many_nights.MADE_UP in path.read_text(), path
    _, nights = data(written / 'data/nights.js')
    assert all(many_nights.MADE_UP in source for source in nights['source'])


def test_the_data_are_what_was_measured(tmp_path):
    site.write(board(moved=[change()]), tmp_path / 'out')
    name, series = data(tmp_path / 'out/data/series/7.js')
    page, = (tmp_path / 'out/moved').iterdir()
    assert name == 'series/7'
    assert series.pop('changes') == [{
        'at': 1, 'sign': '▲', 'measure': 'instructions', 'size': '+1 (+0.20 %)', 'certainty': 'exact',
        'state': 'open', 'page': f'moved/{page.name}'}]
    assert series == {'night': [0, 1], 'value': [1.0, None], 'low': [0.99, None], 'high': [1.01, None],
                      'ns': [1000, None], 'count': [500, 501]}
    assert data(tmp_path / 'out/data/nights/night-1.js') == ('nights/night-1', {
        'series': [7], 'value': [None], 'low': [None], 'high': [None], 'ns': [None], 'count': [501]})


def test_text_of_others_is_no_markup(tmp_path):
    evil = '<script>alert(1)</script>'
    site.write(board(State('contract', 'W3', evil, 'fail', detail=evil),
                     moved=[change(what=evil, reason=evil, state=ACCEPTED)]), tmp_path / 'out')
    for path, page in pages(tmp_path / 'out').items():
        assert page.scripts == 0, path
    assert '&lt;script&gt;alert(1)' in (tmp_path / 'out/index.html').read_text()


def test_the_files_of_a_night_lie_beside_its_page(tmp_path):
    folder = tmp_path / 'night'
    (folder / 'logs').mkdir(parents=True)
    for name in ('logs/stock 1.log', 'flame.svg', 'linux', 'records.jsonl'):
        (folder / name).write_text(name)
    (folder / 'secret.txt').symlink_to('/etc/passwd')
    site.write(board(nights=[night(0), night(1, folder=folder)]), tmp_path / 'out')
    shown = tmp_path / 'out/nights/night-1'
    assert {str(path.relative_to(shown)) for path in shown.rglob('*') if path.is_file()} \
        == {'logs/stock 1.log', 'flame.svg'}
    links = Page(tmp_path / 'out/nights/night-1.html').links
    assert 'night-1/logs/stock%201.log' in links and 'night-1/flame.svg' in links


def test_an_older_dashboard_is_replaced_whole_or_stays(tmp_path):
    out = tmp_path / 'out'
    site.write(board(), out)
    (out / 'of-before').touch()
    with pytest.raises(Failure, match="name '../up', which cannot name a file"):
        site.write(board(nights=[replace(night(0), name='../up')]), out)
    assert (out / 'of-before').exists()
    site.write(board(), out)
    assert not (out / 'of-before').exists() and (out / 'index.html').exists()
    assert [path for path in (tmp_path / '.out').rglob('*') if path.is_file()] == []


def test_without_node_the_pages_say_what_they_lack(umwalk, tools, tmp_path):
    path = tools('node', 'npm')
    ran = umwalk('dashboard', PATH=path, RESULTS=str(tmp_path / 'results'),
                 BUILD=str(tmp_path / 'build'))
    assert ran.returncode == 0
    assert 'without its charts: node and npm' in ran.stderr
    index = tmp_path / 'results/dashboard/index.html'
    assert ran.stdout == f'{index}\n'
    assert 'Trends and comparisons are missing: node and npm' in index.read_text()
    assert Page(index).scripts == 0


def test_the_first_load_is_small_after_a_thousand_nights(web, tmp_path):
    folder = made_up(tmp_path, web.parent, 1000, WALKS[:1])
    loaded = [folder / name for name in (
        'index.html', 'dashboard.css', 'charts.css', 'charts.js', 'data/nights.js', 'data/series.js')]
    assert sum(path.stat().st_size for path in loaded) < 3 << 20
    assert (folder / 'index.html').stat().st_size < 100 << 10


@contextlib.contextmanager
def served(folder: Path):
    """Serve a folder by HTTP; yields its address."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}/'
        server.shutdown()


def differing(folder: Path, *names: str) -> list[list[str]]:
    """Find the rows of two nights whose intervals lie apart, or whose counts differ."""
    before, after = (data(folder / f'data/nights/{name}.js')[1] for name in names)
    _, series = data(folder / 'data/series.js')
    by_id = {one['id']: one for one in series}
    return [[by_id[number]['row'], by_id[number]['kernel'].split()[1]]
            for i, number in enumerate(after['series'])
            if before['high'][i] < after['low'][i] or after['high'][i] < before['low'][i]
            or before['count'][i] != after['count'][i]]


def plan(folder: Path) -> dict:
    """Say what a user has to find, from what was put into the history."""
    last = 2 * NIGHTS - 1
    since = last - 2 * many_nights.SINCE + 2
    _, nights = data(folder / 'data/nights.js')
    time, work = many_nights.moved(0, NIGHTS)
    names = nights['name']
    name, before = names[since], names[since - 2]
    slug = f'{name}-dense-pte_entry-on-6.12-fixed'
    of_kernel = 'kernel=6.12+fixed&row=dense%3Apte_entry'
    kernels = sorted(many_nights.nights.KERNELS)
    known = [['✗ fails, known' if (kernel, rule) == ('patched', 'W3') else '✓ passes'
              for kernel in kernels] for rule in many_nights.RULES]
    return {
        'what': time.what, 'sentence': 'Please read: 1 series has moved.',
        'late_sentence': 'Please read: the last night was 42 hours ago, and 1 series has moved.',
        'now': 1000 * (nights['started'][last] + 7 * 3600), 'age': '7 hours ago',
        'later': 1000 * (nights['started'][last] + 42 * 3600 + 60),
        'table': [[one.what, one.measure, f'▲ {one.size}', one.certainty, '2026-01-11 03:00 UTC']
                  for one in (work, time)],
        'contract': [['Rule', *(f'{version} {kernel}' for version in many_nights.VERSIONS
                                for kernel in kernels)],
                     *([rule, *cells, *cells] for rule, cells in zip(many_nights.RULES, known))],
        'page': f'moved/{slug}-instructions.html', 'night': f'nights/{name}.html',
        'trend': f'trends.html#{of_kernel}&nights=all&at={name}',
        'compare': f'compare.html#a={before}&b={name}',
        'incomparable': f'compare.html#a={names[1]}&b={names[last]}',
        'trend_link': 'dense:pte_entry on 6.12 fixed', 'row': 'dense:pte_entry', 'kernel': '6.12 fixed',
        'said': r'instructions: \+300 \(\+3\.0 %\), exact', 'first_night': '2026-01-01 03:00 UTC',
        'differing': differing(folder, before, name), 'nights': NIGHTS,
        'rows': len(WALKS) * len(many_nights.nights.KERNELS),
        'lines': ['mm/pagewalk.c:41', 'if (err && ops->pte_entry)', '+300'],
    }


WAYS = ['chromium from disk', *(pytest.param(way, marks=pytest.mark.long) for way in (
    'chromium by HTTP', 'firefox from disk', 'firefox by HTTP'))]


@pytest.fixture(scope='module', params=WAYS)
def used(request, written, web, tmp_path_factory) -> dict[str, str]:
    """Use the dashboard in a browser; return how each check went."""
    browser, _, way = request.param.partition(' ')
    executable = shutil.which(BROWSERS[browser])
    if not executable:
        pytest.skip(f'{BROWSERS[browser]} is not installed')
    folder = tmp_path_factory.mktemp('browser')
    base = contextlib.nullcontext(f'{written.as_uri()}/')
    with served(written) if way == 'by HTTP' else base as base:
        (folder / 'plan.json').write_text(json.dumps({
            'browser': browser, 'executable': executable, 'base': base, 'moved': plan(written),
            'shots': str(folder) if way == 'by HTTP' else '',
            'axe': str(web / 'tests/node_modules/axe-core/axe.min.js')}))
        ran = subprocess.run(['node', TOP / 'web/tests/browse.cjs', folder / 'plan.json'], text=True,
                             capture_output=True, timeout=HANGS, check=False,
                             env=os.environ | {'NODE_PATH': str(web / 'tests/node_modules')})
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


CHECKS = re.findall(r"^\tasync '([^']*)'\(", (TOP / 'web/tests/browse.cjs').read_text(), re.M)


@pytest.mark.browser
@pytest.mark.parametrize('check', CHECKS)
def test_in_a_browser(used, check):
    assert len(used) == len(CHECKS)
    assert used[check] == 'ok'
