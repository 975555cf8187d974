# SPDX-License-Identifier: GPL-2.0
"""`umwalk contract`: which rules of the page-walk contract each kernel keeps."""

import argparse

from ...boots import walks
from ...kernels.series import kernel
from ...paths import build_folder
from ..options import add_config, add_kernels, add_layouts, by_height
from . import contract

NAME = 'contract'
HELP = 'check every rule of the page-walk contract on every kernel'
STORES = True


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernels(command)
    add_config(command)
    add_layouts(command, 'check only what a layout can be checked for: W1 to W11, U1, U2 and U5; a '
                         'layout, or a file of one (docs/layouts.md); may be repeated')


def run(arguments: argparse.Namespace) -> int:
    """Check; returns the exit status."""
    kernels = [kernel(name, arguments.config) for name in arguments.kernels or by_height()]
    layouts = walks.known(build_folder(), arguments.layouts).layouts if arguments.layouts else ()
    return contract.run(build_folder(), kernels, layouts)
