# SPDX-License-Identifier: GPL-2.0
"""The sandbox for code that umwalk does not trust: which one works here, and what it allows.

bench/warden.py makes it. A command in it has no network and no new privileges, and sees the
host's files, which it cannot change.
"""

import os
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from . import process
from .failure import Failure
from .machine import in_container, number
from .paths import TOP

WARDEN = TOP / 'bench' / 'warden.py'
# The best first. Landlock needs no namespaces, but hides no processes.
TIERS = BWRAP, LANDLOCK = 'bwrap', 'landlock'
NONE = 'none'

APPARMOR = Path('/proc/sys/kernel/apparmor_restrict_unprivileged_userns')
CLONE = Path('/proc/sys/kernel/unprivileged_userns_clone')
NAMESPACES = Path('/proc/sys/user/max_user_namespaces')


def _most_memory_mib() -> int:
    return os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') * 3 // 4 >> 20


@dataclass(frozen=True)
class Sandbox:
    """How commands are confined, the limits of each, and the run to which it belongs.

    All that is confined in one run may meddle with each other, since it is of one origin.
    """
    tier: str
    readable: tuple[Path, ...] = ()  # even below the folders for temporary files
    processes: int = 2048
    memory_mib: int = field(default_factory=_most_memory_mib)
    file_mib: int = 2048
    seconds: int = 3600
    run: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def confines(self) -> bool:
        """Whether it is one."""
        return self.tier != NONE

    def under(self, *writable: Path) -> list[str]:
        """Return the command that runs another one in the sandbox, which may write there."""
        if not self.confines:
            return []
        return [sys.executable, '-IS', str(WARDEN), f'--by={self.tier}',
                f'--processes={self.processes}', f'--memory-mib={self.memory_mib}',
                f'--file-mib={self.file_mib}', f'--seconds={self.seconds}',
                *(f'--readable={path}' for path in self.readable),
                *(f'--writable={path}' for path in writable),
                *(f'--kept={descriptor}' for descriptor in process.handed_down()), '--']


OPEN = Sandbox(NONE)  # no sandbox at all


def choose(build: Path) -> Sandbox:
    """Return the sandbox that $SANDBOX names, or else the best that works here.

    Says so if that is not the best there is.
    """
    wanted = os.environ.get('SANDBOX', '')
    if wanted == NONE:
        return OPEN
    if wanted and wanted not in TIERS:
        raise Failure(f"SANDBOX='{wanted}': there are {', '.join(TIERS)} and {NONE}")
    refused: dict[str, str] = {}
    for tier in [wanted] if wanted else TIERS:
        box = Sandbox(tier, _readable(build))
        if not (why := refusal(box)):
            _say_what_is_better(refused)
            return box
        refused[tier] = why
    why = '; '.join(f'{tier}: {said}' for tier, said in refused.items())
    if in_container() and not wanted:
        print(f'umwalk: no sandbox works in here ({why}): the container is the sandbox',
              file=sys.stderr)
        return OPEN
    raise Failure(f'no sandbox works here ({why}), and a patch is code that runs as you: '
                  f'{_mend(refused)}; or, if you trust it, set SANDBOX={NONE}')


def _readable(build: Path) -> tuple[Path, ...]:
    cache = Path(os.environ.get('CCACHE_DIR', ''))
    return (TOP, build, cache) if cache.is_absolute() and cache.is_dir() else (TOP, build)


def refusal(box: Sandbox) -> str:
    """Run a command in it; return why that does not work, '' if it does."""
    ran = process.run([*box.under(), 'true'])
    return process.last_line(ran.stderr) if ran.returncode else ''


def remedy() -> str:
    """Return what lets bwrap, or any user, make namespaces on this machine."""
    if number(APPARMOR):
        return 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0'
    if number(CLONE) == 0:
        return 'sudo sysctl kernel.unprivileged_userns_clone=1'
    if in_container():
        return 'none needed: the container is a sandbox already'
    if number(NAMESPACES) == 0:
        return 'sudo sysctl user.max_user_namespaces=10000'
    return 'run outside of the sandbox (a chroot, a seccomp filter) that forbids them'


def _say_what_is_better(refused: dict[str, str]) -> None:
    if refused:
        print(f'umwalk: bwrap does not work here ({refused[BWRAP]}), so the sandbox is '
              f"Landlock's, which hides no processes; for bwrap: {_mend(refused)}", file=sys.stderr)


def _mend(refused: dict[str, str]) -> str:
    if 'No such file' in refused.get(BWRAP, ''):
        return process.output([TOP / 'bench' / 'deps.sh', 'how', BWRAP]).strip()
    return remedy()
