# SPDX-License-Identifier: GPL-2.0
"""What this machine says of itself: is it a container, and how is its kernel set?"""

from pathlib import Path

IN_CONTAINER = (Path('/.dockerenv'), Path('/run/.containerenv'))


def in_container() -> bool:
    """Whether Docker or Podman has started all of this."""
    return any(path.exists() for path in IN_CONTAINER)


def number(path: Path) -> int | None:
    """Return the number that a file in /proc or /sys holds, if there is one."""
    try:
        return int(path.read_text(encoding='ascii'))
    except (OSError, ValueError):
        return None
