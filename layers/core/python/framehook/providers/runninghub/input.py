"""RunningHub's own form of a request, made from what the user sent: checked, put into the endpoint's types. Pure.

`offering` is the path of a standard endpoint, or `workflow/<id>` or `ai-app/<id>` (see runs). What the
catalogue knows is checked, what it does not know is passed on. Sends nothing; the webhook receiver must not import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.catalogue import runninghub as catalogue
from framehook.coercion import fitted
from framehook.errors import FieldProblem
from framehook.providers.native_input import stored, unchecked, without_ours
from framehook.providers.prepared import Prepared
from framehook.providers.runninghub import runs as runninghub_runs
from framehook.providers.runninghub.ids import path_of, run_of
from framehook.rules import check, media_values
from framehook.wording import shown

NATIVE_FORM = "runninghub/rhart-video-s-official/text-to-video-pro"

_OURS: Mapping[str, str] = {
    "webhookurl": "Framehook sets it; the event bus tells you when the job is done",
    "apikey": "Framehook sends the stack's own",
    "workflowid": "`model` of the job names it, as runninghub/workflow/<id>",
    "webappid": "`model` of the job names it, as runninghub/ai-app/<id>",
}


def from_native(offering: str, given: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    """The input of a job for `runninghub/<offering>`, or everything that is wrong with it."""
    refused = refusal(offering)
    unfit = [refused] if refused else check({}, given, path)
    if unfit:
        return unfit
    own, problems = without_ours(given, _OURS, path)
    prepare = runninghub_runs.prepared if run_of(offering) else _standard
    prepared = prepare(offering, own, path)
    if isinstance(prepared, list):
        return problems + prepared
    return problems or prepared


def refusal(offering: str) -> FieldProblem | None:
    """Why no job can be sent there, whatever its input. The field is that of a job."""
    right = _spelled(offering)
    replacement = catalogue.delisted().get(right)
    if replacement:
        message = f"RunningHub no longer offers {right}; use runninghub/{replacement}"
        return FieldProblem("model", message, "model_delisted", allowed=[f"runninghub/{replacement}"])
    if right != offering:
        message = f"RunningHub has no {shown(offering)}; it is written runninghub/{right}"
        return FieldProblem("model", message, "unknown_model", allowed=[f"runninghub/{right}"])
    if path_of(offering):
        return None
    forms = f"{NATIVE_FORM}, runninghub/workflow/<digits> or runninghub/ai-app/<digits>"
    message = f"{shown(offering)} is not a generation of RunningHub; one is written like {forms}"
    return FieldProblem("model", message, "unknown_model")


def _spelled(offering: str) -> str:
    """As RunningHub spells it, where it is known to take no other letters than these in lower or upper case."""
    lower = offering.lower()
    return lower if run_of(lower) else catalogue.spelled(offering) or offering


def _standard(endpoint: str, own: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    model = catalogue.find(endpoint) or catalogue.UNLISTED
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
        usual_seconds=model.usual_seconds,
        media=stored(media_values(rule, own, path)),
        warnings=() if model.rule else (unchecked("RunningHub", endpoint, catalogue.known_endpoints()),),
    )
