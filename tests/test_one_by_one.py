# SPDX-License-Identifier: GPL-2.0
"""Kernels are built after each of their patches, and the patch that is at fault is named."""

import pytest

from appliance.commands import patches_build
from appliance.kernels import build as builds, one_by_one, said, series
from appliance.paths import build_folder
from written import WrittenSeries

FILE = 'mm/mincore.c'
OBJECT = ('mm/mincore.o',)  # all that these patches change; the rest of the kernel need not be made
PLACE = 'static int mincore_unmapped_range('


@pytest.fixture
def mincore(appliance, tmp_path):
    """A series onto stock that changes mm/mincore.c."""
    files = builds.read_sources(build_folder(), appliance.kernels['stock'], {FILE})
    return WrittenSeries(tmp_path).knows(FILE, files[FILE])


def tell(a_series: WrittenSeries) -> int:
    """Build stock, and the series patch by patch."""
    stock = series.kernel('stock')
    return patches_build.build_all(build_folder(), [stock.plus('series', *a_series.patches)],
                                   OBJECT, len(stock.stack.patches))


def function(name: str, body: str) -> str:
    """Return a function, before which is the place for another change."""
    return f'static int __maybe_unused {name}(void)\n{{\n{body}}}\n\n{PLACE}'


def test_a_series_that_is_broken_in_between(mincore, capsys):
    mincore.change(FILE, PLACE, function('first', '\treturn 1;\n'))
    mincore.change(FILE, PLACE, function('second', '\treturn none_such;\n'))
    mincore.change(FILE, 'none_such', '2')
    assert tell(mincore) == 1
    out = capsys.readouterr().out
    assert '0002-change.patch: does not build\n' in out and 'none_such' in out
    assert '0001-change' not in out and '0003-change' not in out
    assert 'mm/mincore.c:' in out and '1 with an error' in out


UNUSED = '\tint unused;\n\n\tunused = 3;\n\treturn 0;\n'  # only W=1 warns of it


@pytest.mark.long
def test_a_new_warning_is_marked_and_one_that_moves_is_none(mincore, capsys):
    mincore.change(FILE, PLACE, function('first', UNUSED))
    mincore.change(FILE, 'static int __maybe_unused first', '\n\n\nstatic int __maybe_unused first')
    mincore.change(FILE, PLACE, function('second', UNUSED))
    assert tell(mincore) == 1
    out = capsys.readouterr().out
    assert out.count('\n  >> mm/mincore.c:') == 2
    assert '0001-change.patch: new warnings\n' in out and '0003-change.patch: new warnings\n' in out
    assert '0002-change' not in out and 'unused' in out


def test_what_does_no_harm_is_said_to_do_none(mincore, capsys):
    mincore.change(FILE, PLACE, function('first', '\treturn 1;\n'))
    assert tell(mincore) == 0
    assert 'trees, each with a patch more: none with an error' in capsys.readouterr().out


@pytest.mark.long
def test_a_build_that_is_cut_short_is_not_trusted(mincore, monkeypatch):
    """What it has compiled would not be compiled again, and warn no more."""
    mincore.change(FILE, PLACE, function('first', UNUSED))
    kernel = series.kernel('stock').plus('series', *mincore.patches)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(one_by_one, '_record', raise_interrupt)
        one_by_one.build(build_folder(), kernel, OBJECT)
    warned = one_by_one.build(build_folder(), kernel, OBJECT).warnings
    assert [one.function for one in warned] == ['first']


def raise_interrupt(*_):
    raise KeyboardInterrupt


SAYS = """\
  CC      mm/a.o
In file included from ../include/linux/b.h:7,
                 from ../mm/a.c:3:
../mm/a.c: In function ‘walk’:
../mm/a.c:12:7: warning: variable ‘x’ set but not used [-Wunused-but-set-variable]
   12 |   int x; /* warning: none */
../mm/a.c: At top level:
../mm/a.c:20:5: warning: no previous prototype for ‘f’ [-Wmissing-prototypes]
  CC      mm/quiet.o
  LD      vmlinux
ld: warning: mm/a.o: missing .note.GNU-stack section implies executable stack
"""


def test_what_the_compiler_says_is_told_by_object_and_function():
    found = said.warnings(SAYS.splitlines())
    assert {made: sorted((one.file, one.function) for one in warned)
            for made, warned in found.items()} == {
        '': [], 'mm/a.o': [('mm/a.c', ''), ('mm/a.c', 'walk')], 'mm/quiet.o': [], 'vmlinux': [('', '')]}
    moved = said.warnings(SAYS.replace(':12:', ':99:').splitlines())
    assert moved == found
    other = said.warnings(SAYS.replace('walk', 'other').splitlines())
    assert other['mm/a.o'] != found['mm/a.o']


def test_make_says_what_is_wrong_only_if_nobody_else_does():
    of_make = 'make[3]: *** [../scripts/Makefile.build:229: mm/a.o] Error 1'
    assert said.errors([of_make]) == [of_make]
    assert said.errors(['../mm/a.c:1:2: error: no', of_make]) == ['mm/a.c:1:2: error: no']
    assert said.errors(['ld: mm/a.o: undefined reference to `f\'', of_make])[1:] == []
