# SPDX-License-Identifier: GPL-2.0
"""Write the dashboard's folder: pages that load nothing from elsewhere, and data for their charts.

A page from disk may load scripts, but no other data. So the data are scripts, too.
"""

import contextlib
import datetime
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any, Iterator, Sequence

import jinja2

from ...failure import Failure
from ...paths import scratch
from ..html import environment
from . import first
from .values import OPEN, Dashboard, Function, Moved, Night, Series

HERE = Path(__file__).parent
SCRIPTS = ('charts.js', 'charts.css')
# What a night's page links to; a kernel or a record of every sample is not for a browser.
SHOWN = frozenset(('.csv', '.folded', '.json', '.ktap', '.log', '.md', '.svg', '.txt', '.xml'))
PLAIN = re.compile(r'\w[\w.+-]*', re.ASCII)
COLUMNS = ('night', 'value', 'low', 'high', 'ns', 'count')


def write(board: Dashboard, folder: Path) -> None:
    """Write the folder whole, in place of an older one."""
    for night in board.nights:
        if not PLAIN.fullmatch(night.name):
            raise Failure(f"a night of the history has the name '{night.name}', which cannot name a "
                          'file: remove that night')
    with _replacing(folder) as new:
        _write_data(board, new / 'data')
        _write_pages(board, new)
        for source in (HERE / 'dashboard.css', *((board.charts / name for name in SCRIPTS)
                                                 if board.charts else ())):
            shutil.copyfile(source, new / source.name)


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Give a new folder to fill, which then takes the place of the old one."""
    beside = folder.with_name(f'.{folder.name}')
    beside.mkdir(exist_ok=True)
    with scratch(beside) as temporary:
        new = temporary / 'new'
        for part in ('data/series', 'data/nights', 'nights', 'moved'):
            (new / part).mkdir(parents=True)
        yield new
        with contextlib.suppress(FileNotFoundError):
            folder.rename(temporary / 'old')
        new.rename(folder)


def _write_data(board: Dashboard, folder: Path) -> None:
    keys = {key: index for index, key in enumerate(board.fingerprints)}
    _put(folder, 'nights', {
        'name': [night.name for night in board.nights],
        'started': [seconds(night.started) for night in board.nights],
        'version': [night.version for night in board.nights],
        'source': [night.source for night in board.nights],
        'fingerprint': [keys[night.fingerprint] for night in board.nights],
        'fingerprints': list(board.fingerprints.values())})
    _put(folder, 'series', [{'id': series.id, 'version': series.version, 'kernel': kernel(series),
                             'row': row(series)} for series in board.series])
    of_nights: list[list] = [[] for _ in board.nights]
    for series in board.series:
        rows = [(night, _short(value), _short(low), _short(high), _ns(ns), count)
                for night, value, low, high, ns, count in series.rows]
        for night, *rest in rows:
            of_nights[night].append((series.id, *rest))
        _put(folder, f'series/{series.id}',
             {**_columns(COLUMNS, rows), 'changes': _changes(board, series)})
    for one, found in zip(board.nights, of_nights):
        _put(folder, f'nights/{one.name}', _columns(('series', *COLUMNS[1:]), found))


def _put(folder: Path, name: str, value: Any) -> None:
    text = json.dumps(value, separators=(',', ':'))
    (folder / f'{name}.js').write_text(f'umwalk.put({json.dumps(name)},{text});\n', 'ascii')


def _columns(names: tuple[str, ...], rows: Sequence[tuple]) -> dict[str, Any]:
    return dict(zip(names, zip(*rows))) if rows else {name: () for name in names}


def _short(ratio: float | None) -> float | None:
    return ratio and round(ratio, 5)


def _ns(value: float | None) -> float | None:
    return value and (round(value) if value >= 1000 else round(value, 2))


def _changes(board: Dashboard, series: Series) -> list[dict]:
    """Return what has moved of a series; `at` is the index of the night among its rows."""
    at = {night: index for index, (night, *_) in enumerate(series.rows)}
    return [{'at': at[moved.night], 'sign': '▲' if moved.up else '▼', 'measure': moved.measure,
             'size': moved.size, 'certainty': moved.certainty, 'state': moved.state,
             'page': page_of(board, moved)}
            for moved in board.moved if moved.series == series.id and moved.night in at]


def _write_pages(board: Dashboard, folder: Path) -> None:
    pages = environment(jinja2.FileSystemLoader(HERE))
    pages.globals.update(board=board, kernel=kernel, row=row, seconds=seconds, moment=moment,
                         page_of=lambda moved: page_of(board, moved), OPEN=OPEN)
    by_id = {series.id: series for series in board.series}
    pages.globals.update(series_of=by_id.get, tallied=_tallied)

    def save(path: str, template: str, **more: object) -> None:
        text = pages.get_template(template).render(top='../' * path.count('/'), **more)
        (folder / path).write_text(text, 'utf-8')

    save('index.html', 'index.html', first=first.screen(board))
    for name in ('trends', 'compare', 'nights'):
        save(f'{name}.html', f'{name}.html')
    for moved in board.moved:
        save(page_of(board, moved), 'moved.html', moved=moved, functions=_functions(board, moved))
    for index, night in enumerate(board.nights):
        save(f'nights/{night.name}.html', 'night.html', night=night,
             fingerprint=board.fingerprints[night.fingerprint],
             moved=[moved for moved in board.moved if moved.night == index],
             files=_publish(night, folder / 'nights' / night.name))


def _functions(board: Dashboard, moved: Moved) -> tuple[Function, ...]:
    """Return what explains a change: of a time, the instructions that changed the same night."""
    return next((one.functions for one in [moved, *board.moved] if one.functions and
                 (one.series, one.night) == (moved.series, moved.night)), ())


def _tallied(night: Night) -> list[tuple[tuple[str, str], list[str]]]:
    """Return the results of each suite on each kernel."""
    found: dict[tuple[str, str], list[str]] = {}
    for state in night.states:
        found.setdefault((state.suite, state.kernel), []).append(state.state)
    return sorted(found.items())


def _publish(night: Night, folder: Path) -> list[str]:
    """Put the files of a night beside its page; return their paths in there."""
    if not night.folder or not night.folder.is_dir():
        return []
    found = [path for path in sorted(night.folder.rglob('*'))
             if path.suffix in SHOWN and path.is_file() and not path.is_symlink()]
    for path in found:
        target = folder / path.relative_to(night.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target)
        except OSError:  # another file system, or one without links
            shutil.copyfile(path, target)
    return [str(path.relative_to(night.folder)) for path in found]


def page_of(board: Dashboard, moved: Moved) -> str:
    """Return the path of the page of something that moved, which stays the same from day to day."""
    name = f'{board.nights[moved.night].name}-{moved.what}-{moved.measure}'
    return f"moved/{re.sub('[^A-Za-z0-9_.-]+', '-', name)}.html"


def kernel(series: Series) -> str:
    """Name the kernel of a series, with its version."""
    return f'{series.version} {series.kernel}'


def row(series: Series) -> str:
    """Name the layout and the walk of a series."""
    return f'{series.layout}:{series.walk}'


def seconds(started: str) -> int:
    """Return a time of ISO 8601 in seconds since 1970."""
    return int(datetime.datetime.fromisoformat(started).timestamp())


def moment(started: str) -> str:
    """Write a time for people."""
    utc = datetime.datetime.fromisoformat(started).astimezone(datetime.timezone.utc)
    return f'{utc:%Y-%m-%d %H:%M} UTC'
