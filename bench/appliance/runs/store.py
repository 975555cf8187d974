# SPDX-License-Identifier: GPL-2.0
"""Where runs land: one folder each, whole or not at all."""

import datetime
import os
from pathlib import Path
from typing import Mapping

from ..paths import LATEST, results_folder


def new_folder(started: datetime.datetime) -> Path:
    """Return the folder of a run, which store() makes; for files that name it."""
    return results_folder() / f'{started:%Y%m%d-%H%M%S}-{os.urandom(3).hex()}'


def store(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write a run's folder whole, then point results/latest to it."""
    partial = folder.with_name(f'.{folder.name}')
    for file, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (partial / file).parent.mkdir(parents=True, exist_ok=True)
        (partial / file).write_bytes(data)
    partial.rename(folder)
    link = folder.with_name(f'.{LATEST}.{folder.name}')
    link.symlink_to(folder.name)
    link.replace(folder.with_name(LATEST))
