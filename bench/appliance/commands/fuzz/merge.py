# SPDX-License-Identifier: GPL-2.0
"""Put together what machines that shared the cases of a seed have found."""

from dataclasses import replace
from pathlib import Path
from typing import Sequence

from ...boots.records import Found
from ...runs import shards
from .cases import Ask, Case, Vma
from .fuzz import NAME, Fault, Hunt, stored, told


def run(folders: Sequence[Path]) -> int:
    """Merge, store, and print what all parts have found; returns the exit status."""
    merged = shards.merged(folders, NAME, 'asked', 'tried')
    hunts: dict[str, Hunt] = {}
    for folder in folders:
        for one in shards.read(folder, NAME, {'hunts'})['hunts']:
            _add(hunts.setdefault(one['kernel'], Hunt(one['kernel'])), one)
    folder = shards.store(merged | {'hunts': [stored(hunt) for hunt in hunts.values()]}, {})
    return told(list(hunts.values()), merged['seed'], folder)


def _add(hunt: Hunt, part: dict) -> None:
    hunt.cases += part['cases']
    hunt.asks += part['asks']
    hunt.skipped += part['skipped']
    hunt.seconds += part['seconds']
    for one in part['faults']:
        fault = _fault(hunt.kernel, one)
        before = hunt.faults.get((fault.rule, fault.how))
        times = fault.times + (before.times if before else 0)
        hunt.faults[fault.rule, fault.how] = replace(before or fault, times=times)


def _fault(kernel: str, of: dict) -> Fault:
    case = Case(of['case']['name'], tuple(Vma(**one) for one in of['case']['vmas']),
                tuple(Ask(**one) for one in of['case']['asks']))
    first = Found(kernel, 0, case.name, 0, of['rule'], of['how'], of['detail'])
    return Fault(of['rule'], of['how'], of['known'], case, first, of['seconds'], of['times'])
