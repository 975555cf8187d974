# SPDX-License-Identifier: GPL-2.0
"""How umwalk ends when it cannot go on, and with which exit status."""

FAILED = 1  # umwalk did what was asked for, and the answer is bad
SETUP = 2  # something that umwalk needs is missing or wrong
UNDECIDED = 3  # of `validate` alone

# Those of bench/umrun, which umwalk ends with, too (docs/formats.md).
CANNOT_WRITE, CANNOT_START, KERNEL_DIED, TIME_LIMIT, BAD_OUTPUT = range(121, 126)
OF_UMRUN = {
    CANNOT_WRITE: 'what the job wrote cannot be passed on',
    CANNOT_START: 'the job cannot be started',
    KERNEL_DIED: 'the kernel panicked or died',
    TIME_LIMIT: 'the time limit ended the boot',
    BAD_OUTPUT: 'what the guest sent is broken',
}


class Failure(Exception):
    """umwalk cannot go on: one clear line for the user, and the exit status."""

    def __init__(self, message: str, status: int = SETUP):
        super().__init__(message)
        self.status = status


class NoGuest(Failure):
    """No guest has ever come up here, which may be the host's fault."""
