# SPDX-License-Identifier: GPL-2.0
"""A night as KCIDB takes it: kcidb-5.3.schema.json is kcidb-io's, under GPL-2.0."""

import datetime
import hashlib
import json
from pathlib import Path

import jsonschema
import nights
import pytest
from appliance.commands.nightly import kcidb
from appliance.runs.night import State

SCHEMA = json.loads((Path(__file__).parent / 'kcidb-5.3.schema.json').read_text())
SERIES = nights.series_of(('stock',))[:1]
PATCHES = {'stock': ['a' * 64, 'b' * 64], 'fixed': []}
NIGHT = nights.night(1, SERIES, states=(
    State('stock', 'contract', 'W1', 'pass'),
    State('stock', 'contract', 'W2', 'fail', False, 'it\0 stops\n' * 5000),
    State('stock', 'contract', 'W3', 'fail', True, 'as ever'),
    State('fixed', 'selftests', 'mm/a b.c: "x"', 'skip', False, 'no memory'),
    State('fixed', 'selftests', 'mm/a_b.c: "x"', '-')))


FORMATS = jsonschema.FormatChecker()


@FORMATS.checks('date-time', ValueError)
def is_moment(text: str) -> bool:
    """The library asks for a package that Debian does not have."""
    return datetime.datetime.fromisoformat(text).tzinfo is not None


def check(found: dict) -> None:
    jsonschema.validate(found, SCHEMA, jsonschema.Draft7Validator, format_checker=FORMATS)


@pytest.fixture
def found() -> dict:
    return json.loads(kcidb.text(NIGHT, PATCHES))


def test_the_schema_takes_it(found):
    check(found)


def test_the_schema_refuses_what_is_wrong(found):
    for place, field, wrong in (('tests', 'path', 'a b'), ('tests', 'start_time', 'yesterday'),
                                ('tests', 'status', 'pass'), ('builds', 'architecture', 'x86-64'),
                                ('checkouts', 'patchset_hash', 'abc'), ('tests', 'id', 'W1')):
        one = json.loads(json.dumps(found))
        one[place][0][field] = wrong
        with pytest.raises(jsonschema.ValidationError):
            check(one)


def test_each_test_leads_to_its_kernel_and_no_id_is_there_twice(found):
    builds = {one['id']: one['checkout_id'] for one in found['builds']}
    assert set(builds.values()) == {one['id'] for one in found['checkouts']}
    assert {one['build_id'] for one in found['tests']} == set(builds)
    for kind in ('checkouts', 'builds', 'tests'):
        ids = [one['id'] for one in found[kind]]
        assert len(set(ids)) == len(ids)


def test_states_and_numbers(found):
    point, = NIGHT.points.values()
    said = {one['path']: (one['status'], one.get('number', {}).get('value')) for one in found['tests']}
    row = f'bench.{SERIES[0].layout}.{SERIES[0].walk}'
    assert said == {
        'contract.W1': ('PASS', None), 'contract.W2': ('FAIL', None), 'contract.W3': ('FAIL', None),
        'selftests.mm_a_b_c___x_': ('SKIP', None),
        f'{row}.instructions': ('DONE', point.count), f'{row}.time_ratio': ('DONE', point.value)}
    known = [one['path'] for one in found['tests'] if 'known to fail' in one.get('comment', '')]
    assert known == ['contract.W3']


def test_patches_have_one_hash(found):
    stock, fixed = found['checkouts']
    lines = f'{"a" * 64}\n{"b" * 64}\n'
    assert stock['patchset_hash'] == hashlib.sha256(lines.encode()).hexdigest()
    assert fixed['patchset_hash'] == ''
