# SPDX-License-Identifier: GPL-2.0
"""Kernels that waste a known number of instructions on each walk, and differ in nothing else."""

from dataclasses import replace
from pathlib import Path

from ... import process
from ...boots import counting, guest
from ...boots.walks import Row, arguments
from ...failure import Failure
from ...kernels import build as builds
from ...kernels.build import Built
from ...kernels.series import Kernel
from ...kernels.version import LINUX
from ...paths import write_atomically

PATCH = LINUX.folder / 'proof' / 'cost.patch'
ROOM = 16384  # nops in the wasting function, executed or not


def ensure(build: Path, kernel: Kernel, name: str, nops: int) -> Built:
    """Build a kernel under another name, which executes so many nops in each walk."""
    if nops > ROOM:
        raise Failure(f'{nops} nops do not fit into the function of {PATCH}, which has {ROOM}')
    patch = build / 'proof' / f'waste-{nops}.patch'
    text = PATCH.read_text(encoding='utf-8')
    write_atomically(patch, text.replace('@NOPS@', str(nops)).replace('@ROOM@', str(ROOM)))
    built, = builds.ensure(build, [kernel.plus(name, patch)])
    return built


def instructions(appliance: guest.Appliance, built: Built, row: Row) -> tuple[int, int]:
    """Count the instructions of a walk, and its calls of the wasting function."""
    one = replace(appliance, kernels={'waste': built})
    boot = counting.counts(counting.observe_one(one, ['/bin/walks', 'count', *arguments([row])]))
    found = boot[row]
    listed = process.output(['nm', built.program])
    wasting = next(int(line.split()[0], 16) for line in listed.splitlines()
                   if line.endswith(' pagewalk_waste'))
    return found.instructions, found.at[wasting]
