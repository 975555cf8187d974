# SPDX-License-Identifier: GPL-2.0
"""`umwalk history`: nights are imported once, and pruned with their folders."""

import datetime

import nights
import pytest
from appliance import cli
from appliance.paths import results_folder
from appliance.runs import history, night

SERIES = nights.series_of(('stock',))[:2]


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setenv('RESULTS', str(tmp_path / 'results'))
    return results_folder()


@pytest.fixture
def umwalk(results, monkeypatch, capsys):
    """Return a function that runs `umwalk history`, and returns its status and what it said."""
    def run(*arguments) -> tuple[int, str]:
        monkeypatch.setattr('sys.argv', ['umwalk', 'history', *map(str, arguments)])
        status = cli.main()
        said = capsys.readouterr()
        return status, said.out + said.err
    return run


def made(number):
    return nights.night(number, SERIES)


def names(results) -> list[str]:
    with history.opened(results) as opened:
        return [one.name for one in opened.nights()]


def test_nights_of_two_machines_are_gathered_once_each(umwalk, results, tmp_path):
    for machine, numbers in (('a', (1, 3)), ('b', (2, 3))):
        for number in numbers:
            nights.stored(made(number), tmp_path / machine)
    (tmp_path / 'a' / 'latest').symlink_to(made(3).name)
    assert umwalk('import', tmp_path / 'a', tmp_path / 'b') == (0, '3 of 4 nights are new\n')
    assert umwalk('import', tmp_path / 'b' / made(2).name) == (0, '0 of 1 nights are new\n')
    assert names(results) == [made(number).name for number in (1, 2, 3)]


def test_a_folder_that_was_renamed_is_the_same_night(umwalk, results, tmp_path):
    folder = nights.stored(made(1), tmp_path)
    umwalk('import', folder)
    assert umwalk('import', folder.rename(tmp_path / 'other')) == (0, '0 of 1 nights are new\n')


def test_other_runs_are_no_nights(umwalk, tmp_path):
    (tmp_path / 'runs' / 'bench').mkdir(parents=True)
    (tmp_path / 'runs' / 'bench' / night.RESULT).write_text('{"kind": "bench"}')
    assert umwalk('import', tmp_path / 'runs') == (0, '0 of 0 nights are new\n')


@pytest.mark.parametrize('text', ['{', '{"kind": "nightly"}'])
def test_a_damaged_night_is_named_and_nothing_is_imported(umwalk, results, tmp_path, text):
    nights.stored(made(1), tmp_path / 'a')
    (nights.stored(made(2), tmp_path / 'a') / night.RESULT).write_text(text)
    status, said = umwalk('import', tmp_path / 'a')
    assert status == 2 and f'{made(2).name}/result.json: this is no night' in said
    assert names(results) == []


def test_a_folder_that_is_not_there_is_named(umwalk, tmp_path):
    status, said = umwalk('import', tmp_path / 'gone')
    assert status == 2 and f"'{tmp_path / 'gone'}' is no folder" in said


@pytest.fixture
def three(umwalk, results, tmp_path):
    """Three nights, of which the first one's folder is not among the results."""
    for number, where in ((1, tmp_path), (2, results), (3, results)):
        folder = nights.stored(made(number), where)
        (folder / 'large').write_bytes(b'\x01' * (1 << 20))
        umwalk('import', folder)
    return [folder for number in (1, 2, 3) for folder in tmp_path.glob(f'**/{made(number).name}')]


def test_what_is_too_old_goes_but_not_the_last_night(umwalk, results, three):
    assert umwalk('prune', '--days', 1) == (0, '2 of 3 nights removed\n')
    assert names(results) == [made(3).name]
    assert [folder.exists() for folder in three] == [True, False, True]  # the first is not ours


def test_what_is_young_stays(umwalk, results, three):
    age = datetime.datetime.now(datetime.timezone.utc) - nights.FIRST
    assert umwalk('prune', '--days', age.days + 9) == (0, '0 of 3 nights removed\n')
    assert all(folder.exists() for folder in three)


@pytest.mark.parametrize('mib, left', [(9, 3), (2, 1), (1, 1)])
def test_the_oldest_go_until_the_others_fit(umwalk, results, three, mib, left):
    umwalk('prune', '--mib', mib)
    assert names(results) == [made(number).name for number in (1, 2, 3)[3 - left:]]
    assert three[0].exists() and three[2].exists() and three[1].exists() == (left > 1)


def test_prune_asks_what_to_remove(umwalk):
    status, said = umwalk('prune')
    assert status == 2 and '--days' in said
