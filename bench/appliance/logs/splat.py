# SPDX-License-Identifier: GPL-2.0
"""What a kernel complains of in its log."""

import re
from itertools import islice
from pathlib import Path

from . import signs, trace

FRAME = re.compile(r'\[<[0-9a-f]{8,16}>\]|\+0x[0-9a-f]+/0x')
LINES = 40  # of a splat, at most
CUT = f'\n... (cut after {LINES} lines; KERNEL.console in the folder of the run has the whole log)'
FUNCTION = re.compile(r'(?:\[<[0-9a-f]+>\]|RIP: \w+:)? *(?P<unsure>\? )?'
                      r'(?P<name>[A-Za-z_]\w*)[\w.]*\+0x[0-9a-f]+/0x')
NAMED = 5  # functions of a stack that tell one splat from another
# What finds a fault and prints a stack stands in each of its kind.
PRINTING = re.compile('show_stack|dump_stack|print_|show_regs|__warn|warn_slowpath|panic|'
                      'lockdep_|kasan_|__asan_|__ubsan_|__might_|save_|stack_trace_|check_prev|'
                      '__lock_acquire|lock_acquire|__switch_to|__schedule|schedule')
PANIC = 'Kernel panic'

# The KUnit suite prints these around warnings that it provokes (W12).
PROVOKED_BEGIN = 'pagewalk_kunit: begin of expected warnings'
PROVOKED_END = 'pagewalk_kunit: end of expected warnings'


def complaints(console: str) -> list[tuple[str, str]]:
    """Return (rule, line) for the first complaint that breaks each rule."""
    found: dict[str, str] = {}
    for line in _lines(console):
        sign = signs.find(line)
        if sign and sign.rule:
            found.setdefault(sign.rule, line)
    return list(found.items())


def any_splat(console: str) -> bool:
    """Whether the log has a splat that no rule names."""
    return any(map(_begins, _lines(console)))


def splats(console: str, program: Path, stopped: bool = False) -> list[str]:
    """Return each splat that no rule names, with its stack, decoded if the program allows it.

    One that is longer than LINES is cut, and says so.
    stopped: the boot's time was up, so that umrun made the kernel panic at the end.
    """
    lines = _lines(console)
    found: list[tuple[range, bool]] = []
    end = 0
    for i, line in enumerate(lines):
        if i < end or not _begins(line):
            continue
        end, more = _end(lines, i)
        found.append((range(i, end), more))
    if stopped and found and lines[found[-1][0].start].startswith(PANIC):
        del found[-1]
    # Once for all: a kernel may print thousands of them.
    decoded = iter(trace.decode([lines[i] for one, _ in found for i in one], program))
    return ['\n'.join(islice(decoded, len(one))) + CUT * more for one, more in found]


def all_of(console: str, program: Path, stopped: bool = False) -> list[str]:
    """Return the complaints that break rules, a line each, and then the splats."""
    return [*(line for _, line in complaints(console)), *splats(console, program, stopped)]


def fingerprint(splat: str) -> str:
    """Return the kind of a splat and the first functions of its stack, as NIPA and syzbot do."""
    first, *stack = splat.splitlines()
    sign = signs.find(first)
    called = [match for line in stack if (match := FUNCTION.match(line.strip()))]
    # A kernel without frame pointers is sure of none.
    sure = [match for match in called if not match['unsure']] or called
    functions = [match['name'] for match in sure if not PRINTING.match(match['name'])]
    return ':'.join([sign.kind if sign else '', *list(dict.fromkeys(functions))[:NAMED]])


def _begins(line: str) -> bool:
    sign = signs.find(line)
    return sign is not None and not sign.rule


def _lines(console: str) -> list[str]:
    """Return the lines of the log without the warnings that a test provokes."""
    lines = []
    provoked = False
    for line in console.splitlines():
        line = signs.message(line)
        if line == PROVOKED_BEGIN:
            provoked = True
        elif line == PROVOKED_END:
            provoked = False
        elif not provoked:
            lines.append(line)
    return lines


def _end(lines: list[str], start: int) -> tuple[int, bool]:
    """Return the index behind the stack that follows a splat, and whether there is more of it."""
    last = start
    for i in range(start, min(start + 2 * LINES, len(lines))):
        beyond = i >= start + LINES
        if 'end trace' in lines[i] or beyond and _begins(lines[i]):
            break
        if FRAME.search(lines[i]):
            if beyond:
                return last + 1, True
            last = i
    return last + 1, False
