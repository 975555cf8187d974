# SPDX-License-Identifier: GPL-2.0
"""A symbol that was asked for and did not take effect is named."""

import pytest

from appliance.kernels import build, series
from appliance.kernels.configuration import Configuration, check_taken, requested
from appliance.kernels.sources import Source
from appliance.failure import Failure


@pytest.fixture
def fragment(tmp_path):
    path = tmp_path / 'base.config'
    path.write_text('# comment\nCONFIG_A=y\n\nCONFIG_B=n\nCONFIG_C=17\n')
    return path


def config(tmp_path, text):
    path = tmp_path / '.config'
    path.write_text(text)
    return path


def test_all_taken(fragment, tmp_path):
    wanted = requested([fragment])
    check_taken(wanted, config(tmp_path, 'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=17\n'))


@pytest.mark.parametrize('text, named', [
    ('# CONFIG_A is not set\nCONFIG_C=17\n', 'base.config:2: CONFIG_A=y did not take effect, it is n'),
    ('CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=17\n', 'base.config:4: CONFIG_B=n did not take effect, it is y'),
    ('CONFIG_A=y\nCONFIG_C=1\n', 'base.config:5: CONFIG_C=17 did not take effect, it is 1'),
])
def test_not_taken_is_named(fragment, tmp_path, text, named):
    with pytest.raises(Failure, match=named):
        check_taken(requested([fragment]), config(tmp_path, text))


def test_a_later_fragment_wins(fragment, tmp_path):
    later = tmp_path / 'debug.config'
    later.write_text('CONFIG_B=y\n')
    assert requested([fragment, later])['CONFIG_B'][0] == 'y'


def test_a_malformed_line_is_named(tmp_path):
    path = tmp_path / 'bad.config'
    path.write_text('CONFIG_A=y\nA=y\n')
    with pytest.raises(Failure, match=r"bad\.config:2: 'A=y' is not CONFIG_SYMBOL=value"):
        requested([path])


def test_a_comment_makes_no_other_kernel(fragment):
    def digest():
        configured = Configuration('release', (fragment,), '', 512, True)
        return build._digest(Source(fragment, 'id', '6.12.1'),
                             series.Kernel('k', series.Stack((), ()), configuration=configured))

    before = digest()
    fragment.write_text('CONFIG_C=17\n# a better comment\n' + fragment.read_text())
    assert digest() == before
    fragment.write_text(fragment.read_text().replace('CONFIG_A=y', 'CONFIG_A=n'))
    assert digest() != before
