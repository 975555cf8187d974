# SPDX-License-Identifier: GPL-2.0
"""Start processes of the host: umwalk starts all of them here.

They get only the variables of the environment that are named here: CFLAGS, MAKEFLAGS,
LD_PRELOAD and the like would change what is built and measured. They read nothing unless
their caller gives them something to read. What they print is text for users; a byte that
is not UTF-8 becomes a replacement character.
"""

import contextlib
import os
import signal
import subprocess
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any, Iterator, Mapping, NoReturn, Sequence

from .failure import Failure

PASSED = frozenset((
    'PATH', 'HOME', 'TMPDIR', 'TERM',
    # Where ccache keeps things, but not what it compiles with.
    'CCACHE_CONFIGPATH', 'CCACHE_DIR', 'CCACHE_DISABLE', 'CCACHE_MAXSIZE', 'CCACHE_REMOTE_STORAGE',
    'CCACHE_TEMPDIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME',
))
# Messages are in English for every user, since some are searched for words.
LANGUAGE = {'LC_ALL': 'C.UTF-8'}
# Options of start() for reading text.
TEXT: dict[str, Any] = {'encoding': 'utf-8', 'errors': 'replace'}

Command = Sequence[str | Path]

_handed_down: ContextVar[tuple[int, ...]] = ContextVar('_handed_down', default=())


def environment() -> dict[str, str]:
    """Return the environment of a process."""
    return {name: value for name, value in os.environ.items() if name in PASSED} | LANGUAGE


@contextlib.contextmanager
def handing_down(descriptor: int) -> Iterator[None]:
    """Let all that this thread starts hold an open file, and its lock, until it ends itself."""
    before = _handed_down.set((*_handed_down.get(), descriptor))
    try:
        yield
    finally:
        _handed_down.reset(before)


def handed_down() -> tuple[int, ...]:
    """Return the open files that all that this thread starts holds."""
    return _handed_down.get()


def start(command: Command, more: Mapping[str, str] = MappingProxyType({}),
          **how: Any) -> subprocess.Popen:
    """Start a command, with more in its environment; Popen takes how."""
    how = {'stdin': subprocess.DEVNULL} | how
    try:
        return subprocess.Popen(command, env=environment() | more, **_passing(how))
    except OSError as error:
        _cannot_start(command, error)


def run(command: Command, given: str = '', more: Mapping[str, str] = MappingProxyType({}),
        **how: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; it reads what is given, and subprocess.run takes how."""
    how = TEXT | {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE} | how
    try:
        return subprocess.run(command, input=given, env=environment() | more, check=False,
                              **_passing(how))
    except OSError as error:
        _cannot_start(command, error)


def _passing(how: dict[str, Any]) -> dict[str, Any]:
    return how | {'pass_fds': (*how.get('pass_fds', ()), *_handed_down.get())}


def output(command: Command, given: str = '') -> str:
    """Run a command and return what it prints; raise Failure if it fails."""
    ran = run(command, given)
    if ran.returncode:
        raise Failure(f'{name(command)} failed ({ending(ran.returncode)}): '
                      f'{last_line(ran.stderr or ran.stdout)}')
    return ran.stdout


def name(command: Command) -> str:
    """Return the name of the program for messages."""
    return Path(command[0]).name


def ending(status: int) -> str:
    """Say how a process ended."""
    return f'exit status {status}' if status >= 0 else f'{signal.Signals(-status).name} ended it'


def last_line(said: str) -> str:
    """Return the last line that a program said, which mostly tells why it failed."""
    return (said.split('\n') if (said := said.strip()) else ['it says nothing'])[-1]


def missing(program: str) -> str:
    """Say what installs a program."""
    return f'{program} is missing; `bench/deps.sh how {program}` prints the command that installs it'


def _cannot_start(command: Command, error: OSError) -> NoReturn:
    if isinstance(error, FileNotFoundError) and '/' not in str(command[0]):
        raise Failure(missing(str(command[0]))) from error
    raise Failure(f'{command[0]} does not start: {error.strerror}') from error
