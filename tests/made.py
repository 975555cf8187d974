# SPDX-License-Identifier: GPL-2.0
"""Records for tests, of which only some fields matter; what a run has stored."""

import json
from dataclasses import fields
from typing import Any

from appliance.boots.records import FIELDS, Kind
from appliance.paths import results_folder


def made(kind: type[Kind], **given: Any) -> Kind:
    """Make a record; other fields are 0, empty or false, or None if a line may lack them."""
    blank = {field.name: of.kind() if of.required else None
             for field, of in zip(fields(kind), FIELDS[kind])}
    return kind(**blank | given)


def latest(kind: str) -> dict:
    """Return the result of the last run, which has to be of this kind."""
    result = json.loads((results_folder() / 'latest' / 'result.json').read_text(encoding='utf-8'))
    assert result['kind'] == kind
    return result
