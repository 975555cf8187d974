# SPDX-License-Identifier: GPL-2.0
"""Kernel configurations: allnoconfig plus fragments, every symbol checked."""

import re
from pathlib import Path

from ..failure import Failure
from ..paths import CONFIGS

# Each configuration is a list of fragments in uml-config/, later ones on top.
CONFIGURATIONS = {
    'release': ('base.config',),
    'debug': ('base.config', 'debug.config'),
}


def fragments(configuration: str) -> list[Path]:
    """Return the files of a configuration."""
    return [CONFIGS / name for name in CONFIGURATIONS[configuration]]


def requested(paths: list[Path]) -> dict[str, tuple[str, str]]:
    """Map each symbol to (value, 'file:line'); the last fragment that names it wins."""
    wanted: dict[str, tuple[str, str]] = {}
    for path in paths:
        for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
            place = f'{path.parent.name}/{path.name}:{number}'
            text = line.strip()
            if not text or text.startswith('#'):
                continue
            match = re.fullmatch(r'(CONFIG_\w+)=(.+)', text)
            if not match:
                raise Failure(f"{place}: '{text}' is not CONFIG_SYMBOL=value")
            wanted[match[1]] = (match[2], place)
    return wanted


def check_taken(wanted: dict[str, tuple[str, str]], config: Path) -> None:
    """Raise Failure and name the symbols if the kernel's .config is not what was asked for."""
    taken = dict(re.findall(r'^(CONFIG_\w+)=(.+)$', config.read_text(encoding='utf-8'), re.M))
    missed = [f'{place}: {symbol}={value} did not take effect, it is {taken.get(symbol, "n")}'
              for symbol, (value, place) in wanted.items() if taken.get(symbol, 'n') != value]
    if missed:
        raise Failure('; '.join(missed) + ' (is a dependency missing?)')
