# SPDX-License-Identifier: GPL-2.0
"""Coverage: which lines a series changes, and which of them ran in a boot."""

import io
import subprocess
import tarfile

import pytest

from appliance.boots import coverage as boots
from appliance.commands import coverage as command
from appliance.commands.validate import changes, coverage, known
from appliance.commands.validate.coverage import NEVER, NO_CODE, NOT_COMPILED, RAN, UNSEEN, Run
from appliance.commands.validate.subject import Subject
from appliance.failure import Failure
from appliance.kernels import build as builds, gcov, series
from appliance.kernels.changed_lines import changed_lines
from appliance.kernels.patch import Patch
from appliance.paths import build_folder
from appliance.runs.outcome import NOT_RUN, PASS, SKIP, Finding, Outcome
from appliance.sandbox import OPEN
from written import WrittenSeries

FILE = 'mm/mincore.c'
PLACE = 'static int mincore_unmapped_range('


def text(*lines: str) -> str:
    return ''.join(f'{line}\n' for line in lines)


@pytest.mark.parametrize('before, after, numbers', [
    (text('a', 'b', 'c'), text('a', 'B', 'c'), [2]),
    (text('a', 'b', 'c'), text('a', 'x', 'y', 'b', 'c', 'z'), [2, 3, 6]),
    (text('a', 'b', 'c'), text('a', 'c'), None),
    (text('a', 'b', 'c'), text('++ after/mm/other.c', 'a', 'b', '@@ -1 +7 @@', 'c'), [1, 4]),
    (text('a'), 'a\nno newline', [2])])
def test_lines_that_are_new(before, after, numbers):
    assert changed_lines({'mm/a.c': before}, {'mm/a.c': after}) == (
        {'mm/a.c': numbers} if numbers else {})


def test_files_that_are_new_or_gone_or_have_another_name():
    many = [str(number) for number in range(30)]
    assert changed_lines({'mm/gone.c': text('a'), 'mm/old.c': text(*many)},
                         {'mm/new.h': text('x', 'y'), 'fs/moved.c': text(*many, 'more')}) == {
                             'mm/new.h': [1, 2], 'fs/moved.c': [31]}


def test_several_patches_of_a_file_are_taken_as_one(appliance, tmp_path):
    """The second moves what the first has added, and takes a part of it back."""
    stock = series.kernel('stock')
    files = builds.read_files(build_folder(), stock, {FILE})
    written = WrittenSeries(tmp_path).knows(FILE, files[FILE])
    written.change(FILE, PLACE, f'/* one */\n/* two */\n{PLACE}')
    written.change(FILE, '/* one */\n', '\n')
    written.change(FILE, '#include <linux/pagemap.h>\n', '#include <linux/pagemap.h>\n\n')
    after = builds.read_files(build_folder(), stock.plus('k', *written.patches), {FILE})
    lines = changed_lines(files, after)[FILE]
    assert [after[FILE].split('\n')[line - 1] for line in lines] == ['', '', '/* two */']


def test_what_is_known_of_a_line():
    here = {'mm/a.c': {1: 7, 2: 0}, 'mm/data.c': {}}
    elsewhere = {'mm/a.c': {1: 0, 2: 0, 3: 0}, 'fs/b.c': {1: 0}}
    lines = {'mm/a.c': [1, 2, 3, 4], 'fs/b.c': [1, 2], 'mm/data.c': [1], 'a.h': [1], 'arch/c.c': [1]}
    assert coverage.states(lines, here, elsewhere) == {
        'mm/a.c': {1: RAN, 2: NEVER, 3: NOT_COMPILED, 4: NO_CODE},
        'fs/b.c': {1: NOT_COMPILED, 2: NO_CODE}, 'mm/data.c': {1: NO_CODE}, 'a.h': {1: NO_CODE},
        'arch/c.c': {1: UNSEEN}}


def test_lines_without_code_split_no_run_and_unchanged_lines_do():
    of_file = {3: NO_CODE, 4: NEVER, 5: NO_CODE, 6: NEVER, 7: RAN, 8: NEVER, 9: NO_CODE, 11: NEVER}
    assert list(coverage.runs(of_file)) == [
        Run(4, 6, NEVER), Run(7, 7, RAN), Run(8, 8, NEVER), Run(11, 11, NEVER)]


def test_what_did_not_run_is_listed_with_its_source():
    known = {'mm/a.c': {1: RAN, 2: NEVER, 3: NEVER, 4: NOT_COMPILED, 5: NO_CODE}}
    found = coverage.judge(known, {'mm/a.c': text('a', '\tb', 'c', 'd', '}')}, True)
    assert (found.status, found.summary) == (
        PASS, '1 of 4 changed lines of code ran; 2 never reached, 1 not compiled')
    assert found.findings == (Finding('mm/a.c:2-3: never reached', NOT_RUN, ('\tb', 'c')),
                              Finding('mm/a.c:4: not compiled', NOT_RUN, ('d',)))


