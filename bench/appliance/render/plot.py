# SPDX-License-Identifier: GPL-2.0
"""What all plots share: no display, the colours, and files that are the same each time."""

import io
import re

import matplotlib

matplotlib.use('Agg')
from matplotlib import pyplot  # noqa: E402  pylint: disable=wrong-import-position

pyplot.rcParams['svg.hashsalt'] = 'umwalk'  # or names within the file are random
pyplot.rcParams['svg.fonttype'] = 'none'  # letters instead of outlines
pyplot.rcParams['font.sans-serif'] = ['DejaVu Sans']  # or each text names all alternatives

COLOURS = ('#0072b2', '#d55e00', '#009e73', '#cc79a7')  # colour-blind readers tell them apart


def files(figure: pyplot.Figure, name: str) -> dict[str, bytes]:
    """Return NAME.svg and, for mail, NAME.png; close the figure."""
    saved = {}
    for kind, options in (('svg', {'metadata': {'Date': None}}), ('png', {'dpi': 100})):
        content = io.BytesIO()
        figure.savefig(content, format=kind, **options)
        saved[f'{name}.{kind}'] = content.getvalue()
    pyplot.close(figure)
    # Round points to hundredths, which nobody sees and which saves a third of the file.
    saved[f'{name}.svg'] = re.sub(rb'(\d\.\d\d)\d+', rb'\1', saved[f'{name}.svg'])
    return saved
