# SPDX-License-Identifier: GPL-2.0
"""`umwalk run`: a command of the host inside a kernel."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile

from .. import process
from ..boots import guest
from ..boots.records import Boot, of_type, parse
from ..host import doctor
from ..kernels.series import kernel
from ..paths import build_folder
from .options import add_config, add_kernel, positive

NAME = 'run'
HELP = "run a command of the host inside a kernel, with the host's files read-only"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_kernel(command)
    add_config(command)
    command.add_argument('--timeout', type=positive, default=600,
                         help='the longest time, in seconds (%(default)s)')
    command.add_argument('argv', nargs='+', metavar='COMMAND', help='the command, after --')


def run(arguments: argparse.Namespace) -> int:
    """Run it; returns its exit status."""
    return boot(arguments, '--host', f'--timeout={arguments.timeout}', argv=arguments.argv)


def boot(arguments: argparse.Namespace, *options: str, argv: list[str]) -> int:
    """Boot with the runner's options; returns the exit status of the command in the guest."""
    appliance = guest.ensure(build_folder(), [kernel(arguments.kernel, arguments.config)])
    with tempfile.TemporaryFile('w+', encoding='utf-8') as records, \
            os.fdopen(os.dup(2), 'wb') as errors:  # the job's, which come straight from the runner
        command = appliance.command(f'--mem={appliance.memory_mib}', f'--stderr={errors.fileno()}',
                                    f'--records={records.fileno()}', *options, argv=argv)
        with process.start(command, stdin=None, stderr=subprocess.PIPE, **process.TEXT,
                           pass_fds=[errors.fileno(), records.fileno()]) as runner:
            _pass_signals_on(runner)
            said = runner.communicate()[1].strip()
        records.seek(0)
        boots = of_type(Boot, (parse(line, 'a record of the boot') for line in records))
    if said:
        print(guest.explain(appliance, said), file=sys.stderr)
    if guest.never_came_up(runner.returncode, boots):
        doctor.blame()
    return runner.returncode if runner.returncode >= 0 else 128 - runner.returncode


def _pass_signals_on(runner: subprocess.Popen) -> None:
    """Pass signals on to the runner, which ends the guest and itself."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(signum, lambda got, _: runner.send_signal(got))