def test_if_all_of_it_ran_nothing_is_listed():
    found = coverage.judge({'mm/a.c': {1: RAN, 2: NO_CODE}}, {'mm/a.c': text('a', 'b')}, True)
    assert (found.status, found.summary, found.findings) == (
        PASS, '1 of 1 changed lines of code ran', ())


def test_of_unchanged_functions_it_counts_only_what_is_not_compiled():
    known = {'mm/a.c': {1: NEVER, 2: NOT_COMPILED}}
    found = coverage.judge(known, {'mm/a.c': text('a', 'b')}, False)
    assert found.summary == 'not run: the series changes no function; 1 not compiled'
    assert [one.text for one in found.findings] == ['mm/a.c:2: not compiled']
    assert coverage.judge({'mm/a.c': {1: NEVER}}, {'mm/a.c': 'a'}, False).status == PASS


def test_lines_without_code_are_nothing_to_count():
    assert coverage.judge({'a.h': {1: NO_CODE}}, {'a.h': text('#define A')}, True).status == SKIP


@pytest.fixture
def program(tmp_path):
    """Compile a program in an object folder, so that gcov can count its lines, and run it twice."""
    folders = [tmp_path / name for name in ('objects', 'again')]
    (tmp_path / 'mm').mkdir()
    (tmp_path / 'mm' / 'a.c').write_text(text('#include "../mm/a.h"', 'int main(int argc, char **argv)',
                                              '{', '\tif (argc > 1)', '\t\treturn f();',
                                              '\treturn 0;', '}'))
    (tmp_path / 'mm' / 'a.h').write_text(text('static inline int f(void)', '{', '\treturn 0;', '}'))
    for folder, arguments in zip(folders, ([], ['x'])):
        (folder / 'mm').mkdir(parents=True)
        subprocess.run(['gcc', '--coverage', '-c', '-o', 'mm/a.o', '../mm/a.c'], cwd=folder, check=True)
        subprocess.run(['gcc', '--coverage', '-o', 'program', 'mm/a.o'], cwd=folder, check=True)
        subprocess.run([folder / 'program', *arguments], check=True)
    return folders


def test_counts_of_all_boots_are_added_by_file_of_the_tree(program):
    found = gcov.lines(program, ['mm/a.gcno'], OPEN)
    assert found == {'mm/a.c': {2: 2, 4: 2, 5: 1, 6: 1}, 'mm/a.h': {1: 1, 3: 1}}


def test_without_counts_no_line_ran(program):
    (program[0] / 'mm' / 'a.gcda').unlink()
    assert set(gcov.lines(program[:1], ['mm/a.gcno'], OPEN)['mm/a.c'].values()) == {0}


def test_counts_of_another_program_are_refused(program):
    counts = program[0] / 'mm' / 'a.gcda'
    content = bytearray(counts.read_bytes())
    content[8] ^= 1  # of the stamp
    counts.write_bytes(content)
    with pytest.raises(Failure, match='gcov failed: .*stamp mismatch'):
        gcov.lines(program[:1], ['mm/a.gcno'], OPEN)


def test_functions_by_line(program):
    found = gcov.functions(program[0], OPEN)
    assert found['mm/a.c'] == dict.fromkeys(range(2, 8), 'main')
    assert found['mm/a.h'] == dict.fromkeys(range(1, 5), 'f')


def excuse(check: str, pattern: str) -> known.Known:
    return known.Known('unreached:1', check, pattern, 'because')


def test_holes_of_one_function_are_together_and_have_their_reason():
    counts = {name: {} for name in command.FILES} | {'mm/mincore.c': {2: 0, 3: 1, 4: 0, 6: 0, 7: 0}}
    sources = dict.fromkeys(command.FILES, '') | {
        'mm/mincore.c': text('f()', '\ta;', '\tb;', '\tc;', '', '\td;', 'g()')}
    functions = {name: {} for name in command.FILES} | {
        'mm/mincore.c': dict.fromkeys(range(1, 7), 'f') | {7: 'g'}}
    found = command.holes(counts, sources, functions, [excuse('mm/mincore.c f', 'c;*d;')])
    assert [(str(one), one.text, one.why) for one in found] == [
        ('mm/mincore.c:2 f()', ('a;',), ''), ('mm/mincore.c:4-6 f()', ('c;', 'd;'), 'because'),
        ('mm/mincore.c:7 g()', ('g()',), '')]
    assert command._numbers('mm/mincore.c', counts, found) == {
        'lines': 5, 'ran': 1, 'excused': 2, 'unreached': 2}


