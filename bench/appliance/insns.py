# SPDX-License-Identifier: GPL-2.0
"""The instructions of each walk of a bench: counted once, then kept beside the kernel.

A count is the same in every boot, as long as the kernel and the guest's root
are; a kernel that changed is counted anew, and others are not.
"""

import hashlib
import json
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from . import count, guest
from .count import Key
from .failure import Failure
from .paths import write_atomically
from .progress import step

FILE = 'instructions'  # beside the kernel's program; docs/formats.md
LIMIT_SECONDS = 120  # of all counting; a kernel that hangs must not keep the bench for ever


@dataclass(frozen=True)
class Counted:
    """The instructions of one walk of one kernel, or why they are not known."""
    instructions: int | None
    no_instructions: str | None = None


Found = dict[str, dict[Key, Counted]]  # by kernel, layout and walk


def ensure(appliance: guest.Appliance, asked: tuple[str, ...]) -> Found:
    """Count what is asked for, as bench takes it, and not known yet; by kernel and row.

    A walk that cannot be counted has the reason instead; it is tried anew next time.
    """
    kept = {name: _Kept(program, appliance.initramfs)
            for name, program in appliance.kernels.items()}
    rows = _rows(asked)
    missing = [(name, row) for row in rows for name in kept if row not in kept[name].known]
    if missing:
        _count(appliance, missing, kept)
    return {name: {row: of.failed.get(row) or Counted(of.known[row]) for row in rows}
            for name, of in kept.items()}


def put_into(rows: list[dict], counted: Found) -> None:
    """Complete the rows of a bench's result."""
    for row in rows:
        for name, of_kernel in counted.items():
            row[name] |= asdict(of_kernel[row['layout'], row['walk']])


def _rows(asked: tuple[str, ...]) -> list[Key]:
    """LAYOUT or LAYOUT:WALK,WALK each; none: all."""
    found = []
    for choice in asked or guest.LAYOUTS:
        layout, _, walks = choice.partition(':')
        found += [(layout, walk) for walk in (walks.split(',') if walks else guest.WALKS)]
    return list(dict.fromkeys(found))


class _Kept:
    """The counts of a kernel's program, in a file: a digest, and they.

    The digest is of the program, of the guest's root and of the counts, so
    that counts that are stale or damaged are none.
    """

    def __init__(self, program: Path, initramfs: Path):
        self.path = program.with_name(FILE)
        self.source = hashlib.sha256(program.read_bytes())
        self.source.update(initramfs.read_bytes())
        self.known: dict[Key, int] = self._read()
        self.failed: dict[Key, Counted] = {}

    def _digest(self, counts: str) -> str:
        digest = self.source.copy()
        digest.update(counts.encode())
        return digest.hexdigest()

    def _read(self) -> dict[Key, int]:
        try:
            digest, _, counts = self.path.read_text(encoding='utf-8').partition('\n')
        except (OSError, UnicodeDecodeError):
            return {}
        if digest != self._digest(counts):
            return {}
        return {(layout, walk): instructions for layout, walks in json.loads(counts).items()
                for walk, instructions in walks.items()}

    def write(self) -> None:
        """Keep what is known."""
        layouts: dict[str, dict[str, int]] = defaultdict(dict)
        for (layout, walk), instructions in self.known.items():
            layouts[layout][walk] = instructions
        counts = json.dumps(layouts, indent=1) + '\n'
        write_atomically(self.path, f'{self._digest(counts)}\n{counts}')


def _count(appliance: guest.Appliance, missing: list[tuple[str, Key]],
           kept: dict[str, _Kept]) -> None:
    end = time.monotonic() + LIMIT_SECONDS
    with step(f'counting the instructions of {len(missing)} walks') as shown:
        counted = count.side_by_side(
            lambda one: _count_one(appliance.only(one[0]), one[1], end), missing)
        for done, ((name, row), found) in enumerate(zip(missing, counted), 1):
            if found.instructions is None:
                kept[name].failed[row] = found
            else:
                kept[name].known[row] = found.instructions
            shown.update(f'{done} of {len(missing)}')
    for of_kernel in kept.values():
        of_kernel.write()


def _count_one(appliance: guest.Appliance, row: Key, end: float) -> Counted:
    """A boot of its own, which may last until end: a walk that fails costs no other its count."""
    left = int(end - time.monotonic())
    if left < 1:
        return Counted(None, f'no time was left of {LIMIT_SECONDS} s; the next run goes on')
    try:
        records = count.observe_one(appliance, ['/bin/walks', 'count', ':'.join(row)], left)
        return Counted(count.counts(records)[row].instructions)
    except Failure as failure:
        reason = ' '.join(str(failure).splitlines()[:2])  # without the console's end
        return Counted(None, reason.removeprefix(f'{", ".join(row)}: '))
