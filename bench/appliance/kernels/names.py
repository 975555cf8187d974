# SPDX-License-Identifier: GPL-2.0
"""Which names of files a patch may touch: not those that no tree can have, or that umwalk has."""

import os
import re
from pathlib import Path
from typing import Callable, Collection

from .sources import OBJECTS

LONGEST = 200  # bytes of a file's name in the tree; Linux has none of 150
RECORD = 'patched.json'  # beside the originals of files: which are patched
TEMPORARY = '.{}.umwalk'  # what a file is called while it is written

# Kbuild takes a tree that has these for one that was built in, and stops.
OF_A_BUILD = re.compile(r'(?:\.config|(?:arch/[^/]+/)?include/generated|include/config)(?:/|$)')
OF_UMWALK = re.compile(rf'{OBJECTS}-|{re.escape(RECORD)}(?:/|$)|(?:.*/)?\.[^/]*\.umwalk(?:/|$)')


def unfit(name: str, touched: Collection[str], original: Callable[[str], Path],
          is_folder: Callable[[str], bool]) -> str:
    """Say why a patch may not touch the file of this name, '' if it may.

    touched are all that the patches touch; original gives the place of a file as it is without
    any patch, and is_folder says whether the tree has a folder of that name then.
    """
    if len(os.fsencode(name)) > LONGEST:
        return f'a name of more than {LONGEST} bytes: {name[:40]}...'
    if OF_UMWALK.match(name):
        return f'{name} is a name that umwalk uses itself'
    if OF_A_BUILD.match(name):
        return f'{name} is what a build leaves, so Kbuild would not build the tree'
    parents = list(map(str, Path(name).parents))[:-1]
    for path in (name, *parents):
        if original(path).is_symlink():
            return f'{path} is a symlink'
    for path in parents:
        if path in touched or original(path).is_file():
            return f'{name} would lie below {path}, which is a file'
    return f'{name} is a folder' if is_folder(name) else ''
