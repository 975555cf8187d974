# SPDX-License-Identifier: GPL-2.0
"""Records for tests, of which only some fields matter."""

from dataclasses import fields
from typing import Any

from appliance.boots.records import FIELDS, Kind


def made(kind: type[Kind], **given: Any) -> Kind:
    """Make a record; other fields are 0, empty or false, or None if a line may lack them."""
    blank = {field.name: of.kind() if of.required else None
             for field, of in zip(fields(kind), FIELDS[kind])}
    return kind(**blank | given)
