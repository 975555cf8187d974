# SPDX-License-Identifier: GPL-2.0
"""Read the results of KUnit tests from the KTAP in a kernel's console, and those of a selftest
from what it prints; tell if some are missing.

A suite that crashes, or whose text is lost, leaves results out. So what KTAP announces is
compared with what came: each plan, the numbers of the results, the end of each level.
"""

import re
from dataclasses import dataclass, field

from . import signs

SUBTEST = re.compile(r'# Subtest: (\S+)')
PLAN = re.compile(r'1\.\.(\d+)$')
RESULT = re.compile(r'(ok|not ok) (\d+) (?:- )?(\S+)(.*)$')
TOTAL = re.compile(r'# (\S+): pass:\d+ fail:\d+ skip:\d+ total:(\d+)$')
CASE = re.compile(r'(ok|not ok) (\d+)(?: -)?([^#]*)(?:# *([A-Z]+)?(.*))?$')
NOTHING = re.compile(r'1\.\.0 *# *SKIP *(.*)')
FAILED = re.compile(r'# (.*?): (EXPECTATION|ASSERTION) FAILED at (\S+)')

END = ''  # ends the notes on a failure


@dataclass(frozen=True)
class Result:
    """One test, its parameters taken together."""
    name: str
    ok: bool
    skipped: bool
    detail: str  # the first failure, or why the test was skipped


@dataclass
class Report:
    """What a suite came to."""
    results: list[Result] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # a sentence for each missing result


@dataclass
class _Level:
    """Results that stand below each other: of all suites, of a suite, of a test's parameters."""
    depth: int
    name: str = ''
    of: str = 'KUnit'
    plan: int | None = None
    numbers: list[int] = field(default_factory=list)
    failed: bool = False

    def problems(self) -> list[str]:
        """Whether its results are those that were announced."""
        if self.plan is None:
            return [f'{self.title()} has no plan, and its results are {self.came()}']
        if self.numbers == list(range(1, self.plan + 1)):
            return []
        return [f'{self.title()} has the plan 1..{self.plan}, and its results are {self.came()}']

    def title(self) -> str:
        """How a sentence names it."""
        return f'{self.of} {self.name}'.rstrip()

    def came(self) -> str:
        """The numbers of its results, in the order that they came in."""
        spans: list[list[int]] = []
        for number in self.numbers:
            if spans and number == spans[-1][1] + 1:
                spans[-1][1] = number
            else:
                spans.append([number, number])
        return ', '.join(f'{a}-{b}' if b > a else str(a) for a, b in spans) or 'none'


def read(console: str, suite: str) -> Report:
    """What the console has of a suite, and what is missing from it or from the levels around."""
    reader = _Reader(suite)
    for line in console.splitlines():
        reader.take(signs.message(line))
    return reader.end()


def cases(said: str) -> Report:
    """What a selftest has printed: cases on one level; nothing at all if it is no KTAP."""
    report = Report()
    level = _Level(0, of='the test')
    for line in said.splitlines():
        if plan := PLAN.match(line):
            level.plan = int(plan[1])
        elif case := CASE.match(line):
            level.numbers.append(int(case[2]))
            report.results.append(_case(case))
        elif nothing := NOTHING.match(line):
            report.results.append(Result('', True, True, nothing[1]))
        elif line.startswith('Bail out!'):
            report.problems.append(line)
    if not report.problems and (level.numbers or level.plan):
        report.problems += level.problems()
    return report


def _case(case: re.Match) -> Result:
    """A case that is skipped, or fails as it should, may say its name behind the word for it."""
    name, detail = case[3].strip(), (case[5] or '').strip()
    skipped = case[4] in ('SKIP', 'XFAIL')
    return Result(name or detail, case[1] == 'ok', skipped, detail if skipped and name else '')


class _Reader:
    """Takes line after line; those that are no KTAP may stand between the others."""

    def __init__(self, suite: str):
        self.suite = suite
        self.report = Report()
        self.ran = False
        self.levels: list[_Level] = []  # the open levels, the outermost first
        self.failure: list[str] = []  # what the running test has said of a failure

    def take(self, line: str) -> None:
        """A line, without what printk() puts in front."""
        text = line.lstrip()
        depth = len(line) - len(text)
        if text.startswith('KTAP version'):
            self._cut_off(depth)
            self.levels.append(_Level(depth))
        elif not self.levels:
            return
        elif (result := RESULT.match(text)) and any(one.depth == depth for one in self.levels):
            self._result(depth, result)
        elif depth == self.levels[-1].depth and (subtest := SUBTEST.match(text)):
            self.levels[-1].name = subtest[1]
            self.ran |= subtest[1] == self.suite
        elif depth == self.levels[-1].depth and (plan := PLAN.match(text)):
            self.levels[-1].plan = int(plan[1])
        elif (total := TOTAL.match(text)) and total[1] == self.levels[-1].name:
            self.levels[-1].plan = self.levels[-1].plan or int(total[2])  # of parameters: no other
        else:
            _note(text, self.failure)

    def end(self) -> Report:
        """The log has come to its end."""
        if not self.ran:
            self.report.problems.append(f'KUnit {self.suite} never ran')
        if not self._cut_off(depth=1):
            for one in self.levels:
                self.report.problems += one.problems()
        return self.report

    def _result(self, depth: int, result: re.Match) -> None:
        failed = result[1] != 'ok'
        while self.levels[-1].depth > depth:
            inner = self.levels.pop()
            failed |= inner.failed
            self.report.problems += inner.problems()
        level = self.levels[-1]
        level.numbers.append(int(result[2]))
        level.failed |= failed
        if level.name == self.suite:
            self.report.results.append(_test(result, not failed, self.failure))
            self.failure = []
        else:
            _note_parameter(result, self.failure)

    def _cut_off(self, depth: int) -> bool:
        """Levels from a depth on never ended, if there are any."""
        cut = [one for one in self.levels if one.depth >= depth]
        if cut:
            self.levels = self.levels[:-len(cut)]
            within = ', '.join(filter(None, (one.name for one in cut)))
            self.report.problems.append(
                f'KUnit broke off in {within}, where its results are {cut[-1].came()}')
        return bool(cut)


def _note(line: str, failure: list[str]) -> None:
    """Keep what the first failure says: where, and the lines on what was expected."""
    if END in failure:
        return
    failed = FAILED.search(line)
    if failure and (failed or signs.find(line)):  # the log has a splat of its own
        failure.append(END)
    elif failed:
        failure.append(f'{failed[3]}:')
    elif failure and not line.startswith('#'):
        failure.append(line)


def _note_parameter(result: re.Match, failure: list[str]) -> None:
    """A parameter's result follows what was said about it."""
    if result[1] == 'ok' or not failure or failure[0].startswith('['):
        return
    failure.insert(0, f'[{result[3]}{result[4]}]')
    failure.append(END)


def _test(result: re.Match, ok: bool, failure: list[str]) -> Result:
    skip = re.match(r' *# SKIP *(.*)', result[4])
    detail = skip[1] if skip else ' '.join(part for part in failure if part != END)
    return Result(result[3], ok, skip is not None, detail)
