# SPDX-License-Identifier: GPL-2.0
"""JUnit XML: `testsuites`, `testsuite` and `testcase`, as most programs read it."""

from dataclasses import dataclass
from typing import Mapping, Sequence
from xml.etree import ElementTree

from .visible import visible

# What a case is, but for one that passes.
FAILURE, ERROR, SKIPPED = 'failure', 'error', 'skipped'


@dataclass(frozen=True)
class Case:
    """A test case; state is one of the above, or '' if it passes; message is one line."""
    name: str
    seconds: float
    state: str
    message: str
    text: str


def document(name: str, suites: Mapping[str, Sequence[Case]]) -> str:
    """Return the file, with a suite of cases for each name."""
    root = ElementTree.Element('testsuites', _counts(name, [case for of in suites.values()
                                                            for case in of]))
    for suite, cases in suites.items():
        element = ElementTree.SubElement(root, 'testsuite', _counts(suite, cases))
        for case in cases:
            _add(element, suite, case)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def _counts(name: str, cases: Sequence[Case]) -> dict[str, str]:
    counted = {'tests': len(cases), 'failures': _number(cases, FAILURE),
               'errors': _number(cases, ERROR), 'skipped': _number(cases, SKIPPED)}
    return {'name': visible(name), **{key: str(value) for key, value in counted.items()},
            'time': f'{sum(case.seconds for case in cases):.1f}'}


def _number(cases: Sequence[Case], state: str) -> int:
    return sum(case.state == state for case in cases)


def _add(suite: ElementTree.Element, classname: str, case: Case) -> None:
    element = ElementTree.SubElement(suite, 'testcase', {
        'classname': visible(classname), 'name': visible(case.name),
        'time': f'{case.seconds:.1f}'})
    if case.state:
        told = ElementTree.SubElement(element, case.state, {'message': visible(case.message)})
        told.text = visible(case.text)
    else:
        ElementTree.SubElement(element, 'system-out').text = visible(case.text or case.message)
