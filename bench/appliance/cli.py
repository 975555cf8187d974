# SPDX-License-Identifier: GPL-2.0
"""The command line of bench/umwalk."""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from . import count, doctor, golden, guest, kconfig, kernel, series
from .failure import SETUP, Failure, NoGuest
from .paths import TOP, build_folder, results_folder

EXIT_STATUS = """
exit status:
  0    done
  1    done, and the answer is bad (a failed test, a boot that failed)
  2    something is missing or wrong before the first boot; the message says what
  122  the guest could not be started
  123  the kernel panicked or died
  124  the time limit ended a boot
  130  interrupted
`run` and `shell` return the exit status of the command in the guest.

environment:
  LINUX_SRC  tarball or tree of Linux 6.12 (default: Debian's linux-source-6.12)
  BUILD      folder for all that is built (default: build/ in the clone)
  RESULTS    folder that runs land in (default: results/ in the clone)
"""


def main() -> int:
    """Parse, run the subcommand, and turn a Failure into one clear message."""
    arguments = _parser().parse_args()
    try:
        if arguments.run is not _doctor and not _all_is_there():
            return SETUP  # it has said why
        if arguments.run in STORING:
            results_folder()  # that a run cannot be stored is said before it
        return arguments.run(arguments)
    except Failure as failure:
        print(f'umwalk: {failure}', file=sys.stderr)
        if isinstance(failure, NoGuest):
            _blame_host()
        return failure.status
    except KeyboardInterrupt:
        return 130


def _all_is_there() -> bool:
    return subprocess.run([TOP / 'bench' / 'deps.sh'], check=False).returncode == 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='umwalk', description='A/B tests of page-table walks in user-mode Linux.',
        epilog=EXIT_STATUS, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar='SUBCOMMAND')

    def add(name: str, run, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + '.', epilog=EXIT_STATUS,
            formatter_class=argparse.RawDescriptionHelpFormatter)
        command.set_defaults(run=run)
        return command

    command = add('bench', _bench, 'compare two kernels: time and truth of every walk')
    command.add_argument('kernels', nargs='*', metavar='KERNEL', default=['baseline', 'patched'],
                         help='which against which (baseline patched)')
    command.add_argument('--profile', choices=('quick', 'full'), default='quick',
                         help='quick: 55 s at most, a row is the same within 1 %%; full: 600 s, '
                              '0.5 %% (%(default)s)')
    command.add_argument('--budget', type=_count, metavar='SECONDS', help='another budget')
    command.add_argument('--within', type=float, metavar='PERCENT',
                         help='what "same" allows for')
    command.add_argument('--rows', nargs='+', default=[], metavar='LAYOUT[:WALK,...]',
                         help='only these (all)')
    command.add_argument('--placements', type=_count, metavar='N',
                         help='random orders of the functions of each kernel, one a boot; '
                              '1: as built (16)')
    command.add_argument('--time-all', action='store_true',
                         help='time what is the same code, too')

    command = add('bench-proof', _bench_proof,
                  'how small a change bench sees, and how often one that is not there; takes '
                  'long, goes on where it was stopped')
    command.add_argument('--row', default='dense:pte_entry', metavar='LAYOUT:WALK',
                         help='what to walk (%(default)s)')
    command.add_argument('--null', action='store_true',
                         help='only how often patches that change nothing are told apart, '
                              'over all rows; half an hour')

    command = add('bench-boot', _bench_boot,
                  'time boot, a trivial job and halt, and what system calls, faults, signals cost')
    _kernel_option(command)
    _config_option(command)
    command.add_argument('--boots', type=_count, default=50, help='how often (%(default)s)')

    command = add('build', _build, 'build kernels')
    _config_option(command)
    command.add_argument('kernels', nargs='*', metavar='KERNEL', help='which (all)')

    command = add('contract', _contract, 'check every rule of the page-walk contract on every kernel')
    command.add_argument('--kernel', action='append', dest='kernels', choices=series.kernels(),
                         metavar='KERNEL', help='which, may be repeated (all)')
    _config_option(command)

    command = add('count', _count_instructions,
                  'count the instructions of every walk; which lines make kernels differ')
    command.add_argument('--kernel', action='append', dest='kernels', choices=series.kernels(),
                         metavar='KERNEL', help='each is compared with the one before it, may be '
                                                'repeated (baseline, patched, fixed, stock)')
    command.add_argument('--layout', action='append', default=[], dest='layouts',
                         metavar='LAYOUT', help='which, may be repeated (all)')
    command.add_argument('--walk', choices=guest.WALKS, help='which (all)')
    command.add_argument('--boots', type=_count, default=2,
                         help='boots of each kernel, which must all count the same (%(default)s)')

    add('doctor', _doctor, 'try whether this machine can build and boot; say what mends it')

    command = add('golden', _golden, 'replay recorded walks, compare every call of a callback')
    command.add_argument('--cases', type=Path, default=golden.CASES, metavar='FILE',
                         help='recorded walks (tests/golden/walks.jsonl)')
    command.add_argument('--kernel', action='append', default=[], metavar='KERNEL',
                         help='only this one (all that the file has traces of); repeat for more')

    command = add('mutants', _mutants, 'judge wrong changes of the walker: which check kills each')
    command.add_argument('--patches', type=Path, metavar='FOLDER',
                         help='patches onto stock, one a mutant (those of umwalk)')
    command.add_argument('--only', action='append', metavar='NAME', help='this one (all)')
    command.add_argument('--config', choices=kconfig.CONFIGURATIONS,
                         help='judge in kernels of this configuration (release, and who '
                              'survives it in debug)')

    command = add('profile', _profile,
                  'where the time of one walk goes: perf, flame graph, difference of two kernels')
    _kernel_option(command)
    command.add_argument('--against', choices=series.kernels(), metavar='KERNEL',
                         help='compare with this one; the same again is a control')
    command.add_argument('--layout', choices=guest.LAYOUTS, default='dense', metavar='LAYOUT',
                         help=f'one of {", ".join(guest.LAYOUTS)} (%(default)s)')
    command.add_argument('--walk', choices=guest.WALKS, default='pte_entry', metavar='WALK',
                         help=f'one of {", ".join(guest.WALKS)} (%(default)s)')
    command.add_argument('--seconds', type=_count, default=10,
                         help='of walks in each kernel, in all boots together (%(default)s)')

    command = add('run', _run, "run a command of the host inside a kernel, the host's files read-only")
    _kernel_option(command)
    _config_option(command)
    command.add_argument('--timeout', type=_count, default=600, help='seconds (%(default)s)')
    command.add_argument('argv', nargs='+', metavar='COMMAND', help='after --')

    command = add('shell', _shell, "a prompt inside a kernel, the host's files read-only")
    _kernel_option(command)
    _config_option(command)

    command = add('scale', _scale, 'what a walk costs against VMAs, pages, holes, tables, huge pages')
    command.add_argument('--kernel', action='append', dest='kernels', choices=series.kernels(),
                         metavar='KERNEL', help='which, may be repeated (all)')
    command.add_argument('--quick', action='store_true',
                         help='fewer boots and points, up to 10,000 of each thing, no instructions: '
                              'under 40 s')

    command = add('selftests', _selftests, "the kernel tree's own hugetlb selftests, in the guest")
    _kernel_option(command)
    return parser


