# SPDX-License-Identifier: GPL-2.0
"""What two boots show is told apart: new, already so on the base, mended."""

import pytest

from appliance.commands.contract.observe import Observation
from appliance.commands.validate.contract import compare
from appliance.failure import Failure
from appliance.runs.outcome import FAIL, MENDED, NEW, ON_BASE, PASS, UNDECIDED, Outcome

SPLAT = """\
WARNING: CPU: 0 PID: 30 at mm/pagewalk.c:93 walk_pmd_range+0x10/0x40
[<60000010>] walk_pmd_range+0x10/0x40
[<60000020>] walk_page_range+0x20/0x40"""


def seen(kernel: str, *failed: tuple[str, str], **fields) -> Observation:
    """Return a boot in which all nine cases of each rule pass but for these."""
    one = Observation(kernel, **fields)
    for outcome in one.rules.values():
        outcome.passed = 9
    for rule, case in failed:
        one.rules[rule].passed -= 1
        one.rules[rule].add(case, False, False, 'is 2, should be 1')
    return one


def outcomes(base: Observation, patched: Observation) -> dict[str, Outcome]:
    return {one.check: one for one in compare(base, patched)}


def kinds(outcome: Outcome) -> dict[str, str]:
    return {one.text.split(':')[1].strip(): one.kind for one in outcome.findings}


def test_a_kernel_that_shows_what_the_base_shows_passes():
    found = outcomes(seen('base', ('W9', 'old')), seen('series', ('W9', 'old')))
    assert {one.status for one in found.values()} == {PASS}
    assert kinds(found['contract']) == {'old': ON_BASE}
    assert found['contract'].summary == '25 of 26 rules pass (base: 25)'


def test_only_what_is_new_fails():
    found = outcomes(seen('base', ('W9', 'old'), ('W1', 'gone')),
                     seen('series', ('W9', 'old'), ('W9', 'more')))['contract']
    assert found.status == FAIL
    assert kinds(found) == {'more': NEW, 'old': ON_BASE, 'gone': MENDED}
    assert found.findings[0].text == 'W9 verbatim: more: is 2, should be 1'


def test_what_is_mended_passes():
    found = outcomes(seen('base', ('U2', 'gone')), seen('series'))['contract']
    assert (found.status, kinds(found)) == (PASS, {'gone': MENDED})


def test_a_rule_of_which_less_is_checked_than_on_the_base_fails():
    """A kernel may skip what it cannot pass."""
    skips = seen('series')
    skips.rules['W3'].passed = 0
    skips.rules['W3'].add('case', False, True, 'not here')
    found = outcomes(seen('base'), skips)['contract']
    assert (found.status, found.findings[0].text) == (
        FAIL, 'W3 covered: 0 of the 9 cases that pass on the base were checked')
    assert outcomes(skips, seen('series'))['contract'].status == PASS


def test_what_is_a_case_only_where_it_fails_is_not_missed():
    """As what the base has said in the kernel's log."""
    base = seen('base')
    base.rules['W11'].add('kernel log', False, False, 'bad pmd')
    found = outcomes(base, seen('series'))['contract']
    assert (found.status, kinds(found)) == (PASS, {'kernel log': MENDED})


def test_a_boot_that_dies_fails_and_its_stack_is_kept():
    found = outcomes(seen('base', ('W9', 'old')),
                     seen('series', died='a boot failed (panicked):\n[<6>] f+0x1/0x2'))
    assert found['boot'].status == FAIL
    assert found['boot'].findings[0].text == 'a boot failed (panicked), before process 1 ran'
    assert found['boot'].findings[0].details == ('[<6>] f+0x1/0x2',)
    assert (found['contract'].status, found['contract'].findings) == (UNDECIDED, ())


def test_a_base_that_dies_accuses_nobody():
    with pytest.raises(Failure, match='base itself .* panicked'):
        outcomes(seen('base', died='panicked'), seen('series', died='panicked'))


def test_splats_of_one_kind_are_one_finding_wherever_they_lie():
    moved = SPLAT.replace('+0x10/0x40', '+0x18/0x50')
    assert outcomes(seen('base', splats=[SPLAT]), seen('series', splats=[moved]))['log'].status == PASS
    found = outcomes(seen('base'), seen('series', splats=[SPLAT, moved]))['log']
    assert (found.status, len(found.findings)) == (FAIL, 1)
    assert 'warning:walk_pmd_range:walk_page_range' in found.findings[0].text
