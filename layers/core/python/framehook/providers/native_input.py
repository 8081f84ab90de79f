"""What the readers of the providers' own forms of a request share: which fields are ours, which files the stack's own,
and the warning that nothing was checked. Knows no provider. Pure; the webhook receiver must not import it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from framehook.errors import FieldProblem
from framehook.media_references import MediaValue
from framehook.wording import closest, either

_LIKENESS = 0.85


def without_ours(
    given: Mapping[str, Any], ours: Mapping[str, str], path: str
) -> tuple[dict[str, Any], list[FieldProblem]]:
    """The user's own fields, and a problem for each that Framehook sets: `ours` says by lower-case name why."""
    own = {name: value for name, value in given.items() if name.lower() not in ours}
    return own, [_reserved(f"{path}.{name}", ours[name.lower()]) for name in given if name not in own]


def _reserved(field: str, why: str) -> FieldProblem:
    return FieldProblem(field, f"can't be set here: {why}", "reserved_field")


def stored(values: Iterable[MediaValue]) -> tuple[MediaValue, ...]:
    """Those that are objects of the stack's bucket."""
    return tuple(each for each in values if each.value.startswith("s3://"))


def unchecked(title: str, offering: str, known: Sequence[str]) -> str:
    """The warning that the catalogue has no fields of what the provider of this title calls `offering`."""
    if offering in known:
        return f"the catalogue knows {offering} of {title}, but its fields are unknown: its input was not checked"
    close = closest(offering, known, likeness=_LIKENESS)
    guess = f" (close to it: {either(close)})" if close else ""
    return f"the catalogue does not know {offering} of {title}{guess}: its input was not checked"
