# SPDX-License-Identifier: GPL-2.0
"""What compilers and checkers say of source code, as values that can be compared.

A line of code moves when something is put before it, so what is said in two trees is the
same if file, function and text are, whatever the line number.
"""

import re
from dataclasses import dataclass, field
from typing import Iterable, Iterator, Sequence

# `  CC      mm/pagewalk.o`: kbuild says what it makes, then the compiler what it thinks of it.
MADE = re.compile(r'  [A-Z]\S*(?: \[M\])? +(\S+)')
WARNING = re.compile(r'(?P<file>[^\s:]+):(?P<line>\d+):(?:\d+:)? (?:warning|error): (?P<text>.*)')
# Of the linker, modpost and the like, which know of no line. Source that is quoted is indented.
OTHER_WARNING = re.compile(r'(?:\S.*)?\bwarning: .*', re.I)
ERROR = re.compile(r'(?:\S.*)?\b(?:error: |undefined reference).*', re.I)
OF_MAKE = re.compile(r'make.*\*\*\* .*')
IN_FUNCTION = re.compile(r"(?:\S+: )?In function [‘'](.+?)[’'][:,]|(\S+: )?At top level:")


@dataclass(frozen=True, order=True)
class Said:
    """A warning; line is how it was printed, with the number of the source line."""
    file: str
    function: str
    text: str
    line: str = field(compare=False)


def warnings(lines: Iterable[str]) -> dict[str, set[Said]]:
    """Return the warnings of all that kbuild made, made or not with any."""
    found: dict[str, set[Said]] = {'': set()}
    made = function = ''
    for line in lines:
        if match := MADE.fullmatch(line):
            made, function = match[1], ''
            found.setdefault(made, set())
        elif match := IN_FUNCTION.fullmatch(line):
            function = match[1] or ''
        else:
            found[made].update(_warning(line, function))
    return found


def _warning(line: str, function: str) -> Iterator[Said]:
    line = line.removeprefix('../')  # object folders lie in the tree
    if match := WARNING.fullmatch(line):
        yield Said(match['file'], function, without_numbers(match['text']), line)
    elif OTHER_WARNING.fullmatch(line):
        yield Said('', '', without_numbers(line), line)


def errors(lines: Sequence[str]) -> list[str]:
    """Return the lines that say why something could not be made; make says it only if nobody does."""
    found = [[line.removeprefix('../') for line in lines if kind.fullmatch(line)]
             for kind in (ERROR, OF_MAKE)]
    return found[0] or found[1]


def without_numbers(text: str) -> str:
    """Return a text without the numbers of source lines."""
    return re.sub(r':\d+', '', text)
