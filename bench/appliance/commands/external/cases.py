# SPDX-License-Identifier: GPL-2.0
"""The cases of tests that nobody here wrote, from the records of a boot."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import Iterable, Iterator

from ...boots.records import Record, Rule, Said as SaidRecord, of_type
from . import said
from .agree import LETTERS, TOOLS, Tool
from .said import Said

PASS, FAIL, SKIP = 'pass', 'fail', 'skip'
SHOWN = 5  # differences of a case


@dataclass(frozen=True)
class Case:
    """One case of a test. The details of one that passes are empty."""
    test: str
    name: str
    state: str
    details: tuple[str, ...] = ()


def cases(records: Iterable[Record]) -> list[Case]:
    """Return all cases that a boot has shown."""
    records = list(records)
    return [*_of_tests(of_type(Rule, records)), *_of_tools(of_type(SaidRecord, records))]


def _of_tests(records: list[Rule]) -> Iterator[Case]:
    for one in records:
        state = SKIP if one.skip else PASS if one.ok else FAIL
        yield Case(one.rule, one.case, state, () if state == PASS else (one.detail,))


def _of_tools(records: list[SaidRecord]) -> Iterator[Case]:
    """A tool that has nothing to tell of a layout has no case there."""
    layouts: dict[str, dict[str, SaidRecord]] = defaultdict(dict)
    for one in records:
        layouts[one.layout][one.who] = one
    for layout, by_whom in layouts.items():
        references = {name: said.of_walks(by_whom[name].said) for name in LETTERS if name in by_whom}
        for name, tool in TOOLS.items():
            for of, reference in references.items():
                if name in by_whom and getattr(reference, tool.tells):
                    found = tuple(islice(_differences(tool, by_whom[name], reference, of), SHOWN))
                    yield Case(f'{name}, {of}', layout, FAIL if found else PASS, found)


def _differences(tool: Tool, record: SaidRecord, reference: Said, of: str) -> Iterator[str]:
    if record.status:
        yield f'wait status {record.status}: {record.said.strip()}'
        return
    try:
        found = tool.read(record.said)
    except (ValueError, IndexError) as error:
        yield f'its output is not understood ({error}): {record.said[:200]}'
        return
    yield from tool.differences(found, reference, LETTERS[of])
