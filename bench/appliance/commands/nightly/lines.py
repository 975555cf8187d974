# SPDX-License-Identifier: GPL-2.0
"""The instructions of each walk by line of source, kept with a night; and what moved between two.

A night's folder has KERNEL.lines.json (docs/formats.md). So a change of a count is explained
without the older kernel, its sources, or another boot.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Sequence

from ..count import count, report
from ...boots.guest import Appliance
from ...boots.walks import Row
from ...failure import Failure
from ...runs.history import Entry
from ...runs.night import Series

Lines = dict[tuple[str, str, str], tuple[int, int]]  # function, file, text -> instructions, line


def files(build: Path, appliance: Appliance, rows: tuple[Row, ...],
          last: Path | None) -> dict[str, str]:
    """Return the files for tonight's folder; a kernel that the last night had is not counted again."""
    found = {}
    for name in appliance.kernels:
        one = appliance.only(name)
        of = _digest(one, rows)
        text = _of_last(last / _file(name), of) if last else None
        try:
            found[_file(name)] = text or json.dumps(
                {'of': of, 'rows': _counted(build, one, rows)}) + '\n'
        except Failure as failure:  # as of a kernel that hangs, which the contract tells
            print(f'{name}: its walks are not counted by line: {failure}', file=sys.stderr)
    return found


def moved(results: Path, nights: Sequence[Entry], since: Entry, series: Series,
          counts: Sequence[float | str]) -> list[dict]:
    """Return functions and lines between two counts, the second of the night since; none if not known.

    Each is as in `differences` of result.json of count.
    """
    after = _read(results / since.folder, series, counts[1])
    if not after:
        return []
    for night in reversed([night for night in nights if night.started < since.started]):
        if before := _read(results / night.folder, series, counts[0]):
            return report.functions_of(before, after)
    return []


def _file(kernel: str) -> str:
    return f'{kernel}.lines.json'


def _digest(appliance: Appliance, rows: Sequence[Row]) -> str:
    """Return a digest of all that decides the counts of a kernel."""
    built, = appliance.kernels.values()
    parts = [built.program.read_bytes(), appliance.initramfs.read_bytes(),
             '\n'.join(map(':'.join, rows)).encode()]
    return hashlib.sha256(b''.join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _of_last(path: Path, of: str) -> str | None:
    text = path.read_text(encoding='utf-8') if path.is_file() else ''
    return text if text.startswith(json.dumps({'of': of})[:-1]) else None


def _counted(build: Path, appliance: Appliance, rows: tuple[Row, ...]) -> dict[str, dict]:
    """Count each row in one boot of its layout, and name the lines."""
    (name, built), = appliance.kernels.items()
    _, seen = count.observe(appliance, count.Plan([name], rows, 1))
    boot, = seen[name]
    attributed = count.attribute(build, built, boot)
    return {':'.join(row): {'instructions': one.instructions, 'lines': _listed(attributed.lines(row))}
            for row, one in boot.items()}


def _listed(lines: Lines) -> list[list]:
    return sorted([*place, line, instructions] for place, (instructions, line) in lines.items())


def _read(folder: Path, series: Series, counted: float | str) -> Lines | None:
    """Return a row's lines if the night has them, and they come to what was counted."""
    row: Row = (series.layout, series.walk)
    try:
        kept = json.loads((folder / _file(series.kernel)).read_text(encoding='utf-8'))
        found = kept['rows'][':'.join(row)]
        if found['instructions'] != counted:
            return None
        return {(function, file, text): (instructions, line)
                for function, file, text, line, instructions in found['lines']}
    except (OSError, ValueError, KeyError, TypeError):  # gone, or of another umwalk
        return None
