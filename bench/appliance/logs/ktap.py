# SPDX-License-Identifier: GPL-2.0
"""The results of KUnit tests, from the KTAP in a kernel's console."""

import re
from dataclasses import dataclass

from . import signs

RESULT = re.compile(r'^( *)(ok|not ok) \d+ (?:- )?(\S+)(.*)$')
FAILED = re.compile(r'# (.*?): (EXPECTATION|ASSERTION) FAILED at (\S+)')

END = ''  # of what is noted of a failure


@dataclass(frozen=True)
class Result:
    """One test, its parameters taken together."""
    name: str
    ok: bool
    skipped: bool
    detail: str  # of the first failure, or why it was skipped


def results(console: str, suite: str) -> list[Result]:
    """The tests of a suite; none if it did not run."""
    found: list[Result] = []
    failure: list[str] = []
    depth = None  # of the suite's tests
    for line in console.splitlines():
        line = signs.message(line)
        if line.strip() == f'# Subtest: {suite}':
            depth = len(line) - len(line.lstrip())
            continue
        if depth is None:
            continue
        result = RESULT.match(line)
        if not result:
            _note(line.strip(), failure)
        elif len(result[1]) > depth:
            _note_parameter(result, failure)
        elif len(result[1]) < depth:
            depth = None
        else:
            found.append(_result(result, failure))
            failure = []
    return found


def _note(line: str, failure: list[str]) -> None:
    """Keep what the first failure says: where, and the lines on what was expected."""
    if END in failure:
        return
    failed = FAILED.search(line)
    if failed:
        failure.append(END if failure else f'{failed[3]}:')
    elif failure and not line.startswith(('#', 'KTAP', '1..')):
        failure.append(line)


def _note_parameter(result: re.Match, failure: list[str]) -> None:
    """A parameter's result follows what was said about it."""
    if result[2] == 'ok' or not failure or failure[0].startswith('['):
        return
    failure.insert(0, f'[{result[3]}{result[4]}]')
    failure.append(END)


def _result(result: re.Match, failure: list[str]) -> Result:
    skip = re.match(r' *# SKIP *(.*)', result[4])
    detail = skip[1] if skip else ' '.join(part for part in failure if part != END)
    return Result(result[3], result[2] == 'ok', skip is not None, detail)