def _kernel_option(command: argparse.ArgumentParser) -> None:
    command.add_argument('--kernel', default='stock', metavar='KERNEL',
                         help=f'one of {", ".join(series.kernels())} (stock)')


def _config_option(command: argparse.ArgumentParser) -> None:
    command.add_argument('--config', default='release', choices=kconfig.CONFIGURATIONS,
                         help='configuration of the kernel (%(default)s)')


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'must be 1 or more, not {number}')
    return number


def _bench(arguments: argparse.Namespace) -> int:
    # pylint: disable-next=import-outside-toplevel # scipy is slow to load
    from . import compare, paired
    from .verdict import LEAST_DRAWS  # pylint: disable=import-outside-toplevel
    if len(set(arguments.kernels)) != 2 or len(arguments.kernels) != 2:
        raise Failure('bench compares two kernels: name both, or none for baseline and patched; '
                      'each run has the first one against itself as its control')
    placements = arguments.placements or compare.PLACEMENTS
    if 1 < placements < LEAST_DRAWS:
        raise Failure(f'--placements {placements}: 1, or {LEAST_DRAWS} and more, '
                      'for an interval over placements')
    plan = paired.PROFILES[arguments.profile]
    plan = replace(plan, budget=arguments.budget or plan.budget, rows=tuple(arguments.rows),
                   time_all=arguments.time_all,
                   within=arguments.within / 100 if arguments.within else plan.within)
    return compare.run(build_folder(), tuple(arguments.kernels), plan, placements)


def _bench_boot(arguments: argparse.Namespace) -> int:
    from . import boot  # pylint: disable=import-outside-toplevel # numpy is slow to load
    return boot.run(build_folder(), arguments.kernel, arguments.boots, arguments.config)


