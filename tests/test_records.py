# SPDX-License-Identifier: GPL-2.0
"""Records: what docs/formats.md, the C code and the classes say is the same; lines and back."""

import dataclasses
import re
import threading

import pytest

from appliance import process
from appliance.boots import guest, records
from appliance.failure import Failure
from appliance.paths import TOP

DOCS = TOP / 'docs' / 'formats.md'
WRITERS = [TOP / 'workloads' / 'out' / 'records.c',
           *(TOP / 'bench' / 'runner' / name for name in ('main.c', 'events.c'))]
# The runner puts these in front of all records of a guest: the tables leave them out.
IN_FRONT = {'kernel', 'boot'}
# What follows a name in a format of printf, and the type of such a value.
VALUES = {r'\"': str, '%s': bool, '[': list, '{': dict, '%': int}
IN_C = re.compile(r'\\"(\w+)\\":(?:\\"(\w+)\\"|(\\"|%s|\[|\{|%))')


def of_docs(text: str) -> dict[str, set[str]]:
    """Map types to fields, as in the table below Records."""
    found: dict[str, set[str]] = {}
    section = text.partition('\n## Records\n')[2].partition('\n## ')[0]
    for first, second in re.findall(r'^\| *(`\w+`)? *\| *((?:`\w+`(?:, )?)*) *\|', section, re.M):
        if first:
            of_type = found.setdefault(first.strip('`'), set())
        if found:
            of_type.update(re.findall(r'\w+', second))
    return {name: of_type - IN_FRONT for name, of_type in found.items() if of_type}


def of_c(text: str) -> dict[str, dict[str, type]]:
    """Map types and fields to the types of printed values; fields follow their type."""
    found: dict[str, dict[str, type]] = {}
    for name, kind, value in IN_C.findall(text):
        if name == 'type':
            fields = found.setdefault(kind, {})
        elif name not in IN_FRONT:
            fields[name] = VALUES[value]
    return found


def of_classes() -> dict[str, dict[str, type]]:
    return {name: {field.name: field.kind for field in records.FIELDS[kind]
                   if field.name not in IN_FRONT} for name, kind in records.TYPES.items()}


def written() -> dict[str, dict[str, type]]:
    found: dict[str, dict[str, type]] = {}
    for path in WRITERS:
        found |= of_c(path.read_text())
    return found


def test_docs_and_classes_agree():
    assert of_docs(DOCS.read_text()) == {name: set(of) for name, of in of_classes().items()}


def test_c_and_classes_agree():
    """A bench itself writes `turns`."""
    assert written() == {name: of for name, of in of_classes().items() if name != 'turns'}


def test_no_other_c_file_writes_records():
    assert [path for folder in ('bench/runner', 'workloads') for path in (TOP / folder).rglob('*.c')
            if path not in WRITERS and of_c(path.read_text())] == []


def test_what_differs_is_seen():
    code = r'put("{\"type\":\"a\",\"n\":%d,\"s\":\"%s\",\"ok\":%s" ",\"at\":[");'
    assert of_c(code) == {'a': {'n': int, 's': str, 'ok': bool, 'at': list}}
    table = ('\n## Records\n| type | field |\n| `a` | | x |\n| | `n`, `s` | y |\n\n'
             '## Next\n| `b` | `m` |')
    assert of_docs(table) == {'a': {'n', 's'}}


LINES = [
    '{"type":"host","tsc_khz":2000000,"cpu":"a \\"CPU\\""}',
    '{"type":"boot","kernel":"k","boot":1,"wall_ns":5,"outcome":"exit","status":0,"came_up":true,'
    '"console_dropped":0}',
    '{"type":"turns","boot":0,"seed":1,"placement":2,"kernels":["a","b"],"cpu_ns":3}',
    '{"kernel":"k","boot":0,"type":"sample","layout":"l","walk":"w","cycles":1,"repeat":2,"mean":3,'
    '"parts":4,"pages":5,"calls":6,"return":-7}',
    '{"kernel":"k","boot":0,"type":"sample","layout":"l","walk":"w","cycles":1,"repeat":2,"mean":3,'
    '"parts":4,"pages":5,"calls":6,"return":0,"turn":0,"bare_turn":0}',
    '{"kernel":"k","boot":0,"type":"events","turn":3,"counts":{"cycles":7,"task-clock":8}}',
    '{"kernel":"k","boot":0,"type":"insns","layout":"l","walk":"w",'
    '"at":[[1,2],[18446744073709551615,4]]}',
    '{"kernel":"k","boot":0,"type":"golden","case":"c","calls":[["pte_hole",0,512,null],["x",1,2,-1]]}',
    '{"kernel":"k","boot":0,"type":"golden","case":"c","calls":[],"return":0,"cleared":0,"changed":0,'
    '"overflowed":false}',
]


