# SPDX-License-Identifier: GPL-2.0
"""`umwalk fuzz --diff`: random reads in which two kernels differ."""

from dataclasses import asdict
from pathlib import Path

from ...boots import guest
from ...failure import FAILED
from ...kernels import functions, series
from ...progress import step
from ...render import table
from ...runs.run import Run, boot_for_host
from . import generate
from .cases import layout
from .differences import NEW, Difference, Pair, favoured
from .replay import BATCH


def diff(build: Path, names: list[str], seconds: float, seed: int) -> int:
    """Look for differences of two kernels; returns the exit status."""
    appliance = guest.ensure(build, [series.kernel(name) for name in names])
    this = Run('fuzz', appliance)
    often = favoured(functions.changed(*appliance.kernels.values()))
    with guest.at_once() as pool:
        pair = Pair(build, [appliance.only(name) for name in names], pool)
        with step(f'{seconds:.0f} s of random cases on {" and ".join(names)}'):
            while pair.seconds < seconds:
                pair.look(generate.cases(seed, range(pair.tried, pair.tried + BATCH), often))
        for difference in _new(pair):
            with step(f'the smallest case in which {difference.way.what} differs'):
                pair.make_small(difference)
    this.end()
    folder = this.store(this.result(boot_for_host(appliance), {
        'seed': seed, 'favoured': list(often), 'diff': _stored(pair)}), _files(pair, seed))
    print(_text(pair), flush=True)
    print(f'\n{" and ".join(names)}, seed {seed}: {folder}')
    return FAILED if any(one.again for one in _new(pair)) else 0


def _new(pair: Pair) -> list[Difference]:
    return [one for one in pair.found.values() if one.way.kind == NEW]


def _stored(pair: Pair) -> dict:
    return {'kernels': pair.names, 'cases': pair.cases, 'compared': pair.compared,
            'seconds': round(pair.seconds, 1),
            'differences': [{**asdict(one.way), 'kind': one.way.kind, 'times': one.times,
                             'seconds': round(one.seconds, 1), 'said': one.said,
                             'again': one.again, 'case': asdict(one.case)}
                            for one in pair.found.values()]}


def _files(pair: Pair, seed: int) -> dict[str, str]:
    files = {}
    for number, one in enumerate(_new(pair), 1):
        said = [f'{name}: {said}'.splitlines()[0] for name, said in zip(pair.names, one.said)]
        about = [f'{" and ".join(pair.names)} differ here (umwalk fuzz --diff, seed {seed}):', *said,
                 *map(str, one.case.asks)]
        files[f'difference-{number}.layout'] = layout(one.case, about)
    return files


def _text(pair: Pair) -> str:
    rate = pair.compared / pair.seconds if pair.seconds else 0
    lines = [f'{pair.compared:,} reads of {pair.cases:,} address spaces compared, '
             f'{rate:,.0f} a second']
    if not pair.found:
        return f'{lines[0]}; they do not differ'
    rows = [['read', 'rule', 'broken by', 'times', 'first after', '', 'smallest case']]
    rows += [[one.way.what, one.way.rule or '-', '-' if one.way.by is None else pair.names[one.way.by],
              f'{one.times:,}', f'{one.seconds:.0f} s', one.way.kind, _smallest(one)]
             for one in pair.found.values()]
    lines += [line.rstrip() for line in table.aligned(rows, left=(0, 1, 2, 5, 6))]
    for one in _new(pair):
        if one.again:
            lines += [f'NEW {one.way.what}:',
                      *(f'  {name}: {said}' for name, said in zip(pair.names, one.said))]
    return '\n'.join(lines)


def _smallest(one: Difference) -> str:
    if one.way.kind != NEW:
        return ''
    return str(one.case) if one.again else 'not seen again'
