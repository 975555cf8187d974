# SPDX-License-Identifier: GPL-2.0
"""How umwalk ends when it cannot go on, and with which exit status."""

FAILED = 1  # umwalk did what was asked for, and the answer is bad
SETUP = 2  # something that umwalk needs is missing or wrong
CANNOT_START = 122  # bench/umrun: the guest could not be started
KERNEL_DIED = 123  # bench/umrun: the kernel panicked or died
TIME_LIMIT = 124  # bench/umrun: the time limit ended the boot


class Failure(Exception):
    """umwalk cannot go on: one clear line for the user, and the exit status."""

    def __init__(self, message: str, status: int = SETUP):
        super().__init__(message)
        self.status = status


class NoGuest(Failure):
    """No guest has ever come up here, which may be the host's fault."""
