# SPDX-License-Identifier: GPL-2.0
"""Work that several machines share: the part of each, and all parts as one result."""

import argparse
import datetime
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence, TypeVar

from ..failure import Failure
from . import store as stored
from .run import FORMAT

T = TypeVar('T')
# What has to be the same on all machines, for the results to be of one work.
ALIKE = ('umwalk', 'source', 'configuration')


@dataclass(frozen=True)
class Shard:
    """The index-th of so many parts, counted from 1."""
    index: int
    parts: int

    def of(self, whole: Sequence[T]) -> list[T]:
        """Return this part: what takes long often stands side by side, so every parts-th one."""
        return list(whole[self.index - 1::self.parts])


WHOLE = Shard(1, 1)


def parse(text: str) -> Shard:
    """Read I/N."""
    found = re.fullmatch(r'([1-9]\d{0,5})/([1-9]\d{0,5})', text)
    if not found or int(found[1]) > int(found[2]):
        raise argparse.ArgumentTypeError(f"'{text}' is not I/N, such as 2/3: the second of three "
                                         'parts')
    return Shard(int(found[1]), int(found[2]))


def merged(folders: Sequence[Path], kind: str, asked: str, found: str,
           one_cpu: bool = False) -> dict:
    """Return the results of a kind in these folders as one.

    The field asked has the names of all parts, and found maps those of one part to what was
    found. It is a Failure if a name was found by none or by two, or if they are not alike;
    times are only alike if one_cpu, a model, has taken them.
    """
    results = [read(folder, kind, {asked, found, *ALIKE, 'kernels', 'seconds', 'host'})
               for folder in folders]
    first = results[0]
    for folder, one in zip(folders, results):
        for field in (*ALIKE, asked):
            if one[field] != first[field]:
                raise Failure(f"{folder} is of another work than {folders[0]}: its '{field}' differs")
        if _patches(one) != _patches(first):
            raise Failure(f'{folder} is of another work than {folders[0]}: its kernels have other '
                          'patches')
        if one_cpu and one['host']['cpu'] != first['host']['cpu']:
            raise Failure(f"{folder} is of another CPU than {folders[0]}: {one['host']['cpu']}, not "
                          f"{first['host']['cpu']}")
    together: dict[str, dict] = {}
    for folder, one in zip(folders, results):
        twice = sorted(together.keys() & one[found])
        if twice:
            raise Failure(f'{folder}: {twice[0]} was in a part before; leave one of the two out')
        together |= one[found]
    missing = [name for name in first[asked] if name not in together]
    if missing:
        raise Failure(f'a part is missing: nobody has tried {missing[0]}, nor {len(missing) - 1} more '
                      f'of {len(first[asked])}')
    return {**first, 'seconds': round(sum(one['seconds'] for one in results), 1),
            found: {name: together[name] for name in first[asked]}}


def store(result: dict, files: Mapping[str, str | bytes]) -> Path:
    """Store it, with these files, as a run of its own."""
    folder = stored.new_folder(datetime.datetime.now(datetime.timezone.utc))
    stored.store(folder, {'result.json': json.dumps(result, indent=1) + '\n', **files})
    return folder


def read(folder: Path, kind: str, needed: set[str]) -> dict:
    """Return the result of a part, which has these fields."""
    path = folder / 'result.json'
    try:
        result = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise Failure(f'{path}: {error}') from error
    if not isinstance(result, dict) or (result.get('format'), result.get('kind')) != (FORMAT, kind) \
            or needed - result.keys():
        raise Failure(f'{path} is no result of {kind}, or of an older umwalk')
    return result


def _patches(result: dict) -> list:
    return [(name, one['patches']) for name, one in result['kernels'].items()]
