# SPDX-License-Identifier: GPL-2.0
"""`umwalk coverage`: which lines of the walker and of its readers nothing here reaches.

Each line that never runs has its reason in kernel-patches/VERSION/unreached, or is a hole in what
umwalk tries.
"""

import argparse
import itertools
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Mapping, Sequence

from ..boots import coverage, guest
from ..failure import FAILED
from ..kernels import build as builds, gcov, series
from ..kernels.configuration import COVERAGE
from ..kernels.lists import pattern
from ..paths import build_folder, scratch
from ..progress import step
from ..render import table
from ..runs.run import Run, boot_for_host
from ..sandbox import OPEN
from .fuzz import cases, generate
from .options import add_kernel
from .validate import known

NAME = 'coverage'
HELP = 'say which lines of the walker and its readers nothing here reaches'
STORES = True

FILES = 'mm/pagewalk.c', 'fs/proc/task_mmu.c', 'mm/mincore.c'
REASONS = 'unreached'  # beside the series of a version
RANDOM = 300  # address spaces


@dataclass(frozen=True)
class Hole:
    """Lines, one after the other, that never ran; why is empty if nobody has said so."""
    file: str
    function: str
    first: int
    last: int
    text: tuple[str, ...]
    why: str = ''

    def __str__(self) -> str:
        lines = f'{self.first}-{self.last}' if self.last > self.first else f'{self.first}'
        return f'{self.file}:{lines} {self.function}()'


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernel(command)


def run(arguments: argparse.Namespace) -> int:
    """Count; returns the exit status."""
    kernel = series.kernel(arguments.kernel).with_series('coverage')
    objects = [f'{name.removesuffix(".c")}.o' for name in FILES]
    kernel = replace(kernel, configuration=COVERAGE.covering(objects))
    build = build_folder()
    appliance = guest.ensure(build, [kernel])
    this = Run(NAME, appliance)
    with step('the contract, the differential and random reads, counted'):
        counts = _counts(build, appliance)
    this.end()
    excuses = known.read(kernel.version.folder / REASONS)
    found = holes(counts, builds.read_files(build, kernel, set(FILES)),
                  gcov.functions(appliance.kernels[kernel.name].notes, OPEN), excuses)
    stale = [one for one in excuses if not any(_fits(one, hole) for hole in found)]
    files = {name: _numbers(name, counts, found) for name in FILES}
    folder = this.store(this.result(boot_for_host(appliance), {
        'files': files, 'unreached': [asdict(hole) for hole in found],
        'stale': [one.where for one in stale]}), {})
    print(_text(files, found, stale))
    print(f'\n{arguments.kernel}: {folder}')
    return FAILED if stale or any(not hole.why for hole in found) else 0


def _counts(build: Path, appliance: guest.Appliance) -> gcov.Counts:
    with scratch(build) as folder:
        file = folder / 'cases'
        file.write_text(cases.text(generate.cases(1, range(RANDOM))), encoding='ascii')
        return coverage.lines(appliance, guest.ensure_program(build),
                              [*coverage.JOBS, ('replay', str(file))])


def holes(counts: gcov.Counts, sources: Mapping[str, str], functions: gcov.Functions,
          excuses: Sequence[known.Known]) -> list[Hole]:
    """Return what never ran, each with the function that it is in, and why."""
    found = []
    for name in FILES:
        text = sources[name].split('\n')
        code = [(line, functions[name].get(line, ''), count > 0)
                for line, count in sorted(counts[name].items())]
        for (function, ran), run_of in itertools.groupby(code, lambda one: one[1:]):
            lines = [line for line, *_ in run_of]
            if not ran:
                hole = Hole(name, function, lines[0], lines[-1],
                            tuple(text[line - 1].strip() for line in lines))
                found.append(replace(hole, why=_why(hole, excuses)))
    return found


def _why(hole: Hole, excuses: Sequence[known.Known]) -> str:
    return next((one.reason for one in excuses if _fits(one, hole)), '')


def _fits(excuse: known.Known, hole: Hole) -> bool:
    """Return whether it is meant, with all of its lines: a hole that grows needs another reason."""
    return excuse.check == f'{hole.file} {hole.function}' and \
        pattern(excuse.pattern).fullmatch(' '.join(hole.text)) is not None


def _numbers(name: str, counts: gcov.Counts, found: Sequence[Hole]) -> dict[str, int]:
    never = Counter(bool(hole.why) for hole in found for _ in hole.text if hole.file == name)
    return {'lines': len(counts[name]), 'ran': sum(count > 0 for count in counts[name].values()),
            'excused': never[True], 'unreached': never[False]}


def _text(files: Mapping[str, Mapping[str, int]], found: Sequence[Hole],
          stale: Sequence[known.Known]) -> str:
    rows = [['file', 'lines', 'ran', 'with a reason', 'never'],
            *([name, *map(str, numbers.values())] for name, numbers in files.items())]
    lines = [*table.aligned(rows, left=(0,)), '']
    for why, group in itertools.groupby(sorted(found, key=lambda one: one.why), lambda one: one.why):
        lines.append(f'{why}:' if why else 'NOT REACHED, for no reason that is known:')
        for hole in group:
            lines.append(f'  {hole}')
            lines += [f'      {line}' for line in hole.text if not why]
    lines += [f'{one.where}: nothing has "{one.pattern}" that never ran' for one in stale]
    return '\n'.join(lines)