@pytest.mark.parametrize('line', LINES)
def test_a_line_comes_back_to_the_byte(line):
    assert records.line(records.parse(f'{line}\n', 'here')) == line


def test_values():
    found = records.parse(LINES[7], 'here')
    assert found == records.Golden('k', 0, 'c', [('pte_hole', 0, 512, None), ('x', 1, 2, -1)])
    assert records.parse(LINES[3], 'here', boot=5).boot == 5
    assert records.parse(LINES[0], 'here', boot=5) == records.Host(2000000, 'a "CPU"')
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.case = 'd'


GOOD = LINES[4]


@pytest.mark.parametrize('line, why', [
    ('{"type":"sam', 'Unterminated string'), ('', 'Expecting value'),
    ('[1]', 'no object'), ('7', 'no object'),
    ('{"kernel":"k"}', 'no type None is known'), ('{"type":["a"]}', r"no type \['a'\] is known"),
    ('{"type":"nonesuch"}', "no type 'nonesuch' is known"),
    (GOOD.replace('"pages":5,', ''), "no 'pages'"), (GOOD.replace('"boot":0,', ''), "no 'boot'"),
    (GOOD.replace('"pages":5', '"pages":"5"'), "'pages' is not int"),
    (GOOD.replace('"pages":5', '"pages":5.0'), "'pages' is not int"),
    (GOOD.replace('"pages":5', '"pages":true'), "'pages' is not int"),
    (GOOD.replace('"turn":0', '"turn":null'), "'turn' is not int"),
    (GOOD.replace('"walk":"w"', '"walk":1'), "'walk' is not str"),
    (GOOD.replace('"turn"', '"more":1,"turn"'), "sample has no field 'more'"),
    (LINES[6].replace('[1,2]', '[1]'), 'shorter'), (LINES[6].replace('[1,2]', '[1,"2"]'), 'is not int'),
    (LINES[6].replace('[1,2]', '3'), '3 is not list'),
    (LINES[7].replace('null', '"a"'), 'is not int or NoneType'),
    (LINES[5].replace('7', '"7"'), "'7' is not int")])
def test_a_broken_line_is_quoted(line, why):
    with pytest.raises(Failure, match=f'^record 7 is broken, .*{why}') as failure:
        records.parse(line, 'record 7')
    assert str(failure.value).endswith(f': {line[:records.SHOWN]}')
    assert '\n' not in str(failure.value)


def test_a_broken_record_of_a_guest(appliance):
    """The runner lets it pass, for it is an object, and umwalk ends the boot."""
    script = r"""printf '{"type":"caf\351"}\n' >&3; sleep 2000"""
    with pytest.raises(Failure, match=r'^record 2 of a boot is broken, .*"type":"caf\\xe9"'):
        list(guest.records(appliance.only('stock'), '--host', '--timeout=0',
                           argv=['sh', '-c', script]))


def test_nobody_watches_a_boot_that_is_over():
    begun, over, late = threading.Event(), threading.Event(), []

    def hopeless(_: int) -> bool:
        begun.set()
        late.append(over.wait(0.3))
        return False

    with process.start(['sleep', '1000']) as runner:
        with guest._watched(runner, hopeless):
            begun.wait()
        over.set()
        runner.kill()
    assert late == [False]


def test_records_of_real_boots_come_back_to_the_byte(appliance, monkeypatch):
    """This holds for each type that a boot may have."""
    lines = []
    parse = records.parse
    monkeypatch.setattr(guest, 'parse', lambda line, *of: lines.append(line) or parse(line, *of))
    found = []
    for job in (('check', 'dense'), ('time', '--samples=1', 'dense:smaps'), ('count', 'dense:smaps'),
                ('loop', 'dense:smaps', '10')):
        found += guest.records(appliance.only('stock'), argv=['/bin/walks', *job])
    assert {type(record).TYPE for record in found} >= {'host', 'boot', 'layout', 'check', 'sample',
                                                       'count', 'insns', 'loop'}
    assert [f'{records.line(record)}\n' for record in found] == lines
