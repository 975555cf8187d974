# SPDX-License-Identifier: GPL-2.0
"""What moved from night to night, and what did not, though it looks as if it had."""

from dataclasses import replace

import nights
import pytest
from appliance.commands.nightly import accepted, moved
from appliance.commands.nightly.moved import ACCEPTED, CONFIRMED, COUNT, NOT_OURS, SUSPECT, TEST, TIME
from appliance.failure import Failure
from appliance.runs import history
from appliance.runs.night import Confirmation, State

SERIES = nights.series_of(('stock',))[:2]
MOVING, STILL = SERIES
STEP_AT = 12


@pytest.fixture
def found(tmp_path):
    """Return a function that puts nights into a history, and says what moved."""
    def find(made, known=()) -> list[moved.Move]:
        with history.opened(tmp_path) as opened:
            for one in made:
                opened.add(one, '')
            return moved.moved(opened, known)
    return find


def stepping(series, number) -> float:
    return 1.02 if series == MOVING and number >= STEP_AT else 1


def made(until, **how):
    return [nights.night(number, SERIES, **how) for number in range(until)]


def test_nothing_moves_where_nothing_does(found):
    assert found([]) == []
    assert found(made(20)) == []


def test_a_step_is_suspect_with_its_night_and_size(found):
    one, = found(made(17, step=stepping))
    assert (one.kind, one.name, one.state) == (TIME, str(MOVING), SUSPECT)
    assert one.since.name == nights.night(STEP_AT).name
    assert one.ratio == pytest.approx(1.02, abs=2e-3)


@pytest.mark.parametrize('verdict, state', [
    ('slower', CONFIRMED), ('faster', CONFIRMED), ('same', NOT_OURS), ('same code', NOT_OURS),
    ('undecided', SUSPECT)])
def test_what_the_kernels_say_of_each_other_decides(found, verdict, state):
    confirmed = {MOVING: Confirmation(nights.night(STEP_AT - 1).name, verdict, 1, 1, 1)}
    one, = found([*made(16, step=stepping),
                  nights.night(16, SERIES, stepping, confirmations=confirmed)])
    assert one.state == state
    assert one.rings == (state != NOT_OURS)


def test_a_comparison_with_a_later_night_decides_nothing(found):
    """The kernel compared with has the change already."""
    confirmed = {MOVING: Confirmation(nights.night(STEP_AT + 1).name, 'same', 1, 1, 1)}
    one, = found([*made(16, step=stepping),
                  nights.night(16, SERIES, stepping, confirmations=confirmed)])
    assert one.state == SUSPECT


@pytest.mark.parametrize('what', list(vars(nights.FINGERPRINT)))
def test_times_of_another_fingerprint_are_not_compared(found, what):
    other = replace(nights.FINGERPRINT, **{what: 'another'})
    after = [nights.night(number, SERIES, stepping, other)
             for number in range(STEP_AT, STEP_AT + 5)]
    assert found([*made(STEP_AT, step=stepping), *after]) == []


def counting(series, number) -> int:
    return 10_001 if series == MOVING and number >= 3 else 10_000


def test_a_count_moves_by_one_instruction(found):
    one, = found(made(5, count=counting))
    assert (one.kind, one.name, one.state) == (COUNT, str(MOVING), CONFIRMED)
    assert (one.since.name, one.before, one.after) == (nights.night(3).name, 10_000, 10_001)


@pytest.mark.parametrize('what, moves', [('cpu', 1), ('umwalk', 1), ('compiler', 0), ('config', 0)])
def test_counts_of_another_compiler_are_not_compared(found, what, moves):
    other = replace(nights.FINGERPRINT, **{what: 'another'})
    assert len(found([*made(3, count=counting),
                      nights.night(3, SERIES, fingerprint=other, count=counting)])) == moves


def w9(state, expected=False, detail='') -> tuple[State]:
    return (State('stock', 'contract', 'W9', state, expected, detail),)


def test_a_rule_that_breaks_moves_whatever_it_was_measured_on(found):
    other = replace(nights.FINGERPRINT, cpu='another', compiler='another')
    one, = found([nights.night(0, SERIES, states=w9('pass')),
                  nights.night(1, SERIES, fingerprint=other, states=w9('fail', False, 'it stops'))])
    assert (one.kind, one.name, one.before, one.after, one.why) == \
        (TEST, 'stock contract W9', 'pass', 'fail', 'it stops')
    assert one.rings


def test_a_rule_that_is_broken_from_the_start_rings_unless_that_is_known(found):
    one, = found([nights.night(0, SERIES, states=w9('fail'))])
    assert (one.before, one.after, one.state) == ('-', 'fail', CONFIRMED)


def test_a_rule_that_is_known_to_fail_does_not_ring(found):
    assert found([nights.night(0, SERIES, states=w9('fail', True))]) == []


def test_what_is_old_rings_no_longer(found):
    every = made(STEP_AT + moved.RINGS + 1, step=stepping)
    assert found(every[:-1]) and not found(every)


DAY = nights.night(STEP_AT).started[:10]
LATER = nights.night(STEP_AT + 1).started[:10]
EARLIER = nights.night(STEP_AT - 1).started[:10]


@pytest.mark.parametrize('line, state', [
    (f'{DAY} 6.12 stock dense:* # wanted', ACCEPTED), (f'{LATER} * # wanted', ACCEPTED),
    (f'{EARLIER} * # too early', SUSPECT), (f'{DAY} 6.12 stock sparse:* # another', SUSPECT),
    (f'# {DAY} * # a comment', SUSPECT)])
def test_what_is_accepted_rings_no_longer(found, tmp_path, line, state):
    (tmp_path / 'accepted').write_text(f'\n{line}\n')
    one, = found(made(17, step=stepping), accepted.read(tmp_path / 'accepted'))
    assert (one.state, one.rings) == (state, state != ACCEPTED)
    assert state != ACCEPTED or one.why == 'wanted'


@pytest.mark.parametrize('line', ['6.12 stock * # no day', f'{DAY} * without a reason', f'{DAY} * #'])
def test_a_line_that_accepts_nothing_is_refused(tmp_path, line):
    (tmp_path / 'accepted').write_text(line)
    with pytest.raises(Failure, match='accepted:1: this accepts nothing'):
        accepted.read(tmp_path / 'accepted')


def test_without_a_file_nothing_is_accepted(tmp_path):
    assert accepted.read(tmp_path / 'accepted') == []
