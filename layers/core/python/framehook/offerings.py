"""Turns a job's model and input into a plan: one provider's way to run it, checked, complete, priced. Pure.

`model` is a name of the catalogue, or a provider's own id behind its name (`runware/openai:3@2`). What can't
be planned is refused with every problem found, before anything is stored or paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framehook import catalogue
from framehook.catalogue_names import Reader, eligible
from framehook.errors import FieldProblem, InvalidRequest
from framehook.jobs import Kind
from framehook.media_references import MediaValue
from framehook.providers.prepared import Prepared
from framehook.providers.runcomfy import input as runcomfy_input
from framehook.providers.runninghub import input as runninghub_input
from framehook.providers.runware import input as runware_input
from framehook.quoting import quote
from framehook.wording import closest, either, shown

READERS: Mapping[str, Reader] = {
    "runware": runware_input,
    "runninghub": runninghub_input,
    "runcomfy": runcomfy_input,
}
"""What reads each provider's own words, in the order in which providers are tried."""

_LONGEST_MODEL = 200
_MOST_PROVIDERS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a submission needs. `body` is the provider's form, without a task's ids and URLs.

    `look_up_growth` is that of Prepared. `media` are the stack's own objects among its references, by the paths of the
    input. `quoted` is micro-USD for all outputs together; None when nobody can tell.
    """

    model: str
    provider: str
    offering: str
    kind: Kind
    count: int
    body: Mapping[str, Any]
    uploads: bool
    usual_seconds: int
    look_up_growth: int | None = None
    media: tuple[MediaValue, ...] = ()
    quoted: int | None = None
    warnings: tuple[str, ...] = ()


def plan(model: str, input: Mapping[str, Any], provider: str | Sequence[str] | None = None) -> Plan:  # noqa: A002
    """The first eligible offering in the order of `provider`, or of READERS. Raises InvalidRequest."""
    wanted, problems = _wanted(provider)
    if not 0 < len(model) <= _LONGEST_MODEL:
        raise InvalidRequest(
            FieldProblem("model", f"must be text of 1 to {_LONGEST_MODEL} characters"), *problems
        )
    name, slash, native_id = model.partition("/")
    if problems:
        raise InvalidRequest(*problems)
    if slash:
        return _native(model, name, native_id, input, wanted)
    entry = catalogue.models().get(model)
    if entry is None:
        raise InvalidRequest(_unknown_model(model))
    offering, prepared = eligible(entry, input, wanted, READERS)
    return _plan(model, offering["provider"], prepared, (entry, offering))


def _wanted(provider: object) -> tuple[tuple[str, ...], list[FieldProblem]]:
    """The providers that may run the job, in order; none named means any."""
    if provider is None:
        return tuple(READERS), []
    names = [provider] if isinstance(provider, str) else provider
    if not isinstance(names, Sequence) or not 0 < len(names) <= _MOST_PROVIDERS:
        message = f"must be a name or a list of 1 to {_MOST_PROVIDERS} names"
        return (), [FieldProblem("provider", message, "invalid_type", allowed=list(READERS))]
    problems = [problem for name in names if (problem := _not_supported(name, "provider"))]
    return tuple(dict.fromkeys(names)) if not problems else (), problems


def _not_supported(name: object, field: str) -> FieldProblem | None:
    if isinstance(name, str) and name in READERS:
        return None
    message = f"there is no provider {shown(name)}; supported: {either(list(READERS))}"
    return FieldProblem(field, message, "unsupported_provider", allowed=[*READERS])


def _unknown_model(model: str) -> FieldProblem:
    names = list(catalogue.models())
    close = closest(model, names)
    guess = f"did you mean {either(close)}?" if close else f"the catalogue has {either(names)};"
    *forms, last = (reader.NATIVE_FORM for reader in READERS.values())
    native = f"a provider's own id is written like {', '.join(forms)} or {last}"
    message = f"there is no model {shown(model)}; {guess} {native}"
    return FieldProblem("model", message, "unknown_model", allowed=close or names)


def _native(model: str, name: str, native_id: str, given: Mapping[str, Any], wanted: Sequence[str]) -> Plan:
    problem = _not_supported(name, "model")
    if problem is None and name not in wanted:
        problem = FieldProblem("provider", f"{name} is needed for {shown(model)}", allowed=[name])
    if problem:
        raise InvalidRequest(problem)
    prepared = READERS[name].from_native(native_id, given, "input")
    if isinstance(prepared, list):
        raise InvalidRequest(*prepared)
    return _plan(model, name, prepared, _published(name, native_id))


def _published(provider: str, offering_id: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the catalogue's models say of an offering; empty for one that none of them has."""
    for entry in catalogue.models().values():
        for offering in entry["offerings"]:
            if (offering["provider"], offering["id"]) == (provider, offering_id):
                return entry, offering
    return {}, {}


def _plan(
    model: str, provider: str, prepared: Prepared, published: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> Plan:
    entry, offering = published
    notice = (entry["notice"],) if "notice" in entry else ()
    return Plan(
        model=model,
        provider=provider,
        offering=prepared.offering,
        kind=prepared.kind,
        count=prepared.count,
        body=prepared.body,
        uploads=prepared.uploads,
        usual_seconds=offering.get("usual_seconds", prepared.usual_seconds),
        look_up_growth=offering.get("look_up_growth", prepared.look_up_growth),
        media=prepared.media,
        quoted=quote(offering.get("price"), prepared.body, prepared.count),
        warnings=(*notice, *prepared.warnings),
    )
