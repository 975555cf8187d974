# SPDX-License-Identifier: GPL-2.0
"""`umwalk doctor`: try whether this machine can build and boot, and say what mends it."""

import argparse
import os

from ..failure import SETUP
from ..host import doctor

NAME = 'doctor'
HELP = 'try whether this machine can build and boot, and say what mends it'


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Add no options."""


def run(_: argparse.Namespace) -> int:
    """Print the table; returns the exit status."""
    lines = doctor.look(os.uname().machine)
    print('\n'.join(doctor.table(lines)))
    return SETUP if any(line.state == doctor.FAIL for line in lines) else 0
