"""RunComfy's own form of a request, made from what the user sent: checked where the catalogue knows the model. Pure.

`offering` is the id of a model, or `deployment/<id>` (see `deployments`). Nothing is filled in: a field that is
left out has RunComfy's own default. Sends nothing; the webhook receiver must not import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.catalogue import runcomfy as catalogue
from framehook.catalogue.runcomfy import RunComfyModel
from framehook.coercion import fitted
from framehook.errors import FieldProblem
from framehook.providers.native_input import stored, unchecked, without_ours
from framehook.providers.prepared import Prepared
from framehook.providers.runcomfy import deployments
from framehook.providers.runcomfy.ids import DEPLOYMENT, deployment_of, is_model
from framehook.providers.runcomfy.references import reference_problems, stored_objects
from framehook.rules import MAX_PROBLEMS, check, media_values
from framehook.wording import shown

NATIVE_FORM = "runcomfy/openai/sora-2/pro/text-to-video"

_SET_BY_US = "Framehook sets it where RunComfy has webhooks; the event bus tells you when the job is done"
_OURS: Mapping[str, str] = {
    "webhook": _SET_BY_US,
    "webhook_intermediate_status": _SET_BY_US,
}


def from_native(offering: str, given: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    """The input of a job for `runcomfy/<offering>`, or everything that is wrong with it."""
    refused = refusal(offering)
    unfit = [refused] if refused else check({}, given, path)
    if unfit:
        return unfit
    own, problems = without_ours(given, _OURS, path)
    prepare = deployments.prepared if deployment_of(offering) else _model
    prepared = prepare(offering, own, path)
    if isinstance(prepared, list):
        return (problems + prepared)[:MAX_PROBLEMS]
    return problems or prepared


def refusal(offering: str) -> FieldProblem | None:
    """Why no job can be sent there, whatever its input. The field is that of a job."""
    right = _right(offering)
    if right != offering:
        message = f"{shown(offering)} is not an id of RunComfy; that of this is runcomfy/{right}"
        return FieldProblem("model", message, "unknown_model", allowed=[f"runcomfy/{right}"])
    if deployment_of(offering) or is_model(offering):
        return None
    forms = f"{NATIVE_FORM} or runcomfy/deployment/<id>"
    message = f"{shown(offering)} is not a model of RunComfy; one is written like {forms}"
    return FieldProblem("model", message, "unknown_model")


def _right(offering: str) -> str:
    """As RunComfy spells it, where that is known."""
    first, slash, own_id = offering.partition("/")
    if first.lower() == DEPLOYMENT:
        return f"{DEPLOYMENT}{slash}{own_id}"
    return catalogue.meant(offering) or offering


def _model(model_id: str, own: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    known = catalogue.find(model_id)
    if known is None or known.rule is None:
        return _passed_on(model_id, own, path)
    body = fitted(known.rule, own)
    problems = check(known.rule, body, path)
    if problems:
        return problems
    return _prepared(model_id, known, body, media=stored(media_values(known.rule, own, path)))


def _passed_on(model_id: str, own: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    """The body of a model whose fields are not known, if RunComfy can fetch what it refers to."""
    problems = reference_problems(own, path, https_only=True)
    if problems:
        return problems
    model, objects = catalogue.unlisted(model_id), stored_objects(own, path)
    warning = unchecked("RunComfy", model_id, catalogue.known_ids())
    return _prepared(model_id, model, dict(own), media=objects, warnings=(warning,))


def _prepared(model_id: str, model: RunComfyModel, body: Mapping[str, Any], **more: Any) -> Prepared:
    return Prepared(
        offering=model_id,
        kind=model.kind,
        body=body,
        uploads=False,
        usual_seconds=model.cadence.usual_seconds,
        look_up_growth=model.cadence.look_up_growth,
        **more,
    )
