# SPDX-License-Identifier: GPL-2.0
"""Plot the results of scale: a figure for each series, as SVG and, for mail, as PNG."""

import numpy

from ...render import plot
from ...render.plot import COLOURS, pyplot

PANEL = 4.4  # inches of width for a walk


def files(result: dict) -> dict[str, bytes]:
    """Map file names to contents."""
    plots: dict[str, bytes] = {}
    for measured in dict.fromkeys(r['measure'] for r in result['fits']):
        for series in dict.fromkeys(r['series'] for r in result['fits']):
            rows = [r for r in result['fits']
                    if (r['series'], r['measure']) == (series, measured)]
            name = series if measured == 'ns' else f'{series}-{measured}'
            plots |= _figure(name, rows, list(result['kernels']))
    return plots


def _figure(name: str, rows: list[dict], kernels: list[str]) -> dict[str, bytes]:
    """Draw a walk's cost against N with its line, and below how far points are from it."""
    walks = [w for w in dict.fromkeys(r['walk'] for r in rows) if w != 'floor']
    width = PANEL * len(walks)
    figure, axes = pyplot.subplots(2, len(walks), squeeze=False, sharex=True,
                                   figsize=(width, 5.6), height_ratios=(3, 1))
    figure.subplots_adjust(left=0.8 / width, right=1 - 0.1 / width, wspace=0.8 / PANEL * 1.2,
                           top=0.88, bottom=0.09, hspace=0.06)
    for (above, below), walk in zip(axes.T, walks):
        for row in rows:
            if row['walk'] == walk:
                _draw(above, below, row, COLOURS[kernels.index(row['kernel']) % len(COLOURS)])
        _draw_floor(above, rows)
        _label(above, below, walk, rows[0])
    axes[0, -1].legend(fontsize='small')
    figure.suptitle(f"{name}: cost of a walk, and how far it is from a straight line")
    return plot.files(figure, name)


def _draw(above: pyplot.Axes, below: pyplot.Axes, row: dict, colour: str) -> None:
    n, boots = numpy.array(row['n']), numpy.array(row['boots'])
    means = boots.mean(axis=0)
    fixed, each = row['fixed']['value'], row['each']['value']
    ahead = numpy.geomspace(n[0], n[-1], 100)
    spread = numpy.abs(numpy.array([boots.min(axis=0), boots.max(axis=0)]) - means)
    above.errorbar(n, means, yerr=spread, fmt='o', markersize=3, color=colour, label=row['kernel'])
    above.plot(ahead, fixed + each * ahead, linewidth=0.8, color=colour)
    below.plot(n, 100 * (means / (fixed + each * n) - 1), 'o-', markersize=3, linewidth=0.8,
               color=colour)


def _draw_floor(above: pyplot.Axes, rows: list[dict]) -> None:
    floor = [r for r in rows if r['walk'] == 'floor']
    if floor:
        means = numpy.mean([numpy.mean(r['boots'], axis=0) for r in floor], axis=0)
        above.plot(floor[0]['n'], means, 'k--', linewidth=1, label='floor')


def _label(above: pyplot.Axes, below: pyplot.Axes, walk: str, row: dict) -> None:
    above.set(title=walk, xscale='log', yscale='log', ylabel=f"{row['measure']} for a walk")
    below.set(xlabel=f"N ({row['item']})", ylabel='off the line, %')
    below.axhline(0, color='grey', linewidth=0.6)
    for axis in (above, below):
        axis.grid(alpha=0.3)
        axis.minorticks_off()  # they would take most of the time
