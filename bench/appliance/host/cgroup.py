# SPDX-License-Identifier: GPL-2.0
"""CPU limits: for how long cgroups have kept this process and its children from running.

A limit may be set at any level, and each group counts only its own. So all groups are read,
from our own up to the topmost that is mounted here. A container does not see those above it.
"""

import re
from pathlib import Path, PurePosixPath
from typing import Iterator

SELF = Path('/proc/self')
UNITS = {'throttled_usec': 1e-6, 'throttled_time': 1e-9}  # of cgroup v2, of v1


def throttled_seconds(process: Path = SELF) -> float:
    """Return the seconds since the groups were made, summed over CPUs; 0 if unreadable."""
    return sum(_throttled(folder / 'cpu.stat') for folder in folders(process))


def folders(process: Path = SELF) -> Iterator[Path]:
    """Yield the groups that can limit the CPU of a process (a folder in /proc), its own first."""
    try:
        groups = _read(process / 'cgroup')
        mounts = _read(process / 'mountinfo')
    except OSError:  # a kernel without cgroups, or no /proc
        return
    for kind, path in _memberships(groups):
        # If it is mounted more than once, take the mount that shows the most levels.
        roots = {root: place for of_kind, root, place in map(_mount, mounts)
                 if of_kind == kind and path.is_relative_to(root)}
        if roots:
            root = min(roots, key=lambda folder: len(folder.parts))
            own = path.relative_to(root)
            yield from (roots[root] / group for group in (own, *own.parents))


def _memberships(lines: list[str]) -> Iterator[tuple[str, PurePosixPath]]:
    """Yield ('cgroup2' or 'cgroup', our group) of the hierarchies that can have CPU limits."""
    for line in lines:
        _, controllers, path = line.split(':', 2)
        if not controllers:
            yield 'cgroup2', PurePosixPath(path)
        elif 'cpu' in controllers.split(','):
            yield 'cgroup', PurePosixPath(path)


def _mount(line: str) -> tuple[str, PurePosixPath, Path]:
    """Return the type ('' if of no use), the folder that is mounted, and where it is mounted."""
    place, _, source = line.partition(' - ')
    kind, _, options = source.split(' ', 2)
    fields = [re.sub(r'\\(\d{3})', lambda octal: chr(int(octal[1], 8)), field)
              for field in place.split(' ')]
    if kind == 'cgroup' and 'cpu' not in options.split(','):
        kind = ''
    return kind, PurePosixPath(fields[3]), Path(fields[4])


def _throttled(stat: Path) -> float:
    """Return the seconds of one group; the topmost has no such file, or one without them."""
    try:
        lines = _read(stat)
    except OSError:
        return 0
    return sum(int(value) * UNITS[key] for key, value in map(str.split, lines) if key in UNITS)


def _read(path: Path) -> list[str]:
    return path.read_text(encoding='utf-8', errors='surrogateescape').splitlines()
