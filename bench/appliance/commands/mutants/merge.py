# SPDX-License-Identifier: GPL-2.0
"""Put together what machines that shared the mutants have found."""

from dataclasses import fields
from pathlib import Path

from ...runs import shards
from .mutants import NAME, Mutant, Verdict, summary


def run(folders: list[Path]) -> int:
    """Merge, store, and print what all verdicts come to; returns the exit status."""
    merged = shards.merged(folders, NAME, 'asked', NAME)
    found = merged[NAME]
    shards.store(merged, {})
    known = {field.name for field in fields(Verdict)}
    return summary([Mutant(name, Path(), one['equivalent']) for name, one in found.items()],
                   {name: Verdict(**{key: value for key, value in one.items() if key in known})
                    for name, one in found.items()})
