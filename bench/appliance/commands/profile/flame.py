# SPDX-License-Identifier: GPL-2.0
"""Flame graphs: one SVG file, no network, zoom and search in a browser.

They look like Brendan Gregg's: call chains grow from the bottom up, and a frame is as
wide as what it costs with all that it calls. A difference has the widths of the second
profile. Its colour says how much more or less a function costs by itself than in the
first; white is less than the error of counting.
"""

import math
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator
from xml.sax.saxutils import escape

from .stacks import Profile, Stack

WIDTH, ROW, TOP, BOTTOM, MARGIN = 1200, 17, 44, 26, 10
NARROWEST = 0.2  # narrower frames are not drawn
LETTER = 7.0  # width of one, about
SCRIPT = Path(__file__).with_name('flame.js')


@dataclass
class Frame:
    """A function, called by those below it, and its costs of a walk in [first, second] profile."""
    name: str
    whole: list[float] = field(default_factory=lambda: [0.0, 0.0])
    self: list[float] = field(default_factory=lambda: [0.0, 0.0])
    calls: dict[str, 'Frame'] = field(default_factory=dict)

    def add(self, stack: Stack, cost: float, side: int) -> None:
        """Add one call chain."""
        frame = self
        frame.whole[side] += cost
        for name in stack:
            frame = frame.calls.setdefault(name, Frame(name))
            frame.whole[side] += cost
        frame.self[side] += cost


def graph(title: str, unit: str, profile: Profile) -> str:
    """Draw a flame graph of one profile."""
    root = _tree(profile, profile)

    def describe(frame: Frame) -> tuple[str, str]:
        return (f'{frame.name}: {frame.whole[1]:,.4g} {unit} a walk, '
                f'{frame.whole[1] / root.whole[1]:.1%}; itself {frame.self[1]:,.4g}',
                _warm(frame.name))
    return _svg(title, root, describe)


def difference(title: str, unit: str, first: Profile, second: Profile) -> str:
    """Draw a flame graph of the second profile, coloured by its difference from the first."""
    root = _tree(first, second)
    largest = max((abs(frame.self[1] - frame.self[0]) for frame in _all(root)), default=0) or 1.0

    def describe(frame: Frame) -> tuple[str, str]:
        more = frame.self[1] - frame.self[0]
        error = 2 * math.sqrt(sum(cost * profile.period / profile.walks for cost, profile
                                  in zip(frame.self, (first, second))))
        colour = _cold_or_hot(more / largest) if abs(more) > error else 'rgb(245,245,245)'
        return (f'{frame.name}: {frame.whole[1]:,.4g} {unit} a walk, '
                f'{frame.whole[1] - frame.whole[0]:+,.3g}; itself {frame.self[1]:,.4g}, '
                f'{more:+,.3g} (+- {error:,.2g})', colour)
    return _svg(title, root, describe)


def _tree(first: Profile, second: Profile) -> Frame:
    root = Frame('all')
    for side, profile in enumerate((first, second)):
        stacks: Counter[Stack] = profile.stacks()
        for stack, seen in stacks.items():
            root.add(stack, seen * profile.period / profile.walks, side)
    return root


def _all(frame: Frame) -> Iterator[Frame]:
    yield frame
    for call in frame.calls.values():
        yield from _all(call)


def _warm(name: str) -> str:
    """Return a warm colour, the same for a function in every graph."""
    hue = zlib.crc32(name.encode())
    return f'rgb({205 + hue % 50},{80 + hue // 50 % 130},{hue // 6500 % 55})'


def _cold_or_hot(strength: float) -> str:
    """Return red for more and blue for less, deeper for a larger strength from -1 to 1."""
    other = round(225 * (1 - abs(strength)))
    return f'rgb(255,{other},{other})' if strength > 0 else f'rgb({other},{other},255)'


def _svg(title: str, root: Frame, describe: Callable[[Frame], tuple[str, str]]) -> str:
    scale = (WIDTH - 2 * MARGIN) / root.whole[1]
    placed = list(_place(root, 0, MARGIN, scale))
    height = TOP + BOTTOM + ROW * (1 + max(depth for _, depth, _, _ in placed))
    frames = '\n'.join(_frame(frame, MARGIN if frame is root else x,
                              height - BOTTOM - ROW * (depth + 1), width, *describe(frame))
                       for frame, depth, x, width in placed)
    return f'''<?xml version="1.0" encoding="UTF-8"?>
<!-- Made by umwalk profile. Open it in a browser: click a frame to zoom. -->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"
 height="{height}" font-family="monospace" font-size="12">
<style>.frame {{ cursor: pointer }} .frame:hover rect {{ stroke: black }} text {{ fill: black }}
.below {{ opacity: 0.5 }} .found rect {{ fill: rgb(230,0,230) }}</style>
<rect id="background" width="{WIDTH}" height="{height}" fill="white"/>
<text x="{WIDTH / 2}" y="24" font-size="15" text-anchor="middle">{escape(title)}</text>
<text id="search" class="frame" x="{WIDTH - MARGIN}" y="24" text-anchor="end">Search</text>
<text id="reset" class="frame" x="{MARGIN}" y="24" visibility="hidden">Reset zoom</text>
<text id="details" x="{MARGIN}" y="{height - 8}"> </text>
<text id="matched" x="{WIDTH - MARGIN}" y="{height - 8}" text-anchor="end"> </text>
<g id="frames">
{frames}
</g>
<script><![CDATA[
const MARGIN = {MARGIN}, WIDTH = {WIDTH}, LETTER = {LETTER};
{SCRIPT.read_text(encoding='utf-8')}]]></script>
</svg>
'''


def _place(frame: Frame, depth: int, x: float,
           scale: float) -> Iterator[tuple[Frame, int, float, float]]:
    """Yield every frame that is wide enough, with its depth, x and width."""
    width = frame.whole[1] * scale
    if width < NARROWEST:
        return
    yield frame, depth, x, width
    for name in sorted(frame.calls):
        yield from _place(frame.calls[name], depth + 1, x, scale)
        x += frame.calls[name].whole[1] * scale


def _frame(frame: Frame, x: float, y: float, width: float, about: str, colour: str) -> str:
    letters = int((width - 4) / LETTER)
    name = frame.name if len(frame.name) <= letters else frame.name[:letters - 2] + '..'
    shown = escape(name) if letters >= 3 else ''
    return (f'<g class="frame" data-name="{escape(frame.name, {chr(34): "&quot;"})}">'
            f'<title>{escape(about)}</title>'
            f'<rect x="{x:.2f}" y="{y}" width="{width:.2f}" height="{ROW - 1}" rx="2" '
            f'fill="{colour}"/><text x="{x + 3:.2f}" y="{y + 12}">{shown}</text></g>')
