# SPDX-License-Identifier: GPL-2.0
"""Which selftests there are, what each needs, and which of their failures are expected."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from ...failure import Failure
from ...kernels import configuration
from ...kernels.lists import entries, pattern
from ...paths import TOP, short

SCRIPTS = TOP / 'workloads' / 'selftests'
TABLE = SCRIPTS / 'tests'
EXPECTED = SCRIPTS / 'expected'
# In `umwalk validate`, too; in `umwalk selftests` only; there, on a kernel of its own.
ALWAYS, ASKED = 'always', 'asked'
ELSEWHERE = {one.name: one for one in (configuration.WIDE, configuration.THP)}
WHEN = ALWAYS, ASKED, *ELSEWHERE
FORM = 'RESULT CAUSE TEST: PATTERN # REASON'
LINE = re.compile(r'(?P<result>fail|skip) (?P<cause>\S+) (?P<test>[^#]+?): (?P<pattern>.+?)\s+'
                  r'# (?P<reason>.*\S)')


@dataclass(frozen=True)
class Selftest:
    """A line of the table: a program of a folder of selftests, and what it needs."""
    folder: str
    program: str
    arguments: tuple[str, ...]
    user: str
    huge_pages: str  # of 2 MiB, and of 1 GiB behind a +
    memory_mib: int
    when: str

    @property
    def elsewhere(self) -> str:
        """Return the configuration of a kernel of its own, with a disk, or nothing."""
        return self.when if self.when in ELSEWHERE else ''

    @property
    def name(self) -> str:
        """Return what it is called, here and in results."""
        where = [f'({self.elsewhere})'] if self.elsewhere else []
        return ' '.join((self.program, *self.arguments, *where))

    @property
    def source(self) -> str:
        """Return the path of its source, without the ending, in the folder of all selftests."""
        return f'{self.folder}/{self.program}'


@dataclass(frozen=True)
class Expected:
    """A failure, or a case that is skipped, which accuses no kernel; * stands for any text."""
    result: str
    cause: str
    test: str
    pattern: str
    reason: str

    def fits(self, result: str, text: str) -> bool:
        """Return whether such a case of the test is meant."""
        return result == self.result and pattern(self.pattern).fullmatch(text) is not None


def table(path: Path = TABLE) -> tuple[Selftest, ...]:
    """Read the table."""
    return tuple(_test(path, line.split()) for line in entries(path))


def always() -> tuple[Selftest, ...]:
    """Return those that `umwalk validate` runs."""
    return tuple(test for test in table() if test.when == ALWAYS)


def narrow() -> tuple[Selftest, ...]:
    """Return those that run on the kernels that are measured."""
    return tuple(test for test in table() if not test.elsewhere)


def _test(path: Path, words: Sequence[str]) -> Selftest:
    try:
        when, folder, user, pages, memory, program, *arguments = words
        if when in WHEN:
            sizes = '+'.join(str(int(count)) for count in pages.split('+', 1))
            return Selftest(folder, program, tuple(arguments), user, sizes, int(memory), when)
    except ValueError:
        pass
    raise Failure(f"{short(path)}: '{' '.join(words)}' is no test, which has the form "
                  f'{"|".join(WHEN)} FOLDER USER HUGE-PAGES[+GIGANTIC] MIB PROGRAM ARGUMENT...')


def expected(path: Path = EXPECTED) -> tuple[Expected, ...]:
    """Read what is expected to fail, or to be skipped."""
    lines = path.read_text(encoding='utf-8').splitlines()
    return tuple(_expected(f'{short(path)}:{number}', line.strip())
                 for number, line in enumerate(lines, 1)
                 if line.strip() and not line.lstrip().startswith('#'))


def _expected(where: str, line: str) -> Expected:
    found = LINE.fullmatch(line)
    if not found:
        raise Failure(f'{where}: this has not the form {FORM}: {line}')
    return Expected(**found.groupdict())
