# SPDX-License-Identifier: GPL-2.0
"""The command line of bench/umwalk."""

import argparse
import errno
import os
import signal
import sys
import traceback
from importlib import import_module
from types import ModuleType

from .failure import OF_UMRUN, SETUP, Failure, NoGuest
from .host.doctor import blame
from .kernels.version import LINUX
from .paths import results_folder

# Subcommands, by the names of their modules. Each module has a NAME, a HELP, add_arguments() and
# run(); STORES, if what it finds is kept in results/.
COMMANDS = {'bench': 'bench', 'fio': 'bench-fio', 'proof': 'bench-proof', 'boot': 'bench-boot'} | {
    module: module.replace('_', '-') for module in (
        'build', 'contract', 'count', 'coverage', 'dashboard', 'doctor', 'external', 'fuzz', 'golden',
        'history', 'mutants', 'nightly', 'patches', 'patches_build', 'profile', 'run', 'scale',
        'selftests', 'shell', 'stress', 'validate')}

OF_THE_DISK = errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS

_OF_UMRUN = '\n'.join(f'  {status}  {text}' for status, text in OF_UMRUN.items())
EXIT_STATUS = f"""
exit status:
  0    the command is done
  1    the command is done, and the answer is bad: a test or a boot failed
  2    something is missing or wrong before the first boot; the message says what
  3    `validate` alone: undecided
{_OF_UMRUN}
  130  interrupted
`run` and `shell` return the exit status of the command in the guest.

environment:
  LINUX_SRC  tarball or tree of Linux {LINUX.name} (default: Debian's {LINUX.package})
  BUILD      folder for all that is built (default: build/ in the clone)
  RESULTS    folder that runs land in (default: results/ in the clone)
"""


def main() -> int:
    """Parse, run the subcommand, and turn a Failure into one clear message."""
    try:
        arguments = _parser().parse_args()
        command = arguments.command
        if hasattr(command, 'STORES'):
            results_folder()  # fails now if the run cannot be stored
        return command.run(arguments)
    except Failure as failure:
        print(f'umwalk: {failure}', file=sys.stderr)
        if isinstance(failure, NoGuest):
            blame()
        return failure.status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # as in `umwalk contract | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 128 + signal.SIGPIPE
    except Exception as error:  # pylint: disable=broad-exception-caught
        _explain(error)
        return SETUP  # since FAILED is an answer


def _explain(error: Exception) -> None:
    """Show an exception that nobody turned into a Failure: the disk's fault, or umwalk's."""
    if isinstance(error, OSError) and error.errno in OF_THE_DISK:
        print(f'umwalk: {error}', file=sys.stderr)
    else:
        traceback.print_exception(error)
        print('umwalk: that is a fault of umwalk itself', file=sys.stderr)


def commands(asked: str = '') -> list[ModuleType]:
    """Import the subcommand that is asked for, which takes a third of the time, or else all."""
    found = [module for module, name in COMMANDS.items() if name == asked] or COMMANDS
    return [import_module(f'.commands.{module}', __package__) for module in found]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='umwalk', description='A/B tests of page-table walks in user-mode Linux.',
        epilog=EXIT_STATUS, formatter_class=argparse.RawDescriptionHelpFormatter)
    subparsers = parser.add_subparsers(required=True, metavar='SUBCOMMAND')
    for command in commands(*sys.argv[1:2]):
        added = subparsers.add_parser(
            command.NAME, help=command.HELP,
            description=command.HELP[0].upper() + command.HELP[1:] + '.', epilog=EXIT_STATUS,
            formatter_class=argparse.RawDescriptionHelpFormatter)
        added.set_defaults(command=command)
        command.add_arguments(added)
    return parser
