# SPDX-License-Identifier: GPL-2.0
"""Records for tests, of which only some fields matter."""

from dataclasses import fields
from typing import Any

from appliance.boots.records import FIELDS, Kind


def made(kind: type[Kind], **given: Any) -> Kind:
    """A record; what is not given is 0, empty or false, or None where a line may lack it."""
    blank = {field.name: of.kind() if of.required else None
             for field, of in zip(fields(kind), FIELDS[kind])}
    return kind(**blank | given)
