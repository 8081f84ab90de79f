"""Inputs in the catalogue's own words, put into those of each provider that offers the model. Pure.

An offering's `input` says where each of our fields goes: to a field of the provider's (`inputs.frameImages[]`: into a
list), or by its value to several. What it does not name it can't take; `count` is never sent. `needs` are fields that
it can't do without, `exclusive` pairs of which the first decides the second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from framehook.errors import FieldProblem, InvalidRequest
from framehook.providers.prepared import Prepared
from framehook.rules import check
from framehook.wording import either, shown

_CODE = "no_eligible_offering"
_FIRST_FIELD = re.compile(r"input\.(\w+)(?:\.\w+|\[\d+\])*")


class Reader(Protocol):
    """Implemented by each provider's `input`; the module is passed as the object."""

    NATIVE_FORM: str
    """An example of a `model` with its own id of one."""

    def from_native(
        self, offering: str, given: Mapping[str, Any], path: str, /
    ) -> Prepared | list[FieldProblem]:
        """What is sent for an input in the provider's own words, or all that is wrong with it; `path` is its name."""
        ...


def eligible(
    entry: Mapping[str, Any], given: Mapping[str, Any], wanted: Sequence[str], readers: Mapping[str, Reader]
) -> tuple[Mapping[str, Any], Prepared]:
    """The first offering in the order of the wanted providers that can do what is asked, and its own form of it.

    Raises InvalidRequest with what is wrong with the input; else with why each provider can't, and who else could.
    """
    problems = check(entry["input"], given, "input")
    if problems:
        raise InvalidRequest(*problems)
    reasons: list[FieldProblem] = []
    for provider in wanted:
        refusals: list[tuple[bool, list[FieldProblem]]] = []
        for offering in _of(provider, entry):
            outcome = _offered(offering, entry, given, readers[provider])
            if isinstance(outcome, Prepared):
                return offering, outcome
            refusals.append((bool(_missing(offering, given)), outcome))
        reasons += _worth_telling(refusals)
    raise InvalidRequest(*reasons, *_elsewhere(entry, given, wanted, readers))


def _worth_telling(refusals: Sequence[tuple[bool, list[FieldProblem]]]) -> list[FieldProblem]:
    """One provider's reasons, each with whether its offering lacks a field that it needs. Those are left out where
    another offering lacks nothing: whoever sent no image never asked for a video of one."""
    fitting = [reasons for lacking, reasons in refusals if not lacking]
    return [reason for reasons in fitting or [each for _, each in refusals] for reason in reasons]


def _missing(offering: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    return [field for field in offering.get("needs", ()) if field not in given]


def _of(provider: str, entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [offering for offering in entry["offerings"] if offering["provider"] == provider]


def _elsewhere(
    entry: Mapping[str, Any], given: Mapping[str, Any], wanted: Sequence[str], readers: Mapping[str, Reader]
) -> list[FieldProblem]:
    """A problem of `provider` that names those who could run it, or that there is nobody else either."""
    able = [
        provider
        for provider, reader in readers.items()
        if provider not in wanted
        and any(isinstance(_offered(each, entry, given, reader), Prepared) for each in _of(provider, entry))
    ]
    if able:
        message = f"{' and '.join(wanted)} can't run this, {' and '.join(able)} can"
        return [FieldProblem("provider", message, _CODE, allowed=able)]
    if any(_of(provider, entry) for provider in wanted):
        return []
    return [FieldProblem("provider", f"no offering of this model is by {' or '.join(wanted)}", _CODE)]


def _offered(
    offering: Mapping[str, Any], entry: Mapping[str, Any], given: Mapping[str, Any], reader: Reader
) -> Prepared | list[FieldProblem]:
    """The input in this provider's form with the catalogue's defaults, or why this offering can't run it."""
    name = f"{offering['provider']} ({offering['id']})"
    problems = _shape_problems(name, offering, given)
    if problems:
        return problems
    body = _translated(offering["input"], _with_defaults(offering, entry, given))
    outcome = reader.from_native(offering["id"], body, "input")
    if isinstance(outcome, Prepared):
        media = tuple(replace(each, path=_our_path(each.path, offering)) for each in outcome.media)
        return replace(outcome, count=given.get("count", 1), media=media)
    return [
        FieldProblem(
            _our_path(problem.field, offering),
            f"{name}: {problem.message}",
            _CODE,
            problem.value,
            problem.allowed,
        )
        for problem in outcome
    ]


def _shape_problems(name: str, offering: Mapping[str, Any], given: Mapping[str, Any]) -> list[FieldProblem]:
    """What this offering can't express, whatever the rest of the input says."""
    missing = _missing(offering, given)
    problems = [FieldProblem(f"input.{field}", f"{name} needs {field}", _CODE) for field in missing]
    for field, value in given.items():
        place = offering["input"].get(field)
        if place is None and field != "count":
            problems.append(FieldProblem(f"input.{field}", f"{name} takes no {field}", _CODE))
        elif isinstance(place, Mapping) and value not in place:
            message = f"{name} takes {field} {either(list(place))}, not {shown(value)}"
            problems.append(FieldProblem(f"input.{field}", message, _CODE, value, list(place)))
    for first, second in offering.get("exclusive", ()):
        if first in given and second in given:
            message = f"{name} can't take {second} together with {first}, which decides it"
            problems.append(FieldProblem(f"input.{second}", message, _CODE, given[second]))
    return problems


def _with_defaults(
    offering: Mapping[str, Any], entry: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """What is always sent: what was given, and the defaults that this offering takes beside it."""
    decided = {second for first, second in offering.get("exclusive", ()) if first in given}
    defaults = {
        field: value
        for field, value in entry["defaults"].items()
        if field in offering["input"] and field not in decided
    }
    return {**defaults, **given}


def _translated(places: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for field, value in values.items():
        place = places.get(field)
        if isinstance(place, Mapping):
            body |= place[value]
        elif place:
            _put(body, place, value)
    return body


def _put(body: dict[str, Any], place: str, value: Any) -> None:
    *outer, last = place.removesuffix("[]").split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = [value] if place.endswith("[]") else value


def _our_path(path: str, offering: Mapping[str, Any]) -> str:
    """The path of the field of ours that was put at this path of the provider's; the path itself if none was."""
    match = _FIRST_FIELD.fullmatch(path)
    for field, place in offering["input"].items():
        names = (
            {place.split(".")[0]}
            if isinstance(place, str)
            else {name for to in place.values() for name in to}
        )
        if match and match[1] in names:
            return f"input.{field}"
    return path
