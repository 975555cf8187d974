# SPDX-License-Identifier: GPL-2.0
"""Find line numbers in the code of WARN() and BUG(), which change with every line above.

User-mode Linux has no table of them. They are an argument, set by one of the instructions
before the call, a mov to a register.
"""

import re

_SET_UP = re.compile(rb'[\xb8-\xbf].{4}|\x41[\xb8-\xbf].{4}|[\x48\x49][\xb8-\xbf].{8}'  # mov $n
                     rb'|\x45?\x31[\xc0-\xff]'  # xor
                     rb'|[\x44\x45\x48\x49\x4c\x4d]?\x89[\xc0-\xff]'  # mov %
                     rb'|\x41?[\x58-\x5f]|\x48\x83\xc4.',  # pop, add $n,%rsp: of a tail call
                     re.S)
_CALL = re.compile(rb'(?:' + _SET_UP.pattern + rb')+\x41?\xff[\xd0-\xd7\xe0-\xe7]', re.S)
_LONGEST = 60  # bytes of such a call
MOV_ESI, MOV_EDX = 0xbe, 0xba


def clear(code: bytearray, argument: int, mov: int) -> None:
    """Clear the line number of the call that has an argument, or its target, at this offset."""
    for start in range(max(0, argument - _LONGEST), argument):
        call = _CALL.match(code, start)
        if call and call.end() > argument:
            break
    else:
        return
    lines = [one.start() for one in _SET_UP.finditer(code, start, call.end())
             if code[one.start()] == mov and code[one.start() + 3:one.end()] == b'\0\0']
    if lines:
        code[lines[-1] + 1:lines[-1] + 5] = bytes(4)
