"""Turns a job's model and input into a plan: one provider's way to run it, checked, complete, priced. Pure.

`model` is a name of the catalogue, or a provider's own id behind its name (`runware/openai:3@2`). What can't
be planned is refused with every problem found, before anything is stored or paid.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framehook import catalogue
from framehook.catalogue.formats import by_name
from framehook.errors import FieldProblem, InvalidRequest
from framehook.jobs import Kind
from framehook.providers.runware_input import RunwareInput, from_common, from_native
from framehook.quoting import quote
from framehook.rules import check
from framehook.wording import closest, either, shown

SUPPORTED = ("runware",)
_PLANNED = ("runninghub", "runcomfy")
_NATIVE_FORM = "a provider's own id is written like runware/openai:3@2"
_LONGEST_MODEL = 200
_MOST_PROVIDERS = 10
# source:id@version; see runware.ai/docs/platform/air
_AIR = re.compile(r"[A-Za-z0-9][\w.-]{0,63}:[A-Za-z0-9][\w.-]{0,95}(?:@[\w.-]{1,64})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a submission needs. `body` is the provider's form, without a task's ids and URLs.

    `quoted` is micro-USD for all outputs together; None when nobody can tell.
    """

    model: str
    provider: str
    offering: str
    kind: Kind
    count: int
    body: Mapping[str, Any]
    uploads: bool
    webhooks: bool
    usual_seconds: int
    quoted: int | None = None
    warnings: tuple[str, ...] = ()


def plan(model: str, input: Mapping[str, Any], provider: str | Sequence[str] | None = None) -> Plan:  # noqa: A002
    """The first eligible offering in the order of `provider`, or of the catalogue. Raises InvalidRequest."""
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
    return _named(model, entry, input, wanted)


def _wanted(provider: object) -> tuple[tuple[str, ...], list[FieldProblem]]:
    """The providers that may run the job, in order; none named means any."""
    if provider is None:
        return SUPPORTED, []
    names = [provider] if isinstance(provider, str) else provider
    if not isinstance(names, Sequence) or not 0 < len(names) <= _MOST_PROVIDERS:
        message = f"must be a name or a list of 1 to {_MOST_PROVIDERS} names"
        return (), [FieldProblem("provider", message, "invalid_type", allowed=list(SUPPORTED))]
    problems = [problem for name in names if (problem := _not_supported(name, "provider"))]
    return tuple(dict.fromkeys(names)) if not problems else (), problems


def _not_supported(name: object, field: str) -> FieldProblem | None:
    if name in SUPPORTED:
        return None
    known = isinstance(name, str) and name in _PLANNED
    what = f"{name} is not supported yet" if known else f"there is no provider {shown(name)}"
    return FieldProblem(
        field, f"{what}; supported: {either(SUPPORTED)}", "unsupported_provider", allowed=[*SUPPORTED]
    )


def _unknown_model(model: str) -> FieldProblem:
    names = list(catalogue.models())
    close = closest(model, names)
    guess = f"did you mean {either(close)}?" if close else f"the catalogue has {either(names)};"
    message = f"there is no model {shown(model)}; {guess} {_NATIVE_FORM}"
    return FieldProblem("model", message, "unknown_model", allowed=close or names)


def _native(model: str, name: str, air: str, given: Mapping[str, Any], wanted: Sequence[str]) -> Plan:
    problem = _not_supported(name, "model")
    if problem is None and name not in wanted:
        problem = FieldProblem("provider", f"{name} is needed for {shown(model)}", allowed=[name])
    if problem is None and not _AIR.fullmatch(air):
        problem = FieldProblem(
            "model", f"{shown(air)} is not an AIR id of Runware; {_NATIVE_FORM}", "unknown_model"
        )
    if problem:
        raise InvalidRequest(problem)
    prepared = from_native(air, given, "input")
    if isinstance(prepared, list):
        raise InvalidRequest(*prepared)
    entry, offering = _published("runware", air)
    return _plan(model, prepared, entry, offering)


def _published(provider: str, offering_id: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the catalogue's models say of an offering; empty for one that none of them has."""
    for entry in catalogue.models().values():
        for offering in entry["offerings"]:
            if (offering["provider"], offering["id"]) == (provider, offering_id):
                return entry, offering
    return {}, {}


def _named(model: str, entry: Mapping[str, Any], given: Mapping[str, Any], wanted: Sequence[str]) -> Plan:
    problems = check(entry["input"], given, "input")
    if problems:
        raise InvalidRequest(*problems)
    reasons: list[FieldProblem] = []
    for offering in sorted(entry["offerings"], key=lambda each: _order(each, wanted)):
        if offering["provider"] not in wanted:
            continue
        prepared = _offered(offering, entry, given)
        if isinstance(prepared, RunwareInput):
            return _plan(model, prepared, entry, offering)
        reasons += prepared
    raise InvalidRequest(*(reasons or [FieldProblem("provider", f"none of these runs {shown(model)}")]))


def _order(offering: Mapping[str, Any], wanted: Sequence[str]) -> int:
    return wanted.index(offering["provider"]) if offering["provider"] in wanted else len(wanted)


def _offered(
    offering: Mapping[str, Any], entry: Mapping[str, Any], given: Mapping[str, Any]
) -> RunwareInput | list[FieldProblem]:
    """The input in this provider's form with the catalogue's defaults, or why this offering can't run it."""
    name = f"{offering['provider']} ({offering['id']})"
    defaults = dict(entry["defaults"])
    for first, second in offering["exclusive"]:
        if first in given and second in given:
            message = f"{name} can't take {second} together with {first}, which decides it"
            return [FieldProblem(f"input.{second}", message, "no_eligible_offering", value=given[second])]
        if first in given:
            del defaults[second]
    prepared = from_native(offering["id"], from_common({**defaults, **given}), "input")
    if isinstance(prepared, RunwareInput):
        return prepared
    return [
        FieldProblem(
            problem.field, f"{name}: {problem.message}", "no_eligible_offering", allowed=problem.allowed
        )
        for problem in prepared
    ]


def _plan(model: str, prepared: RunwareInput, entry: Mapping[str, Any], offering: Mapping[str, Any]) -> Plan:
    known = prepared.model
    notice = (entry["notice"],) if "notice" in entry else ()
    return Plan(
        model=model,
        provider="runware",
        offering=prepared.air,
        kind=_kind(prepared),
        count=prepared.count,
        body=prepared.body,
        uploads="uploadEndpoint" in known.takes,
        webhooks="webhookURL" in known.takes,
        usual_seconds=offering.get("usual_seconds", known.usual_seconds),
        quoted=quote(offering.get("price"), prepared.body, prepared.count),
        warnings=(*notice, *prepared.warnings),
    )


def _kind(prepared: RunwareInput) -> Kind:
    """What the model makes; anything, where a format is asked for that is not known to be of that kind.

    Text is told by its task, not by its format: it comes inside the answer, and may be markup.
    """
    kind, wanted = prepared.model.kind, prepared.body.get("outputFormat")
    if wanted is None or kind is Kind.TEXT:
        return kind
    named = by_name(wanted)
    return kind if named is not None and named.can_be(kind) else Kind.ANY