@pytest.mark.parametrize('text, fits', [
    (('b;', 'c;', 'd;'), True), (('b;', 'd;'), True), (('a;', 'b;', 'd;'), False),
    (('b;', 'd;', 'e;'), False), (('b;',), False)])
def test_a_reason_is_one_for_all_lines_of_a_hole(text, fits):
    hole = command.Hole('mm/mincore.c', 'f', 2, 3, text)
    assert command._fits(excuse('mm/mincore.c f', 'b;*d;'), hole) is fits
    assert not command._fits(excuse('mm/mincore.c g', '*'), hole)
    assert command._fits(excuse('mm/mincore.c f', '*'), hole)


def test_a_hole_without_a_reason_is_shown_with_its_lines_and_a_reason_for_nothing_is_named():
    hole = command.Hole('mm/mincore.c', 'f', 2, 3, ('a;', 'b;'))
    numbers = {'mm/mincore.c': {'lines': 5, 'ran': 3, 'excused': 0, 'unreached': 2}}
    shown = command._text(numbers, [hole], [excuse('mm/mincore.c g', 'x')])
    assert 'NOT REACHED' in shown and '  mm/mincore.c:2-3 f()\n      a;\n      b;' in shown
    assert shown.endswith('unreached:1: nothing has "x" that never ran')
    excused = command._text(numbers, [command.Hole('mm/mincore.c', 'f', 2, 3, ('a;',), 'why')], [])
    assert 'NOT REACHED' not in excused and excused.endswith('why:\n  mm/mincore.c:2-3 f()')


def archive(*names: str) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode='w') as opened:
        for name in names:
            opened.addfile(tarfile.TarInfo(name))
    return whole.getvalue()


def test_what_a_guest_sends():
    sent = archive('gcov/b/linux-6.12/objects-coverage-sandbox/mm/a.gcda', 'gcov/reset', '/etc/x')
    assert boots._counts(sent) == {'mm/a.gcda': b''}
    with pytest.raises(Failure, match='the counts that the guest sent are damaged'):
        boots._counts(b'x' * 512)


def test_counts_of_an_object_may_not_be_missing(tmp_path):
    with pytest.raises(Failure, match='the guest sent no counts of mm/a.gcda'):
        boots._unpack({}, ['mm/a.gcda'], tmp_path)


@pytest.mark.parametrize('code, has', [('int one(void) { return 1; }', True), ('int two;', False)])
def test_an_object_without_functions_counts_nothing(tmp_path, code, has):
    (tmp_path / 'a.c').write_text(code)
    subprocess.run(['gcc', *gcov.COUNTING.split(), '-c', 'a.c'], cwd=tmp_path, check=True)
    assert gcov.has_functions(tmp_path / 'a.gcno') == has


@pytest.fixture
def judged(appliance, tmp_path, monkeypatch):
    """Judge a patch of mm/mincore.c onto stock; that it changes a function need not be found out."""
    monkeypatch.setattr(changes, 'of', lambda _: {'mincore_unmapped_range'})
    stock = series.kernel('stock')
    files = builds.read_files(build_folder(), stock, {FILE})

    def judge(old: str, new: str) -> Outcome:
        written = WrittenSeries(tmp_path).knows(FILE, files[FILE])
        written.change(FILE, old, new)
        found, = coverage.check(Subject(build_folder(), stock, tuple(map(Patch, written.patches))))
        return found
    return judge


@pytest.mark.long
def test_a_patch_with_a_line_of_each_kind(judged):
    """What is for NUMA is not compiled here, and no address of a page is 1."""
    head = '\twalk->private += __mincore_unmapped_range(addr, end,\n'
    found = judged(head, '\t/* Say why. */\n\tif (addr == 1)\n\t\treturn -EINVAL;\n'
                         f'#ifdef CONFIG_NUMA\n\tcond_resched();\n#endif\n{head}')
    assert (found.status, found.summary) == (
        PASS, '1 of 3 changed lines of code ran; 1 never reached, 1 not compiled')
    assert [(one.text.partition(': ')[2], one.details) for one in found.findings] == [
        (NEVER, ('\t\treturn -EINVAL;',)), (NOT_COMPILED, ('\tcond_resched();',))]


@pytest.mark.long
@pytest.mark.parametrize('old, new, says', [
    ('#include <linux/pagemap.h>\n', '', 'the series adds no line of C'),
    (PLACE, f'#error no\n{PLACE}', 'no line can be counted: kernel series-1 does not build')])
def test_what_cannot_be_counted_is_skipped(judged, old, new, says):
    found = judged(old, new)
    assert found.status == SKIP and found.summary.startswith(says)


@pytest.mark.long
def test_each_line_of_the_walker_and_its_readers_is_reached_or_has_a_reason(appliance, umwalk):
    ran = umwalk('coverage')
    assert ran.returncode == 0, ran.stdout + ran.stderr
