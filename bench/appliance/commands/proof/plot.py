# SPDX-License-Identifier: GPL-2.0
"""Plot the trials of `umwalk bench-proof`: every ratio with its interval, by condition."""

import math
from typing import Sequence

from ...render import plot
from ...render.plot import COLOURS, pyplot
from . import report

WIDTH, HEIGHT = 12, 4.2  # inches
LEAST_WIDTH = 28  # of a panel, in trials

# How a verdict is drawn. Shapes differ, too, for readers in black and white.
STYLES = {
    'same': {'color': COLOURS[0], 'marker': 'o', 'markersize': 3, 'markerfacecolor': 'white'},
    'undecided': {'color': COLOURS[2], 'marker': 'x', 'markersize': 4},
    'slower': {'color': COLOURS[1], 'marker': '^', 'markersize': 4},
    'faster': {'color': 'black', 'marker': 'v', 'markersize': 7},
}


def files(name: str, row: str, trials: list[dict],
          conditions: Sequence[report.Condition]) -> dict[str, bytes]:
    """Draw NAME.svg and NAME.png: a panel for each condition, its trials ordered by their ratio.

    Trials without one are left out, and there are no files if none has one.
    """
    panels = [(condition, of) for condition in conditions
              if (of := [t for t in report.named(trials, condition) if t['ratio']])]
    if not panels:  # no trial had the time to compare anything
        return {}
    figure, axes = pyplot.subplots(
        1, len(panels), squeeze=False, sharey=True, figsize=(WIDTH, HEIGHT),
        width_ratios=[max(len(of), LEAST_WIDTH) for _, of in panels])
    figure.subplots_adjust(left=0.06, right=0.99, top=0.74, bottom=0.13, wspace=0.06)
    for axis, (condition, of) in zip(axes[0], panels):
        _draw(axis, condition, of)
    axes[0][0].set_ylabel('slower than the other kernel by, %')
    figure.suptitle(f'{row}: trials in order of what they measured, with 95 % intervals; '
                    'dashed: median', x=0.06, ha='left')
    _legend(figure, {t['verdict'] for _, of in panels for t in of})
    return plot.files(figure, name)


def _draw(axis: pyplot.Axes, condition: report.Condition, trials: list[dict]) -> None:
    ordered = sorted(trials, key=lambda t: t['ratio']['value'])
    for verdict, style in STYLES.items():
        at = [i for i, t in enumerate(ordered, 1) if t['verdict'] == verdict]
        low, high, value = ([_percent(ordered[i - 1]['ratio'][end]) for i in at]
                            for end in ('low', 'high', 'value'))
        axis.plot(*_bars(at, low, high), linewidth=0.6, color=style['color'])
        axis.plot(at, value, linestyle='none', markeredgewidth=0.6, **style)
    axis.axhline(0, color='black', linewidth=0.6)
    if condition.cost:
        axis.axhline(100 * math.expm1(report.shift(trials)), color='black', linewidth=0.8,
                     linestyle='--')
    axis.set(xlim=(0, len(trials) + 1), xticks=[],
             xlabel=f'{report.seen(trials)} of {len(trials)}\nseen')
    axis.set_title(condition.name.replace(', ', ',\n').replace(' core', '\ncore'),
                   fontsize='medium')
    axis.grid(axis='y', alpha=0.3)


def _bars(at: list[int], low: list[float], high: list[float]) -> tuple[list, list]:
    """Draw vertical lines as one line with gaps, which takes a tenth of the bytes."""
    x = [value for i in at for value in (i, i, math.nan)]
    return x, [value for ends in zip(low, high) for value in (*ends, math.nan)]


def _percent(ratio: float) -> float:
    return 100 * (ratio - 1)


def _legend(figure: pyplot.Figure, verdicts: set[str]) -> None:
    shown = [verdict for verdict in STYLES if verdict in verdicts]
    handles = [pyplot.Line2D([], [], linewidth=0.6, label=verdict, **STYLES[verdict])
               for verdict in shown]
    figure.legend(handles=handles, loc='upper right', ncols=len(shown), fontsize='small',
                  bbox_to_anchor=(0.99, 0.99))
