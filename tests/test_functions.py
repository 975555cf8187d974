# SPDX-License-Identifier: GPL-2.0
"""Digests of functions, first in small programs, then in kernels."""

import subprocess

import pytest

from appliance.kernels import functions, series
from appliance.kernels.build import Built
from appliance.failure import Failure
from appliance.kernels.sources import Source
from appliance.kernels.version import LINUX

UNUSED = LINUX.folder / 'proof' / 'null' / 'unused-util.patch'

SOURCE = """\
struct operations { int (*get)(int); const char *name; };
static volatile int limit = 7;
static volatile int printed;
static int twice(int x) { return x * 2; }
static int thrice(int x) { return x * 3; }
static const struct operations operations = { twice, "twice" };
static const struct operations others = { thrice, "thrice" };
static const struct operations *const all[] = { &operations, &others };
static const int table[] = { 3, 1, 4, 1 };

int callee(int x) { return x + limit; }
int caller(int x) { return callee(x) - 1; }
int print(const char *text) { return text[limit]; }
int message(void) { return print("one string"); }
int lookup(int x) { return table[x & 3]; }
int through(int x) { return all[x]->get(x); }
int choose(int x)
{
	switch (x) {
	case 0: return callee(1);
	case 1: return caller(2);
	case 2: return message();
	case 3: return lookup(4);
	case 4: return through(5);
	case 5: return limit;
	}
	return 0;
}
void warn_slowpath_fmt(const char *file, int line, int taint, const char *format)
{
	printed = line + taint + file[0] + format[0];
}
#define WARN(x) if (x) warn_slowpath_fmt("file", __LINE__, 9, "taint")
void warns(int x) { WARN(x); }
void _printk(const char *format, const char *file, int line) { printed = line + file[0]; }
#define BUG(x) if (x) _printk("BUG: failure at %s:%d", "file", __LINE__)
void fails(int x) { BUG(x); printed = 3; }
int main(int argc, char **argv) { return choose(argc) + thrice(argc); }
"""
# Not to be seen through: calls stay calls.
FLAGS = ['-O2', '-fno-inline', '-fno-ipa-cp', '-fno-ipa-icf', '-fno-pic', '-mcmodel=large',
         '-ffunction-sections', '-no-pie', '-static', '-nostdlib', '-Wl,-e,main',
         '-Wl,--emit-relocs']


@pytest.fixture
def build(tmp_path):
    """Compile a text; return the program, with its digests beside it."""
    def run(*texts: str):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        sources = [f'{i}.c' for i in range(len(texts))]
        for source, text in zip(sources, texts):
            (folder / source).write_text(text)
        built = Built(series.kernel('stock'), Source(folder, '', ''), folder, folder / 'linux')
        subprocess.run(['gcc', *FLAGS, f'-Wl,-Map={built.map}', '-o', built.linked, *sources],
                       cwd=folder, check=True)
        return built
    return run


def changed_in(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize('old, new, differ', [
    ('int callee', '/* a comment */\n\nint callee', set()),
    ('x + limit;', 'x + limit + 1;', {'callee'}),
    ('limit = 7', 'limit = 8', {'callee', 'print', 'choose'}),
    ('3, 1, 4, 1', '3, 1, 5, 1', {'lookup'}),
    ('one string', 'two string', {'message'}),
    ('{ twice, "twice" }', '{ thrice, "twice" }', {'through', 'twice'}),  # unused: left out
    ('{ twice, "twice" }', '{ twice, "dozen" }', {'through'}),
    ('x * 2', 'x * 4', {'twice'}),
    ('callee(', 'called(', {'callee', 'called', 'caller', 'choose'}),
    ('case 2: return message();\n\tcase 3: return lookup(4)',
     'case 2: return lookup(4);\n\tcase 3: return message()', {'choose'}),
    ('int caller(int x) { return callee(x) - 1; }\n'
     'int print(const char *text) { return text[limit]; }',
     'int print(const char *text) { return text[limit]; }\n'
     'int caller(int x) { return callee(x) - 1; }', set()),
    ('void warns', '\n\nvoid warns', set()),
    ('void fails', '\n\nvoid fails', set()),
    ('"taint"', '"other"', {'warns'}),
    ('9, "taint"', '8, "taint"', {'warns'}),
    ('int callee', 'int unused(int x) { static int more; return x - ++more; }\nint callee',
     {'unused'}),
])
def test_what_differs(build, old, new, differ):
    assert functions.changed(build(SOURCE), build(changed_in(SOURCE, old, new))) == differ


def test_static_variables_are_numbered_anew(build):
    with_one = changed_in(SOURCE, 'int caller(int x) {',
                          'int caller(int x) { static int calls; ++calls;')
    with_more = changed_in(with_one, 'int callee(int x) {',
                           'int callee(int x) { static int calls; ++calls;')
    assert functions.changed(build(with_one), build(with_more)) == {'callee'}


def test_a_jump_table_counts(build):
    """The cases of two lines change places, which changes nothing but the table."""
    text = changed_in(SOURCE, 'case 0: return callee(1);\n\tcase 1: return caller(2)',
                      'case 1: return callee(1);\n\tcase 0: return caller(2)')
    assert functions.changed(build(SOURCE), build(text)) == {'choose'}


def test_static_functions_of_one_name_have_one_digest_together(build):
    other = 'static int twice(int x) { return x + x + 1; }\nint (*use)(int) = twice;\n'
    one, two = build(SOURCE, other), build(SOURCE, changed_in(other, 'x + 1', 'x + 2'))
    assert functions.changed(one, two) == {'twice'}


@pytest.mark.parametrize('damage', [lambda text: text[:-5], lambda text: '',
                                    lambda text: text.replace('a', 'b', 1)])
def test_a_file_that_is_damaged_is_none(build, damage):
    built = build(SOURCE)
    functions.digests(built)
    path = built.folder / functions.FILE
    path.write_text(damage(path.read_text()))
    with pytest.raises(Failure, match='remove it'):
        functions.digests(built)


def test_digests_are_kept(build):
    built = build(SOURCE)
    first = functions.digests(built)
    built.linked.unlink()
    assert functions.digests(built) == first


def test_a_function_that_nobody_calls_changes_no_other(appliance, stock_with):
    assert functions.changed(appliance.kernels['stock'],
                             stock_with(UNUSED).kernels['stock']) == {'null_util'}


def test_one_more_instruction_is_in_one_function(appliance, one_more):
    assert functions.changed(appliance.kernels['stock'], one_more) == {'walk_pgd_range'}


def test_every_function_that_has_a_size_has_a_digest(appliance):
    listed = subprocess.run(['nm', '-S', '--defined-only', appliance.kernels['stock'].program],
                            capture_output=True, text=True, check=True).stdout
    fields = (line.split() for line in listed.splitlines())
    names = {f[3] for f in fields if len(f) == 4 and f[2] in 'tTwWiI' and int(f[1], 16)}
    assert functions.digests(appliance.kernels['stock']).keys() == names


def test_the_series_changes_what_it_touches(appliance):
    """It also changes what the compiler makes of that, but no function of other files."""
    found = functions.changed(appliance.kernels['baseline'], appliance.kernels['patched'])
    assert {'walk_page_range', 'smaps_pte_range'} <= found
    assert not found & {'find_vma', 'mt_find', 'vm_normal_page', 'copy_page_range', 'schedule'}
