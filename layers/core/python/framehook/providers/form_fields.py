"""What a provider tells of a form, made fit to be shown and to be sent back: bounded. Knows no provider. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from framehook.plain_json import MAX_INTEGER
from framehook.providers.provider_words import readable
from framehook.providers.questions import Form, FormField, Scalar

LONGEST_NAME = 200
LONGEST_VALUE = 2_000
MOST_OPTIONS = 200
_MOST_FIELDS = 1_000
_LONGEST_FORM = 500_000  # in all; Lambda answers with 6 MB at most


def bounded(name: str | None, found: Iterable[FormField], *, complete: bool) -> Form:
    """As many of the fields as an answer can hold."""
    fields: list[FormField] = []
    room = _LONGEST_FORM
    for field in found:
        room -= _length(field)
        if room < 0 or len(fields) == _MOST_FIELDS:
            return Form(name, tuple(fields), complete=False)
        fields.append(field)
    return Form(name, tuple(fields), complete=complete)


def _length(field: FormField) -> int:
    told = (
        field.name,
        field.value,
        field.node_id,
        field.node_name,
        field.description,
        *(field.options or ()),
    )
    return sum(len(part) if isinstance(part, str) else 20 for part in told)


def sendable_name(value: Any) -> str | None:
    """What has to be sent back as it is must be short and plain; what is not can't be filled in."""
    plain = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()
    return value if plain else None


def json_type(value: Scalar) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "integer" if isinstance(value, int) else "number"


def storable(value: Scalar) -> Scalar | None:
    """None for what JSON readers on the way can't carry, or what is too long to be shown."""
    if isinstance(value, str):
        return readable(value, LONGEST_VALUE) if len(value) <= LONGEST_VALUE else None
    return value if abs(value) <= MAX_INTEGER else None
