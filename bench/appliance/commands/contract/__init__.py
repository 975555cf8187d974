# SPDX-License-Identifier: GPL-2.0
"""`umwalk contract`: which rules of the page-walk contract each kernel keeps."""

import argparse

from ...kernels.series import kernel
from ...paths import build_folder
from ..options import add_config, add_kernels, by_height
from . import contract

NAME = 'contract'
HELP = 'check every rule of the page-walk contract on every kernel'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)
    add_config(command)


def run(arguments: argparse.Namespace) -> int:
    """Check; returns the exit status."""
    return contract.run(build_folder(), [kernel(name, arguments.config)
                                         for name in arguments.kernels or by_height()])
