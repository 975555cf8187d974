# SPDX-License-Identifier: GPL-2.0
"""`umwalk profile`: where in a kernel the time of a walk goes, and where two kernels differ."""

import bisect
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

from ...boots import guest, walks
from ...boots.records import Boot as BootRecord, Loop, Record, of_type
from ...failure import FAILED, Failure
from ...host import perf
from ...kernels import series
from ...progress import step
from ...render import table
from ...runs.run import Run
from . import flame, stacks
from .stacks import Boot, Cost, Difference, Profile

BOOTS = 8
BOOT_SECONDS = 600  # ends a boot that hangs, not counting the walks
# A guest does nothing for twice as long before and after its walks, so the error of its
# clock (workloads/measure/loop.c) neither adds nor loses samples.
QUIET_NS = 50_000_000
SHOWN = 0.001  # of a walk: functions below are not in the table


def run(build: Path, kernels: list[str], row: walks.Row, seconds: int) -> int:
    """Profile one kernel, or compare the second with the first; returns the exit status."""
    events = perf.choose()
    appliance = guest.ensure(build, [series.kernel(name) for name in dict.fromkeys(kernels)])
    labels = dict(zip(_labels(kernels), kernels))
    appliance = replace(appliance, kernels={label: appliance.kernels[name]
                                            for label, name in labels.items()})
    this = Run('profile', appliance)
    with tempfile.TemporaryFile(dir=build) as recording:
        records = _boot(appliance, events, recording, row, seconds)
        profiles = _profiles(appliance, events[0], recording, records)
    this.end()
    result = this.result(records, {'layout': row[0], 'walk': row[1], **_numbers(events, profiles)})
    text = _text(result, events, profiles)
    folder = this.store(result, {
        'profile.txt': text + '\n', **_graphs(result, profiles),
        **{f'{profile.kernel}.folded': stacks.folded(profile.stacks()) for profile in profiles}},
        records)
    print(text)
    for name in ('profile.txt', 'flame.svg', *(['diff.svg'] if len(profiles) > 1 else [])):
        print(folder / name)
    return 0


def _labels(kernels: list[str]) -> list[str]:
    """Give a kernel that is compared with itself a second name."""
    return [*kernels[:1], *(f'{name}-again' if name in kernels[:1] else name
                            for name in kernels[1:])]


