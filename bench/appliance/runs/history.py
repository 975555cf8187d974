# SPDX-License-Identifier: GPL-2.0
"""The history of nights: a file of SQLite, to which each night is added whole or not at all.

docs/history.md describes the tables. SQLite's journal undoes what a killed process has left;
two processes that write take turns.
"""

import contextlib
import sqlite3
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Iterable, Iterator

from ..failure import Failure
from ..paths import locked_folder
from . import schema
from .night import Confirmation, Fingerprint, Night, Point, Series, State

FILE = 'history.db'
WAIT_SECONDS = 600  # for another process that writes


@dataclass(frozen=True)
class Entry:
    """A night in the history; folder has its files, and is below the results if not absolute."""
    id: int
    name: str
    started: str
    seconds: float
    folder: str
    fingerprint: int  # a key of fingerprints()
    version: str
    source: str


class History:
    """An open history. A night, a series and a fingerprint have a number each, their id."""

    def __init__(self, path: Path):
        self.path = path
        with self._told():
            self._file = sqlite3.connect(f'{path.absolute().as_uri()}?mode=rw', uri=True,
                                         timeout=WAIT_SECONDS, isolation_level=None)
            try:
                self._file.execute('PRAGMA foreign_keys = ON')
                schema.bring_up_to_date(self._file, path)
            except BaseException:
                self._file.close()
                raise

    def __enter__(self) -> 'History':
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def nights(self) -> list[Entry]:
        """Return all nights, the oldest first."""
        return [Entry(*row) for row in self._rows(
            'SELECT id, name, started, seconds, folder, fingerprint, version, source FROM nights '
            'ORDER BY started, name')]

    def fingerprints(self) -> dict[int, Fingerprint]:
        """Return all fingerprints by their id."""
        return {number: Fingerprint(*row) for number, *row in self._rows(
            f'SELECT id, {_columns(Fingerprint)} FROM fingerprints')}

    def series(self) -> dict[int, Series]:
        """Return all series by their id, in the order of their names."""
        return {number: Series(*row) for number, *row in self._rows(
            f'SELECT id, {_columns(Series)} FROM series ORDER BY {_columns(Series)}')}

    def points(self, series: int) -> dict[int, Point]:
        """Return the points of a series by the id of their night, the oldest first."""
        return {night: Point(*row) for night, *row in self._rows(
            f'SELECT night, {_columns(Point)} FROM points JOIN nights ON nights.id = night '
            'WHERE series = ? ORDER BY started, name', series)}

    def points_of_night(self, night: int) -> dict[int, Point]:
        """Return the points of a night by the id of their series."""
        return {series: Point(*row) for series, *row in self._rows(
            f'SELECT series, {_columns(Point)} FROM points WHERE night = ?', night)}

    def states(self, night: int) -> list[State]:
        """Return the results of a night's tests."""
        return [State(kernel, suite, name, state, bool(expected), detail)
                for kernel, suite, name, state, expected, detail in self._rows(
                    f'SELECT {_columns(State)} FROM states WHERE night = ?', night)]

    def confirmations(self, night: int) -> dict[int, Confirmation]:
        """Return what was confirmed in a night, or not, by the id of the series."""
        return {series: Confirmation(*row) for series, *row in self._rows(
            f'SELECT series, {_columns(Confirmation)} FROM confirmations WHERE night = ?', night)}

    def add(self, night: Night, folder: str) -> bool:
        """Add a night; return whether it was new."""
        with self._writing() as file:
            if file.execute('SELECT 1 FROM nights WHERE name = ?', (night.name,)).fetchone():
                return False
            number = file.execute(
                'INSERT INTO nights (name, started, seconds, version, source, fingerprint, folder) '
                'VALUES (?, ?, ?, ?, ?, ?, ?)',
                (night.name, night.started, night.seconds, night.version, night.source,
                 _number(file, 'fingerprints', night.fingerprint), folder)).lastrowid
            file.executemany(
                f'INSERT INTO points (series, night, {_columns(Point)}) VALUES (?, ?, ?, ?, ?, ?, ?)',
                [(_number(file, 'series', series), number, *astuple(point))
                 for series, point in night.points.items()])
            file.executemany(
                f'INSERT INTO states (night, {_columns(State)}) VALUES (?, ?, ?, ?, ?, ?, ?)',
                [(number, *astuple(state)) for state in night.states])
            file.executemany(
                f'INSERT INTO confirmations (series, night, {_columns(Confirmation)}) '
                'VALUES (?, ?, ?, ?, ?, ?, ?)',
                [(_number(file, 'series', series), number, *astuple(confirmation))
                 for series, confirmation in night.confirmations.items()])
        return True

    def remove(self, nights: Iterable[Entry]) -> None:
        """Remove nights, with all that is known of them."""
        with self._writing() as file:
            file.executemany('DELETE FROM nights WHERE id = ?', [(night.id,) for night in nights])

    def copy_to(self, path: Path) -> None:
        """Write a copy, to try there what another night would show."""
        with self._told(), contextlib.closing(sqlite3.connect(path)) as copy:
            self._file.backup(copy)

    def _rows(self, query: str, *values: Any) -> list[tuple]:
        with self._told():
            return self._file.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, once no other process does, and only to a sound file."""
        with self._told():
            self._file.execute('BEGIN IMMEDIATE')
            try:
                for problem, in self._file.execute('PRAGMA quick_check(1)'):
                    if problem != 'ok':
                        raise sqlite3.DatabaseError(problem)
                yield self._file
                self._file.execute('COMMIT')
            except BaseException:
                if self._file.in_transaction:  # a full disk may have ended it
                    self._file.execute('ROLLBACK')
                raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Tell in one line what SQLite does not like."""
        try:
            yield
        except sqlite3.OperationalError as error:  # a full disk, no permission, a lock
            raise Failure(f"history '{self.path}': {error}") from error
        except sqlite3.IntegrityError as error:
            raise Failure(f"history '{self.path}': the night does not fit: {error}") from error
        except sqlite3.DatabaseError as error:
            raise Failure(f"history '{self.path}' is damaged ({' '.join(str(error).split())}), and "
                          'is left alone: restore it, or move it away and import the folders of '
                          'all nights') from error


def opened(results: Path) -> History:
    """Open the history of a results folder; make an empty one if there is none."""
    path = results / FILE
    if not path.exists():
        _make(path)
    return History(path)


def _make(path: Path) -> None:
    """Make an empty history under another name first: a file without tables is a damaged one."""
    new = path.with_name(f'.{path.name}.new')
    with locked_folder(path.parent):
        if path.exists():
            return
        new.unlink(missing_ok=True)
        try:
            with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as file:
                schema.add_steps(file)
        except sqlite3.OperationalError as error:
            new.unlink(missing_ok=True)
            raise Failure(f"history '{path}': {error}") from error
        new.rename(path)


def _columns(kind: type) -> str:
    return ', '.join(field.name for field in fields(kind))


def _number(file: sqlite3.Connection, table: str, value: Fingerprint | Series) -> int:
    """Return the id of a value, which is added if it is new."""
    columns = _columns(type(value))
    marks = ', '.join('?' for _ in fields(value))
    found = file.execute(f'SELECT id FROM {table} WHERE ({columns}) = ({marks})',
                         astuple(value)).fetchone()
    return found[0] if found else file.execute(
        f'INSERT INTO {table} ({columns}) VALUES ({marks})', astuple(value)).lastrowid
