# SPDX-License-Identifier: GPL-2.0
"""Run other work beside the times of a bench, on CPUs on which no guest is timed."""

import concurrent.futures
import os
import threading
from typing import Any, Callable

AT_ONCE = 8  # boots at once, each with a guest's memory


class Beside:
    """Runs work in threads, with all processes that it starts, on the other CPUs if there are any.

    When `with` ends, work that has not begun is dropped; work that is under way is told to
    stop, and is waited for.
    """

    def __init__(self) -> None:
        cpus = os.sched_getaffinity(0)
        self.measured = min(cpus)
        self.others = cpus - {self.measured}
        self.stop = threading.Event()
        self._pool = concurrent.futures.ThreadPoolExecutor(
            min(AT_ONCE, len(self.others) or 1),
            initializer=lambda: os.sched_setaffinity(0, self.others or cpus))

    def __enter__(self) -> 'Beside':
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._pool.shutdown(cancel_futures=True)

    def start(self, what: Callable, *arguments: Any) -> concurrent.futures.Future:
        """Call what(*arguments), after or beside all that was started before."""
        return self._pool.submit(what, *arguments)