def _boot(appliance: guest.Appliance, events: list[perf.Event], recording: IO,
          row: walks.Row, seconds: int) -> list[Record]:
    """Boot all kernels in turns under perf; returns the records."""
    argv = ['/bin/walks', 'loop', *walks.arguments([row]), str(max(1, 1000 * seconds // BOOTS))]
    total = BOOTS * len(appliance.kernels)
    records: list[Record] = []
    done = 0
    with step(f"{total} boots of {' and '.join(appliance.kernels)} under perf") as shown:
        for record in guest.records(
                appliance, f'--boots={BOOTS}', f'--mem={appliance.memory_mib}',
                f'--timeout={BOOT_SECONDS + seconds}', argv=argv,
                under=perf.command(events), stdout=recording):
            records.append(record)
            done += isinstance(record, BootRecord)
            shown.update(f'{done} of {total}')
    if done != total:
        raise Failure(f'{done} of {total} boots ended', FAILED)
    return records


def _profiles(appliance: guest.Appliance, event: perf.Event, recording: IO,
              records: list[Record]) -> list[Profile]:
    """Collect the samples of each kernel while it walked."""
    loops = of_type(Loop, records)  # in time order, never two at once
    begins = [loop.begin_ns - QUIET_NS for loop in loops]
    boots = [Boot(loop.walks, loop.end_ns - loop.begin_ns) for loop in loops]
    for sample in perf.samples(recording, [one.program for one in appliance.kernels.values()]):
        i = bisect.bisect_right(begins, sample.time) - 1
        if i < 0 or sample.time > loops[i].end_ns + QUIET_NS:
            continue
        if sample.program is None:
            boots[i].elsewhere += sample.event == event.name
        elif sample.event != event.name:
            boots[i].counts[sample.event] += 1
        else:
            boots[i].stacks[tuple(reversed(sample.chain))] += 1
    for loop, boot in zip(loops, boots):
        if not boot.stacks:
            raise Failure(f"{loop.kernel}, boot {loop.boot}: perf took no sample while it "
                          'walked; is the host too busy? Try more --seconds', FAILED)
    return [Profile(kernel, event.period, [boot for loop, boot in zip(loops, boots)
                                           if loop.kernel == kernel])
            for kernel in appliance.kernels]


def _numbers(events: list[perf.Event], profiles: list[Profile]) -> dict:
    """Return the measured part of result.json; docs/formats.md describes every field."""
    found: dict = {'event': asdict(events[0]), 'confidence': stacks.CONFIDENCE, 'profiles': {}}
    for profile in profiles:
        functions = profile.functions(1)
        found['profiles'][profile.kernel] = {
            'boots': len(profile.boots), 'walks': profile.walks, 'samples': profile.samples,
            'elsewhere': sum(boot.elsewhere for boot in profile.boots),
            'resolved': stacks.resolved(profile.stacks()), 'wall_ns': profile.wall_ns(),
            'total': asdict(profile.total()),
            'counted': {e.name: asdict(profile.counted(e)) for e in events[1:]},
            'functions': {name: asdict(functions[name]) for name in _by_cost(functions)}}
    if len(profiles) > 1:
        found['differences'] = [
            {'function': row.name, 'value': row.value, 'error': row.error, 'seen': row.seen}
            for row in stacks.differences(*profiles)]
    return found


def _by_cost(functions: dict[str, Cost]) -> list[str]:
    return sorted(functions, key=lambda name: (-functions[name].samples, name))


def _graphs(result: dict, profiles: list[Profile]) -> dict[str, str]:
    """Draw the flame graph of the last kernel, and the differential one of a pair."""
    unit = result['event']['unit']
    last = profiles[-1]
    title = f"{last.kernel}: {result['walk']} over {result['layout']}, {unit} a walk"
    graphs = {'flame.svg': flame.graph(title, unit, last)}
    if len(profiles) > 1:
        graphs['diff.svg'] = flame.difference(
            f'{title}, red: more than {profiles[0].kernel}, blue: less', unit, *profiles)
    return graphs


def _text(result: dict, events: list[perf.Event], profiles: list[Profile]) -> str:
    """Return the text of profile.txt, fit for mail."""
    parts = [_about(result, events)]
    parts += [_table(profile, result['event']['unit'], events) for profile in profiles]
    if len(profiles) > 1:
        parts.append(_difference_table(profiles, result['event']['unit']))
    return '\n\n'.join(parts)


def _about(result: dict, events: list[perf.Event]) -> str:
    sampled = ('user-space cycles of the PMU' if events[0] == perf.CYCLES else
               'cpu-clock, since this host gives perf no PMU')
    return (f"{result['walk']} over {result['layout']}, Linux {result['source']}, {BOOTS} boots "
            f"of each kernel in turns, {result['host']['cpu']}, {result['started']}\n"
            f"Sampled by {sampled}, a sample every {events[0].period:,} {events[0].unit} of user "
            f'space.\n+- holds in {stacks.CONFIDENCE:.0%} of runs. It is the counting error (Poisson) '
            'or the spread of the boots,\nwhichever is larger.')


def _table(profile: Profile, unit: str, events: list[perf.Event]) -> str:
    functions = profile.functions(1)
    total = profile.total()
    names = [name for name in _by_cost(functions)
             if functions[name].samples >= SHOWN * total.samples]
    rows = [[f'{functions[name].samples / total.samples:.1%}', _number(functions[name].value),
             _number(functions[name].error), name] for name in names]
    lines = [f'{profile.kernel}: {_number(total.value)} +- {_number(total.error)} {unit} a walk '
             f'in the kernel, {_number(profile.wall_ns())} ns of wall-clock time;',
             f'{total.samples:,} samples of {profile.walks:,} walks, '
             f'{stacks.resolved(profile.stacks()):.1%} with a symbol; '
             f'{sum(boot.elsewhere for boot in profile.boots):,} more in other processes']
    lines += [f'{_number(cost.value)} +- {_number(cost.error)} {event.unit} a walk'
              for event in events[1:] for cost in [profile.counted(event)]]
    lines += ['', *table.aligned([['share', f'{unit}/walk', '+-', 'function'], *rows], (3,))]
    if len(functions) > len(names):
        lines.append(f'and {len(functions) - len(names)} functions with less')
    return '\n'.join(lines)


def _difference_table(profiles: list[Profile], unit: str) -> str:
    first, second = profiles
    whole = Difference('all', first.total(), second.total())
    rows = [_difference_row(row) for row in [whole, *stacks.differences(first, second)]]
    headers = ['difference', '+-', first.kernel, second.kernel, '', 'function']
    return '\n'.join([
        f'{second.kernel} - {first.kernel}, {unit} a walk. * marks a difference larger than '
        'its error, which holds for all functions at once:', '', *table.aligned([headers, *rows], (5,)),
        f'Functions with less than {stacks.SMALL:.1%} of either walk are left out.'])


def _difference_row(row: Difference) -> list[str]:
    sign = '+' if row.value > 0 else '-' if row.value < 0 else ''
    return [sign + _number(abs(row.value)), _number(row.error), _number(row.first.value),
            _number(row.second.value), '*' if row.seen else '', row.name]


def _number(value: float) -> str:
    """Format a number with three significant digits."""
    return f'{value:,.0f}' if value >= 100 else f'{value:.3g}'
