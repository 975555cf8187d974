# SPDX-License-Identifier: GPL-2.0
"""`umwalk count`: how many instructions each walk retires, and where kernels differ."""

from dataclasses import dataclass
from pathlib import Path

from ...boots import guest
from ...boots.counting import Boot, counts, observe_one, side_by_side
from ...boots.records import Insns, Record
from ...boots.walks import Row, arguments
from ...failure import FAILED
from ...kernels import series
from ...kernels.build import Built, read_sources
from ...logs import symbols
from ...progress import step
from ...runs.run import Run
from . import callgrind, report

KERNELS = ('baseline', 'patched', 'fixed', 'stock')


@dataclass(frozen=True)
class Plan:
    """What to count, and how often."""
    kernels: list[str]
    rows: tuple[Row, ...]
    boots: int

    def jobs(self) -> list[list[str]]:
        """Return the commands in the guest.

        Each layout has a boot of its own: smaps reads the whole process, and the program's
        own pages depend on what it did before.
        """
        return [['/bin/walks', 'count', of_layout] for of_layout in arguments(self.rows)]


def run(build: Path, plan: Plan) -> int:
    """Count, print the tables, store; returns the exit status."""
    appliance = guest.ensure(build, [series.kernel(name) for name in plan.kernels])
    this = Run('count', appliance)
    records, seen = observe(appliance, plan)
    this.end()
    unequal = differing(seen)
    first = {name: of_kernel[0] for name, of_kernel in seen.items()}
    with step('source lines'):
        attributed = {name: attribute(build, appliance.kernels[name], boot)
                      for name, boot in first.items()}
    result = this.result(records, {'boots': plan.boots, 'unequal': unequal, 'rows': _rows(first),
                                   'differences': report.differences(attributed)})
    this.store(result, _files(result, first, attributed, this.folder), records)
    print(report.terminal(result))
    print(f'\n{this.folder}')
    return FAILED if unequal else 0


def observe(appliance: guest.Appliance, plan: Plan) -> tuple[list[Record], dict[str, list[Boot]]]:
    """Boot on all CPUs at once; return the records, and counts by kernel and boot.

    Only the counts have the instructions of each address, which are many.
    """
    wanted = [(i, name, job) for i in range(plan.boots)
              for job in plan.jobs() for name in plan.kernels]
    kept: list[Record] = []
    seen: dict[str, list[Boot]] = {name: [{} for _ in range(plan.boots)] for name in plan.kernels}
    with step(f'{len(wanted)} boots of {", ".join(plan.kernels)}') as shown:
        observed = side_by_side(
            lambda one: observe_one(appliance.only(one[1]), one[2], number=one[0]), wanted)
        for done, ((i, name, _), records) in enumerate(zip(wanted, observed), 1):
            for key, count in counts(records).items():
                first = seen[name][0].get(key)
                seen[name][i][key] = first if first == count else count  # kept once
            kept += [r for r in records if not isinstance(r, Insns)]
            shown.update(f'{done} of {len(wanted)}')
    return kept, seen


def differing(boots: dict[str, list[Boot]]) -> list[str]:
    """Return a line for each count that differs at some address between boots."""
    found = []
    for name, of_kernel in boots.items():
        for (layout, walk), count in of_kernel[0].items():
            others = [i for i, boot in enumerate(of_kernel) if boot[layout, walk] != count]
            if others:
                totals = sorted({boot[layout, walk].instructions for boot in of_kernel})
                found.append(f'{name}: {layout}, {walk}: {len(others)} of {len(of_kernel)} boots '
                             f'differ from the first; totals {totals[0]:,} to {totals[-1]:,}')
    return found


def attribute(build: Path, built: Built, boot: Boot) -> report.Attributed:
    """Where the instructions of a boot come from, with the source files of that kernel."""
    places = symbols.places(built, {address for count in boot.values() for address in count.at})
    texts = read_sources(build, built, {place.file for place in places.values()})
    return report.Attributed({key: count.at for key, count in boot.items()}, places, texts)


def _rows(first: dict[str, Boot]) -> list[dict]:
    rows = []
    for (layout, walk), count in next(iter(first.values())).items():
        row = {'layout': layout, 'walk': walk, 'pages': count.pages, 'vmas': count.vmas}
        for name, boot in first.items():
            one = boot[layout, walk]
            row[name] = {'instructions': one.instructions, 'per_page': one.instructions / one.pages,
                         'per_vma': one.instructions / one.vmas, 'elsewhere': one.elsewhere,
                         'return': one.returned}
        rows.append(row)
    return rows


def _files(result: dict, first: dict[str, Boot],
           attributed: dict[str, report.Attributed], folder: Path) -> dict[str, str]:
    """Return the files of the results folder; sources come first, or profiles would look stale."""
    homes = {name: _homes(name, attributed) for name in attributed}
    files = {homes[name][file]: text for name, of_kernel in attributed.items()
             for file, text in of_kernel.texts.items()}
    for name, boot in first.items():
        sources_of = {file: folder / home for file, home in homes[name].items()}
        for (layout, walk), count in boot.items():
            files[f'{name}-{layout}-{walk}.callgrind'] = callgrind.text(
                count.at, attributed[name].places, sources_of, f'{name}: {layout}, {walk}')
    files['report.md'] = report.markdown(result)
    return files


def _homes(name: str, attributed: dict[str, report.Attributed]) -> dict[str, str]:
    """Say where each source file goes: to one place if all kernels have the same."""
    return {file: ('sources/common/' if all(other.texts.get(file, text) == text
                                            for other in attributed.values())
                   else f'sources/{name}/') + file
            for file, text in attributed[name].texts.items()}
