# SPDX-License-Identifier: GPL-2.0
"""A patch that makes one reader slower is called slower on its row."""

import dataclasses
import itertools

import pytest

from appliance.commands.bench import compare, session as sessions
from appliance.kernels import build as builds, placement, series
from appliance.paths import TOP, build_folder

FOLDER = TOP / 'tests' / 'slower'  # each has the name of the walk that it makes slower


@pytest.fixture(params=sorted(FOLDER.glob('*.patch')), ids=lambda patch: patch.stem)
def slower(request, appliance):
    """The walk, and an appliance of stock and of stock with one patch more."""
    walk = request.param.stem
    built, = builds.ensure(build_folder(), [series.kernel('stock').plus(walk, request.param)])
    return walk, dataclasses.replace(
        appliance, kernels={'stock': appliance.kernels['stock'], walk: built})


@pytest.mark.long
def test_a_slower_reader_is_called_slower(slower):
    """The budget grows until there is a verdict."""
    walk, appliance = slower
    kernels = placement.ensure(build_folder(), appliance.kernels, compare.PLACEMENTS)
    for budget in (30 * 2 ** n for n in itertools.count()):
        session = sessions.Session(appliance, kernels,
                                   sessions.Plan(budget, 1e-6, (('dense', walk),)))
        session.measure(lambda progress: None)
        found = session.comparisons['dense', walk]
        if found.verdict != 'undecided':
            break
    assert found.verdict == 'slower'
