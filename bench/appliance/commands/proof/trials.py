# SPDX-License-Identifier: GPL-2.0
"""Trials of `umwalk bench-proof`, a line each in a file, so that a stopped run goes on from there."""

import hashlib
import json
from pathlib import Path
from typing import Callable, Iterable, Mapping, TypeVar

from ...failure import Failure
from ...kernels.build import Built
from ...paths import results_folder
from ...runs.shards import Shard

T = TypeVar('T')


def file_of(name: str) -> Path:
    """Return where trials are kept."""
    return results_folder() / 'proof' / f'{name}.jsonl'


def part(path: Path, kernels: Iterable[Built], plan: Mapping[str, T], shard: Shard,
         make: Callable[[T, str], dict]) -> dict[str, dict]:
    """Return the trials of this part of the plan by name; make those that are not kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {trial.get('name'): trial for trial in kept(path, kernels)}
    names = shard.of(list(plan))
    with open(path, 'a', encoding='utf-8') as file:
        for number, name in enumerate(names, 1):
            if name not in found:
                found[name] = {'name': name,
                               **make(plan[name], f'{name} ({number} of {len(names)})')}
                file.write(json.dumps(found[name]) + '\n')
                file.flush()
    return {name: found[name] for name in names}


def kept(path: Path, kernels: Iterable[Built]) -> list[dict]:
    """The trials that earlier runs made with the very same kernels."""
    if not path.exists():
        return []
    current = {digest(built) for built in kernels}
    trials = []
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        try:
            trials.append(json.loads(line))
        except ValueError as error:  # the disk was full, or somebody edited it
            raise Failure(f'{path}:{number}: this is no trial; delete the line, the others count') \
                from error
    return [t for t in trials if set(t['kernels']) <= current]


def digest(built: Built) -> str:
    """Of a kernel's program, as trials name it."""
    return hashlib.sha256(built.program.read_bytes()).hexdigest()
