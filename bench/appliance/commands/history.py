# SPDX-License-Identifier: GPL-2.0
"""`umwalk history`: take nights of other machines into the history, and remove old ones."""

import argparse
import datetime
import shutil
from pathlib import Path
from typing import Iterable

from ..failure import Failure
from ..paths import results_folder
from ..runs import history, night
from ..runs.history import Entry, History
from .options import positive

NAME = 'history'
HELP = 'take nights of other machines into the history, and remove old ones'


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what it does, and its options."""
    does = command.add_subparsers(required=True, metavar='WHAT')
    taken = does.add_parser('import', help='take nights of folders of results')
    taken.add_argument('folders', nargs='+', type=Path, metavar='FOLDER',
                       help="a night's folder, or one that has such folders")
    taken.set_defaults(does=_import)
    pruned = does.add_parser('prune', help='remove old nights, with their folders')
    pruned.add_argument('--days', type=positive, metavar='N', help='remove what is older')
    pruned.add_argument('--mib', type=positive, metavar='N',
                        help='remove the oldest as long as all folders together are larger')
    pruned.set_defaults(does=_prune)


def run(arguments: argparse.Namespace) -> int:
    """Import or prune; returns the exit status."""
    results = results_folder()
    with history.opened(results) as opened:
        arguments.does(arguments, opened, results)
    return 0


def _import(arguments: argparse.Namespace, opened: History, results: Path) -> None:
    folders = [found for folder in arguments.folders for found in nights_in(folder)]
    read = [(folder, night.read(folder)) for folder in folders]  # all or nothing of what is damaged
    added = sum(opened.add(one, _named(folder, results)) for folder, one in read)
    print(f'{added} of {len(read)} nights are new')


def nights_in(folder: Path) -> list[Path]:
    """Return the folder itself if it has a night, or else those of its folders that have one."""
    if not folder.is_dir():
        raise Failure(f"'{folder}' is no folder: name a night's folder, or one that has some")
    if (folder / night.RESULT).exists():
        return [folder]
    return sorted(path.parent for path in folder.glob(f'[!.]*/{night.RESULT}')
                  if not path.parent.is_symlink() and night.is_one(path))


def _named(folder: Path, results: Path) -> str:
    """Return how the history calls a folder: relative if it is below the results."""
    absolute = folder.resolve()
    below = absolute.is_relative_to(results.resolve())
    return str(absolute.relative_to(results.resolve()) if below else absolute)


def _prune(arguments: argparse.Namespace, opened: History, results: Path) -> None:
    if not arguments.days and not arguments.mib:
        raise Failure('history prune: say what is too old (--days) or too large (--mib)')
    nights = opened.nights()
    gone = _too_old(nights, arguments.days) if arguments.days else []
    if arguments.mib:
        gone += _too_large([one for one in nights if one not in gone], results, arguments.mib << 20)
    opened.remove(gone)
    for one in gone:
        _remove(one, results)
    print(f'{len(gone)} of {len(nights)} nights removed')


def _too_old(nights: list[Entry], days: int) -> list[Entry]:
    """Return the nights that are older; the last one always stays."""
    limit = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return [one for one in nights[:-1] if datetime.datetime.fromisoformat(one.started) < limit]


def _too_large(nights: list[Entry], results: Path, limit: int) -> list[Entry]:
    """Return the oldest nights, so that the folders of the others fit; the last one always stays."""
    gone = []
    sizes = {one.id: _size(_own(one, results)) for one in nights}
    for one in nights[:-1]:
        if sum(sizes.values()) <= limit:
            break
        gone.append(one)
        del sizes[one.id]
    return gone


def _own(one: Entry, results: Path) -> Iterable[Path]:
    """Return a night's folder if it is among the results; others are not ours to remove."""
    return [] if Path(one.folder).is_absolute() or not one.folder else [results / one.folder]


def _size(folders: Iterable[Path]) -> int:
    return sum(path.lstat().st_blocks * 512 for folder in folders for path in folder.rglob('*'))


def _remove(one: Entry, results: Path) -> None:
    for folder in _own(one, results):
        if folder.exists():
            hidden = folder.rename(folder.with_name(f'.{folder.name}'))  # no night by half
            shutil.rmtree(hidden)
