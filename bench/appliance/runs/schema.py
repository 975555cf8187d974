# SPDX-License-Identifier: GPL-2.0
"""The tables of the history, and how a history of an older version gets them (docs/history.md)."""

import sqlite3
from pathlib import Path

from ..failure import Failure

APPLICATION = 0x756D776B  # 'umwk': tells a history from other files of SQLite

# What each version of the schema adds to the one before. Published steps never change.
STEPS = ("""
CREATE TABLE fingerprints (
    id INTEGER PRIMARY KEY,
    cpu TEXT NOT NULL,
    host TEXT NOT NULL,
    compiler TEXT NOT NULL,
    config TEXT NOT NULL,
    platform TEXT NOT NULL,
    reference TEXT NOT NULL,
    umwalk TEXT NOT NULL,
    UNIQUE (cpu, host, compiler, config, platform, reference, umwalk)
) STRICT;
CREATE TABLE nights (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    started TEXT NOT NULL,
    seconds REAL NOT NULL,
    version TEXT NOT NULL,
    source TEXT NOT NULL,
    fingerprint INTEGER NOT NULL REFERENCES fingerprints,
    folder TEXT NOT NULL
) STRICT;
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL,
    kernel TEXT NOT NULL,
    layout TEXT NOT NULL,
    walk TEXT NOT NULL,
    UNIQUE (version, kernel, layout, walk)
) STRICT;
CREATE TABLE points (
    series INTEGER NOT NULL REFERENCES series,
    night INTEGER NOT NULL REFERENCES nights ON DELETE CASCADE,
    value REAL,
    low REAL,
    high REAL,
    ns REAL,
    count INTEGER,
    PRIMARY KEY (series, night)
) STRICT, WITHOUT ROWID;
CREATE INDEX points_of_night ON points (night);
CREATE TABLE states (
    night INTEGER NOT NULL REFERENCES nights ON DELETE CASCADE,
    kernel TEXT NOT NULL,
    suite TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    expected INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (night, kernel, suite, name)
) STRICT, WITHOUT ROWID;
""", """
CREATE TABLE confirmations (
    night INTEGER NOT NULL REFERENCES nights ON DELETE CASCADE,
    series INTEGER NOT NULL REFERENCES series,
    against TEXT NOT NULL,
    verdict TEXT NOT NULL,
    value REAL,
    low REAL,
    high REAL,
    PRIMARY KEY (night, series)
) STRICT, WITHOUT ROWID;
""")

VERSION = len(STEPS)


def bring_up_to_date(history: sqlite3.Connection, path: Path) -> None:
    """Add what an older history lacks, in one transaction; refuse a newer one and other files."""
    if _pragma(history, 'application_id') != APPLICATION:
        raise Failure(f"'{path}' is no history of umwalk, and is left alone: move it away")
    found = _pragma(history, 'user_version')
    if found > VERSION:
        raise Failure(f"'{path}' has version {found} of the schema, and this umwalk knows {VERSION}: "
                      'use the umwalk that wrote it, or a newer one')
    if found < VERSION:
        add_steps(history)


def add_steps(history: sqlite3.Connection, until: int = VERSION) -> None:
    """Take the steps that are missing, in one transaction; nothing is there yet of a new history."""
    history.execute('BEGIN IMMEDIATE')
    for step in STEPS[_pragma(history, 'user_version'):until]:
        for statement in step.split(';'):
            history.execute(statement)
    history.execute(f'PRAGMA application_id = {APPLICATION}')
    history.execute(f'PRAGMA user_version = {until}')
    history.execute('COMMIT')


def _pragma(history: sqlite3.Connection, name: str) -> int:
    return history.execute(f'PRAGMA {name}').fetchone()[0]
