# SPDX-License-Identifier: GPL-2.0
"""What goes on beside the times of a bench, on CPUs that no guest is timed on."""

import concurrent.futures
import os
import threading
from typing import Callable

AT_ONCE = 8  # boots, each with a guest's memory


class Beside:
    """Runs things in threads, with all that these start, on the other CPUs, if there are any.

    `with` ends it: what has not begun never does, and what is under way is told
    to stop, and waited for.
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

    def __exit__(self, *_) -> None:
        self.stop.set()
        self._pool.shutdown(cancel_futures=True)

    def start(self, what: Callable, *arguments) -> concurrent.futures.Future:
        """what(*arguments), after all that was started before, or beside it."""
        return self._pool.submit(what, *arguments)
