# SPDX-License-Identifier: GPL-2.0
"""Tell the user what goes on while something takes longer than two seconds."""

import contextlib
import sys
import time
from typing import Iterator


class Step:
    """A step that takes a while: on a terminal, one line with a count that grows."""

    def __init__(self, what: str):
        self.what = what
        self.started = time.monotonic()
        self.drawn = 0.0
        self.terminal = sys.stderr.isatty()
        if not self.terminal:
            print(f'{what} ...', file=sys.stderr, flush=True)

    def update(self, detail: str) -> None:
        """Show how far it is, at most five times a second."""
        now = time.monotonic()
        if self.terminal and now - self.drawn >= 0.2:
            self.drawn = now
            print(f'\r\033[K{self.what}: {detail}, {now - self.started:.0f} s',
                  end='', file=sys.stderr, flush=True)

    def end(self, outcome: str) -> None:
        """Say how it ended and how long it took."""
        clear = '\r\033[K' if self.terminal else ''
        print(f'{clear}{self.what}: {outcome}, {time.monotonic() - self.started:.1f} s',
              file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(what: str) -> Iterator[Step]:
    """Announce a step; at the end, say that it is done or that it failed."""
    shown = Step(what)
    shown.update('started')
    try:
        yield shown
    except BaseException:
        shown.end('failed')
        raise
    shown.end('done')
