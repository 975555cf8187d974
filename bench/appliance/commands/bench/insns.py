# SPDX-License-Identifier: GPL-2.0
"""Count the instructions of each walk of a bench beside the times, and keep them beside the kernel.

A count is the same in every boot until the kernel or the guest's root changes, so only
changed kernels are counted anew. The functions that a walk executes are kept, too. If
both kernels execute the same functions, and each is the same to the byte, the walk is the
same code. Both kernels are counted for that, since a function that has not changed may
call, through a pointer, one that has.
"""

import concurrent.futures
import hashlib
import json
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterable

from ...boots import counting, guest
from ...boots.walks import Row, arguments
from ...failure import Failure
from ...kernels import functions
from ...kernels.build import Built
from ...logs import symbols
from ...paths import write_atomically
from ...progress import step
from .beside import Beside

FILE = 'instructions'  # beside the kernel's program; docs/formats.md
AHEAD = 0.25  # the share of the budget for counting if there is one CPU
GRACE_SECONDS = 5  # for counts that are under way when the times are done
BOOT_SECONDS = 120  # ends a boot that hangs, so that the others are counted

LATER = 'no time was left for it; the next run goes on'


@dataclass(frozen=True)
class Counted:
    """The instructions of one walk of one kernel, or why they are not known."""
    instructions: int | None
    no_instructions: str | None = None
    functions: tuple[str, ...] = ()  # all that the walk executes; empty if not known


Found = dict[str, dict[Row, Counted]]  # by kernel, layout and walk


class Counting:
    """The counts of two kernels: those that were kept, and the others as they come.

    When `with` ends, all counts are kept.
    """

    def __init__(self, appliance: guest.Appliance, rows: Iterable[Row], beside: Beside):
        self.appliance = appliance
        self.rows = tuple(rows)
        self.beside = beside
        self.kept = {name: _Kept(built, appliance.initramfs)
                     for name, built in appliance.kernels.items()}
        self.unchanged = _unchanged(*appliance.kernels.values())
        self.stop = beside.stop
        self.under_way: list[concurrent.futures.Future] = []

    def __enter__(self) -> 'Counting':
        self.under_way = [self.beside.start(self._of_layout, layout)
                          for layout in dict.fromkeys(layout for layout, _ in self.rows)
                          if any(self._missing(name, layout) for name in self.kept)]
        return self

    def __exit__(self, *_: object) -> None:
        for of_kernel in self.kept.values():
            of_kernel.write()

    def ahead(self, budget: float) -> None:
        """Count before the times, for a share of the budget, if both cannot go on at once."""
        self.wait(AHEAD * budget)
        self.stop.set()

    def finish(self) -> None:
        """Wait a bounded time for the counts that are under way, then end them."""
        self.wait(GRACE_SECONDS)
        self.stop.set()
        concurrent.futures.wait(self.under_way)

    def wait(self, seconds: float) -> None:
        """Wait until all counting is done, or for so many seconds."""
        end = time.monotonic() + seconds
        left = {future for future in self.under_way if not future.done()}
        if not left or self.stop.is_set():
            return
        with step('counting instructions') as shown:
            while left and time.monotonic() < end:
                _, left = concurrent.futures.wait(left, timeout=0.2)
                shown.update(f'{len(left)} layouts left')

    def same_code(self) -> set[Row]:
        """Return the counted rows whose walk executes the same code in both kernels."""
        return {row for row in self.rows if self._is_same(row)}

    def found(self) -> Found:
        """Return all counts by kernel and row; a walk that was not counted has the reason."""
        return {name: {row: self._counted(name, row) for row in self.rows} for name in self.kept}

    def _counted(self, name: str, row: Row) -> Counted:
        of = self.kept[name]
        return of.failed.get(row) or of.known.get(row) or Counted(None, LATER)

    def _missing(self, name: str, layout: str) -> list[Row]:
        return [row for row in self.rows if row[0] == layout and row not in self.kept[name].known]

    def _is_same(self, row: Row) -> bool:
        first, second = (of.known.get(row) for of in self.kept.values())
        return bool(first and first == second and first.functions
                    and self.unchanged.issuperset(first.functions))

    def _of_layout(self, layout: str) -> None:
        """Count the missing walks of a layout, in one boot of each kernel."""
        for name in self.kept:
            if missing := self._missing(name, layout):
                self._count(name, missing)

    def _count(self, name: str, rows: list[Row]) -> None:
        """Count rows of one layout; if one fails, each again in a boot of its own."""
        of = self.kept[name]
        try:
            for row, found in self._counts(name, rows).items():
                executed = symbols.executed(self.appliance.kernels[name].program, found.at)
                of.known[row] = Counted(found.instructions, None,
                                        () if found.elsewhere else tuple(sorted(executed)))
        except Failure as failure:
            if self.stop.is_set():
                return
            if len(rows) > 1:
                for row in rows:
                    self._count(name, [row])
                return
            reason = ' '.join(str(failure).splitlines()[:2])  # without the console's end
            of.failed[rows[0]] = Counted(None, reason.removeprefix(f'{", ".join(rows[0])}: '))

    def _counts(self, name: str, rows: list[Row]) -> counting.Boot:
        if self.stop.is_set():
            return {}
        return counting.counts(counting.observe_one(
            self.appliance.only(name), ['/bin/walks', 'count', *arguments(rows)],
            BOOT_SECONDS, lambda _: self.stop.is_set()))


def _unchanged(first: Built, second: Built) -> set[str]:
    """The functions that are the same in both kernels."""
    return set(functions.digests(first)) - functions.changed(first, second)


def put_into(rows: list[dict], counted: Found) -> None:
    """Complete the rows of a bench's result."""
    for row in rows:
        for name, of_kernel in counted.items():
            found = asdict(of_kernel[row['layout'], row['walk']])
            row[name] |= {key: found[key] for key in ('instructions', 'no_instructions')}


class _Kept:
    """The counts of a kernel's program in a file, behind a digest.

    The digest covers the program, the guest's root and the counts, so that stale or
    damaged counts are ignored.
    """

    def __init__(self, built: Built, initramfs: Path):
        self.path = built.folder / FILE
        self.source = hashlib.sha256(built.program.read_bytes())
        self.source.update(initramfs.read_bytes())
        self.known: dict[Row, Counted] = self._read()
        self.failed: dict[Row, Counted] = {}

    def _digest(self, counts: str) -> str:
        digest = self.source.copy()
        digest.update(counts.encode())
        return digest.hexdigest()

    def _read(self) -> dict[Row, Counted]:
        try:
            digest, _, counts = self.path.read_text(encoding='utf-8').partition('\n')
        except (OSError, UnicodeDecodeError):
            return {}
        if digest != self._digest(counts):
            return {}
        return {(layout, walk): Counted(one['instructions'], None, tuple(one['functions']))
                for layout, walks in json.loads(counts).items() for walk, one in walks.items()}

    def write(self) -> None:
        """Keep what is known."""
        layouts: dict[str, dict[str, dict]] = defaultdict(dict)
        for (layout, walk), one in self.known.items():
            layouts[layout][walk] = {'instructions': one.instructions,
                                     'functions': one.functions}
        counts = json.dumps(layouts, indent=1) + '\n'
        write_atomically(self.path, f'{self._digest(counts)}\n{counts}')
