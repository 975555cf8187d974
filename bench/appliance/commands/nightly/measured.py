# SPDX-License-Identifier: GPL-2.0
"""What a night measures, each kernel against the reference, which takes turns with it."""

from dataclasses import replace

from ..bench.session import Plan
from ..fio import living, session, truth
from ..scale import scale
from ...kernels.version import LINUX
from ...numbers import fit
from ...runs.night import Point, Series, State
from . import exports, lines
from .observe import Found, Subject, of_boot, series


def times(subject: Subject, found: Found) -> None:
    """Time each walk of the layouts, and count its instructions."""
    for name, built in subject.kernels.items():
        rows = subject.against(subject.reference, built)['rows']
        found.samples += exports.samples(name, rows)
        for row in rows:
            found.points[series(name, row)] = replace(
                _point(row['ratio'], row[name]['ns']), count=row[name]['instructions'])
    found.files |= lines.files(subject.build, replace(subject.appliance, kernels=subject.kernels),
                               subject.plan.rows, subject.last)


def costs(subject: Subject, found: Found) -> None:
    """Measure what one VMA, page, hole, table or huge page more costs a walk."""
    reference = subject.reference.kernel.name
    for name, built in subject.kernels.items():
        records = scale.boot(subject.pair(built), scale.QUICK, scale.SERIES)
        fits = {(row['kernel'], row['series'], row['walk']): row
                for row in scale.fits(records, scale.SERIES)}
        for (kernel, grows, walk), row in fits.items():
            if kernel == name and walk != scale.FLOOR and row['verdict'] != 'flat':
                found.points[Series(LINUX.name, name, f'scale-{grows}', walk)] = _cost(
                    fits[reference, grows, walk], row)


def _cost(before: dict, after: dict) -> Point:
    slopes = [fit.slopes(row['n'], row['boots']) for row in (before, after)]
    if any(slope <= 0 for boots in slopes for slope in boots):  # too noisy to have a ratio
        return Point(ns=after['each']['value'])
    return _point(vars(fit.ratio(*slopes)), after['each']['value'])


def living_targets(subject: Subject, found: Found) -> None:
    """Check walks of fio while it runs, and time them."""
    for one in truth.observe(replace(subject.appliance, kernels=subject.kernels)):
        found.states += [State(one.kernel, 'fio', f'{check.layout} {check.check}',
                               'pass' if check.ok else 'fail', detail=check.detail)
                         for check in one.checks]
        found.states += of_boot(one.kernel, 'fio', one.seen.died, one.seen.splats)
    for name, built in subject.kernels.items():
        timed, _ = living.take_times(subject.build, subject.pair(built), Plan(
            subject.plan.budget / 2, living.WITHIN, session.rows()))
        for row in living.found_in(timed)['rows']:
            found.points[Series(LINUX.name, name, f'fio-{row["job"]}', row['walk'])] = _point(
                row['ratio'], row.get(name, {'ns': {}})['ns'].get('50'))


def _point(ratio: dict | None, ns: float | None) -> Point:
    ratio = ratio or {}
    return Point(ratio.get('value'), ratio.get('low'), ratio.get('high'), ns)
