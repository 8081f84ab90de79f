"""Runware's own form of a request, made from what the user sent: checked, what is ours set and refused.

What the catalogue knows is checked; what it does not know is passed on, since Runware takes more than any
list has (community checkpoints, newer models). Sends nothing; the webhook receiver must not import it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from framehook.catalogue import runware as catalogue
from framehook.catalogue.formats import by_name
from framehook.catalogue.runware import RunwareModel
from framehook.errors import FieldProblem
from framehook.jobs import Kind
from framehook.providers.prepared import Prepared
from framehook.rules import check
from framehook.wording import closest, either, shown

DEFAULT_TTL_SECONDS = 86_400
LEAST_TTL_SECONDS = 21_600
"""How long Runware must keep its copy, whatever the user asked for: if no upload comes, the result is fetched
from there, by an asynchronous invocation that Lambda may repeat for six hours (docs.aws.amazon.com/lambda).
"""

NATIVE_FORM = "runware/openai:3@2"

_OURS: Mapping[str, str] = {
    "taskuuid": "Framehook makes one for each output",
    "webhookurl": "Framehook sets it; the event bus tells you when the job is done",
    "uploadendpoint": "Framehook sets it; outputs land in your bucket",
    "deliverymethod": "Framehook sets it; every job is asynchronous",
    "model": "`model` of the job names it",
}
# source:id@version; see runware.ai/docs/platform/air
_AIR = re.compile(r"[A-Za-z0-9][\w.-]{0,63}:[A-Za-z0-9][\w.-]{0,95}(?:@[\w.-]{1,64})?", re.ASCII)
_LIKENESS = 0.85  # of another source's id that is worth a suggestion: one slip of the keyboard
_SHARED: Mapping[str, Any] = {
    "outputType": ["URL"],
    "includeCost": "boolean",
    "numberResults": {"type": "integer", "min": 1, "max": 4},
    "ttl": {"type": "integer", "min": 60},
}


def from_native(air: str, given: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    """The input of a job for `runware/<air>`, or everything that is wrong with it."""
    if not _AIR.fullmatch(air):
        message = f"{shown(air)} is not an AIR id of Runware; one is written like {NATIVE_FORM}"
        return [FieldProblem("model", message, "unknown_model")]
    unfit = check({}, given, path)
    if unfit:
        return unfit
    model = _model(air, given, path)
    problems = _refusals(air, given, path)
    if isinstance(model, FieldProblem):
        return [model, *problems]
    own = {name: value for name, value in given.items() if name in _SHARED and _is_shared(name, model)}
    rest = {name: value for name, value in given.items() if name not in own and not _is_ours(name)}
    problems += check({"fields": _SHARED}, own, path)
    if model.rule is not None:
        problems += check(_without_ours(model.rule), {**model.defaults, **rest}, path)
    return problems or _prepared(air, model, own, rest)


def _model(air: str, given: Mapping[str, Any], path: str) -> RunwareModel | FieldProblem:
    """What is known of the model, at least by its task type; or what is wrong with the task type."""
    known = catalogue.find(air)
    if known is not None:
        if given.get("taskType", known.task_type) == known.task_type:
            return known
        message = f"must be {known.task_type} for {air}, not {shown(given['taskType'])}; it may be left out"
        return FieldProblem(f"{path}.taskType", message, allowed=[known.task_type])
    named = given.get("taskType")
    model = catalogue.unlisted(named) if isinstance(named, str) else None
    if model is not None:
        return model
    types = list(catalogue.task_types())
    if "taskType" in given:
        return FieldProblem(f"{path}.taskType", f"must be {either(types)}, not {shown(named)}", allowed=types)
    close = _alike(air)
    guess = f" (close to it: {either(close)})" if close else ""
    message = f"is required, since the catalogue does not know {air}{guess}: {either(types)}"
    return FieldProblem(f"{path}.taskType", message, "missing_field", allowed=types)


def _alike(air: str) -> list[str]:
    """Ids of the same source that are like this one, else any that differ from it by no more than a slip."""
    source, _, rest = air.partition(":")
    ids = catalogue.known_ids()
    same = [each for each in ids if each.partition(":")[0].lower() == source.lower()]
    by_rest = {each.partition(":")[2]: each for each in same}
    return [by_rest[each] for each in closest(rest, list(by_rest))] or closest(air, ids, likeness=_LIKENESS)


def _refusals(air: str, given: Mapping[str, Any], path: str) -> list[FieldProblem]:
    """The fields that Framehook sets. Naming the model that the job names anyway is no problem."""
    sent = {"model": air}
    return [
        FieldProblem(f"{path}.{name}", f"can't be set here: {_OURS[name.lower()]}", "reserved_field")
        for name, value in given.items()
        if name.lower() in _OURS and not (name in sent and value == sent[name])
    ]


def _without_ours(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rule without fields that are never the user's, so that no message suggests them."""
    return {**rule, "fields": {name: each for name, each in rule["fields"].items() if not _is_ours(name)}}


def _is_ours(name: str) -> bool:
    return name.lower() in _OURS or name == "taskType"


def _is_shared(name: str, model: RunwareModel) -> bool:
    """Whether our rule for the field counts: for a known model that lacks it, it is an unknown field."""
    return model.rule is None or name in model.takes


def _prepared(air: str, model: RunwareModel, own: Mapping[str, Any], rest: Mapping[str, Any]) -> Prepared:
    ttl = own.get("ttl", DEFAULT_TTL_SECONDS)
    forced = {
        "outputType": "URL",
        "includeCost": True,
        "deliveryMethod": "async",
        "numberResults": 1,
        "ttl": max(ttl, LEAST_TTL_SECONDS),
    }
    sent = {name: value for name, value in forced.items() if name in model.takes or name in own}
    body = {"taskType": model.task_type, **model.defaults, **rest, **sent}
    warnings: list[str] = []
    if ttl < LEAST_TTL_SECONDS:
        warnings.append(
            f"ttl is {LEAST_TTL_SECONDS} s, not {ttl}: the result must stay available until it landed"
        )
    if not own.get("includeCost", True):
        warnings.append(
            "includeCost is true, not false: it is always asked for, so that the job can say what it cost"
        )
    return Prepared(
        offering=air,
        kind=_kind(model, body),
        body=body,
        uploads="uploadEndpoint" in model.takes,
        usual_seconds=model.usual_seconds,
        count=own.get("numberResults", 1),
        warnings=tuple(warnings),
    )


def _kind(model: RunwareModel, body: Mapping[str, Any]) -> Kind:
    """What the model makes; anything, where a format is asked for that is not known to be of that kind.

    Text is told by its task, not by its format: it comes inside the answer, and may be markup.
    """
    wanted = body.get("outputFormat")
    if wanted is None or model.kind is Kind.TEXT:
        return model.kind
    named = by_name(wanted)
    return model.kind if named is not None and named.can_be(model.kind) else Kind.ANY
