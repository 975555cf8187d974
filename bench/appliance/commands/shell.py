# SPDX-License-Identifier: GPL-2.0
"""`umwalk shell`: a prompt inside a kernel."""

import argparse

from .options import add_config, add_kernel
from .run import boot

NAME = 'shell'
HELP = "open a prompt inside a kernel, with the host's files read-only"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernel(command)
    add_config(command)


def run(arguments: argparse.Namespace) -> int:
    """Show the prompt; returns the exit status of the shell."""
    return boot(arguments, '--shell', argv=['bash', '-i'])
