"""RunningHub's own form of a request, made from what the user sent: checked, put into the endpoint's types. Pure.

`offering` is the path of a standard endpoint, or `workflow/<id>` or `ai-app/<id>` (see runninghub_runs). What the
catalogue knows is checked, what it does not know is passed on. Sends nothing; the webhook receiver must not import it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from framehook.catalogue import runninghub as catalogue
from framehook.coercion import fitted
from framehook.errors import FieldProblem
from framehook.providers import runninghub_runs
from framehook.providers.prepared import Prepared
from framehook.rules import check, media_values
from framehook.wording import closest, either, shown

NATIVE_FORM = "runninghub/rhart-video-s-official/text-to-video-pro"

_OURS: Mapping[str, str] = {
    "webhookurl": "Framehook sets it; `callback_url` of the job names your own",
    "apikey": "Framehook sends the stack's own",
    "workflowid": "`model` of the job names it, as runninghub/workflow/<id>",
    "webappid": "`model` of the job names it, as runninghub/ai-app/<id>",
}
_ENDPOINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,2}")
_LONGEST = 200
_NO_GENERATIONS = (
    "api-key",
    "media",
    "price-preview",
    "query",
    "queue",
    "run",
)  # other calls beside the models
_LIKENESS = 0.85


def from_native(offering: str, given: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    """The input of a job for `runninghub/<offering>`, or everything that is wrong with it."""
    refused = _refusal(offering)
    unfit = [refused] if refused else check({}, given, path)
    if unfit:
        return unfit
    problems = [
        FieldProblem(f"{path}.{name}", f"can't be set here: {_OURS[name.lower()]}", "reserved_field")
        for name in given
        if name.lower() in _OURS
    ]
    own = {name: value for name, value in given.items() if name.lower() not in _OURS}
    if runninghub_runs.is_run(offering):
        prepared = runninghub_runs.prepared(offering, own, path)
    else:
        prepared = _standard(offering, own, path)
    if isinstance(prepared, list):
        return problems + prepared
    return problems or prepared


def _refusal(offering: str) -> FieldProblem | None:
    """Why no job can be sent there, whatever its input."""
    replacement = catalogue.delisted().get(offering)
    if replacement:
        message = f"RunningHub no longer offers {offering}; use runninghub/{replacement}"
        return FieldProblem("model", message, "model_delisted", allowed=[f"runninghub/{replacement}"])
    first = offering.partition("/")[0]
    is_endpoint = _ENDPOINT.fullmatch(offering) and first.lower() not in _NO_GENERATIONS
    if first in runninghub_runs.KINDS:
        is_endpoint = runninghub_runs.is_run(offering)
    if is_endpoint and len(offering) <= _LONGEST:
        return None
    forms = f"{NATIVE_FORM}, runninghub/workflow/<digits> or runninghub/ai-app/<digits>"
    message = f"{shown(offering)} is not a generation of RunningHub; one is written like {forms}"
    return FieldProblem("model", message, "unknown_model")


def _standard(endpoint: str, own: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    known = catalogue.find(endpoint)
    model = known or catalogue.UNLISTED
    rule = model.rule or {}
    body = fitted(rule, own)
    problems = check(rule, body, path)
    if problems:
        return problems
    return Prepared(
        offering=endpoint,
        kind=model.kind,
        body=body if model.rule else dict(own),
        uploads=False,
        webhooks=True,
        usual_seconds=model.usual_seconds,
        media=tuple(each for each in media_values(rule, own, path) if each.value.startswith("s3://")),
        warnings=() if known else (_unchecked(endpoint),),
    )


def _unchecked(endpoint: str) -> str:
    close = closest(endpoint, catalogue.known_endpoints(), likeness=_LIKENESS)
    guess = f" (close to it: {either(close)})" if close else ""
    return f"the catalogue does not know {endpoint} of RunningHub{guess}: its input was not checked"