def _bench_proof(arguments: argparse.Namespace) -> int:
    # pylint: disable-next=import-outside-toplevel # scipy is slow to load
    from . import proof, proof_null
    status = 0 if arguments.null else proof.run(build_folder(), arguments.row)
    return status or proof_null.run(build_folder())


def _build(arguments: argparse.Namespace) -> int:
    kernel.ensure(build_folder(), arguments.kernels or series.kernels(), arguments.config)
    return 0


def _contract(arguments: argparse.Namespace) -> int:
    from . import contract  # pylint: disable=import-outside-toplevel
    return contract.run(build_folder(), arguments.kernels or _by_height(), arguments.config)


def _by_height() -> list[str]:
    return sorted(series.kernels(), key=lambda name: len(series.stack(name).series))


def _count_instructions(arguments: argparse.Namespace) -> int:
    names = list(dict.fromkeys(arguments.kernels or count.KERNELS))
    return count.run(build_folder(), names, arguments.layouts, arguments.walk, arguments.boots)


def _doctor(_: argparse.Namespace) -> int:
    return doctor.run()


def _blame_host() -> None:
    faults = doctor.faults()
    print('\n'.join(['umwalk: doctor finds, on this machine:', *doctor.table(faults)]) if faults else
          'umwalk: doctor finds nothing on this machine that would keep a guest from booting',
          file=sys.stderr)


def _golden(arguments: argparse.Namespace) -> int:
    return golden.run(build_folder(), arguments.cases, arguments.kernel)


def _mutants(arguments: argparse.Namespace) -> int:
    from . import mutants  # pylint: disable=import-outside-toplevel
    return mutants.run(build_folder(), arguments.patches or mutants.FOLDER, arguments.only,
                       arguments.config)


def _profile(arguments: argparse.Namespace) -> int:
    from . import profile  # pylint: disable=import-outside-toplevel # scipy is slow to load
    kernels = [arguments.kernel] if arguments.against is None else [arguments.against,
                                                                   arguments.kernel]
    return profile.run(build_folder(), kernels, arguments.layout, arguments.walk,
                       arguments.seconds)


def _run(arguments: argparse.Namespace) -> int:
    return _boot(arguments, '--host', f'--timeout={arguments.timeout}',
                          argv=arguments.argv)


def _shell(arguments: argparse.Namespace) -> int:
    return _boot(arguments, '--shell', argv=['bash', '-i'])


def _boot(arguments: argparse.Namespace, *options: str, argv: list[str]) -> int:
    appliance = guest.ensure(build_folder(), [arguments.kernel], arguments.config)
    explained = arguments.config != 'release' and '--shell' not in options
    with tempfile.TemporaryFile('w+', encoding='utf-8') as records:
        command = appliance.command(f'--mem={appliance.memory_mib}',
                                    f'--records={records.fileno()}', *options, argv=argv)
        with subprocess.Popen(command, stderr=subprocess.PIPE if explained else None,
                              pass_fds=[records.fileno()]) as runner:
            _pass_signals_on(runner)
            if explained:
                _explain(appliance, runner)
        records.seek(0)
        boots = [record for line in records if (record := json.loads(line)).get('type') == 'boot']
    if guest.never_came_up(runner.returncode, boots):
        _blame_host()
    return runner.returncode if runner.returncode >= 0 else 128 - runner.returncode


def _pass_signals_on(runner: subprocess.Popen) -> None:
    """The runner ends the guest, and so us."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(signum, lambda got, _: runner.send_signal(got))


def _explain(appliance: guest.Appliance, runner: subprocess.Popen) -> None:
    """Pass standard error on, but what the runner says at the end with file and line."""
    said = b''
    for line in runner.stderr:
        if said or line.startswith(b'umrun: '):
            said += line
        else:
            sys.stderr.buffer.write(line)
            sys.stderr.flush()
    if said:
        print(guest.explain(appliance, said.decode(errors='replace').strip()), file=sys.stderr)


def _scale(arguments: argparse.Namespace) -> int:
    from . import scale  # pylint: disable=import-outside-toplevel # matplotlib is slow to load
    return scale.run(build_folder(), arguments.kernels or _by_height(),
                     scale.QUICK if arguments.quick else scale.FULL)


def _selftests(arguments: argparse.Namespace) -> int:
    from . import selftests  # pylint: disable=import-outside-toplevel
    return selftests.run(build_folder(), arguments.kernel)


STORING = (_bench, _bench_proof, _contract, _count_instructions, _profile, _scale)
