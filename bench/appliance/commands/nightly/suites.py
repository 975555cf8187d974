# SPDX-License-Identifier: GPL-2.0
"""The suites of a night by the names that users give, the cheapest first."""

from typing import Callable

from . import measured, observe
from .observe import Found, Subject

SUITES: dict[str, Callable[[Subject, Found], None]] = {
    'contract': observe.contracts, 'golden': observe.walks, 'differential': observe.readers,
    'external': observe.outsiders, 'stress': observe.stressors, 'selftests': observe.tests,
    'scale': measured.costs, 'fio': measured.living_targets, 'bench': measured.times}
