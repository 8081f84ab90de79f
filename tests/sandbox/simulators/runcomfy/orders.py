"""Makes orders from the bodies of submissions, or refuses them; nothing is started or charged here."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.sandbox.simulators.json_values import is_web_address
from tests.sandbox.simulators.runcomfy.deployments import Deployment, graph_outputs
from tests.sandbox.simulators.runcomfy.jobs import LORA, MODEL, Hook, Order
from tests.sandbox.simulators.runcomfy.model_registry import ModelRegistry, is_model_id
from tests.sandbox.simulators.runcomfy.refusals import BAD_IDENTIFIER, Refusal
from tests.sandbox.simulators.runcomfy.schema_checks import check_body, invalid
from tests.sandbox.simulators.runcomfy.settings import Settings

HOOK_KEYS = ("webhook", "webhook_intermediate_status")
COMFYUI_KEYS = ("overrides", "workflow_api_json", "extra_data")
NOT_AN_OBJECT = ("value is not a valid dict", "type_error.dict")
# Machine time of a deployment, in USD.
PRICE_PER_SECOND = 0.0005


def model_order(
    model_id: str, body: dict[str, Any], query: Mapping[str, str], registry: ModelRegistry, settings: Settings
) -> Order:
    """A call of the Model API. The body is the model's input as it stands."""
    model = None
    if is_model_id(model_id):
        model = registry.model_for(model_id, accept_unknown=settings.accept_unknown_models)
    if model is None:
        raise Refusal(BAD_IDENTIFIER)
    if model.strict:
        check_body(
            body,
            model.schema,
            ignore_unknown=settings.ignore_unknown_parameters,
            status=int(settings.validation_status),
        )
    return Order(
        api=MODEL,
        target=model.id,
        path="/runcomfy/v1",
        body=body,
        prompt=_prompt(body),
        pieces=model.pieces,
        run_kind=model.kind,
        price=model.price_of(body),
        hook=_hook(query) if settings.model_api_webhooks else None,
    )


def deployment_order(
    deployment: Deployment, version: str, body: dict[str, Any], query: Mapping[str, str], settings: Settings
) -> Order:
    """A call of the Serverless API: a graph with overrides, or the flat input of a LoRA."""
    pieces, wishes = deployment.output, query
    if deployment.kind == LORA:
        check_body(body, deployment.schema, ignore_unknown=settings.ignore_unknown_parameters, status=422)
    else:
        _check_comfyui_body(body, deployment, ignore_unknown=settings.ignore_unknown_parameters)
        pieces = graph_outputs(body["workflow_api_json"]) if body.get("workflow_api_json") else pieces
        # The older way, which is still taken where the body is not the model's own.
        wishes = {**{key: str(body[key]) for key in HOOK_KEYS if key in body}, **query}
    return Order(
        api=deployment.kind,
        target=deployment.id,
        path=f"/runcomfy/prod/{version}/deployments/{deployment.id}",
        body=body,
        prompt=_prompt(body),
        pieces=pieces,
        run_kind=deployment.kind,
        price=round(settings.run_seconds[deployment.kind] * PRICE_PER_SECOND, 6),
        hook=_hook(wishes),
    )


def _hook(wishes: Mapping[str, str]) -> Hook | None:
    url = wishes.get("webhook")
    if not url:
        return None
    if not is_web_address(url):
        raise invalid((["query", "webhook"], "invalid or missing URL scheme", "value_error.url"))
    return Hook(url, wishes.get("webhook_intermediate_status", "").lower() == "true")


def _check_comfyui_body(body: Mapping[str, Any], deployment: Deployment, *, ignore_unknown: bool) -> None:
    problems = [
        (["body", name], "extra fields not permitted", "value_error.extra")
        for name in body
        if not ignore_unknown and name not in (*COMFYUI_KEYS, *HOOK_KEYS)
    ]
    problems += [
        (["body", name], *NOT_AN_OBJECT) for name in COMFYUI_KEYS if not isinstance(body.get(name, {}), dict)
    ]
    if problems:
        raise invalid(*problems)
    overrides, graph = body.get("overrides", {}), body.get("workflow_api_json", {})
    problems = list(_graph_problems(graph)) if graph else list(_override_problems(overrides, deployment))
    if graph and overrides:
        problems.append((["body", "overrides"], "not beside workflow_api_json", "value_error"))
    if problems:
        raise invalid(*problems)


def _graph_problems(graph: Mapping[str, Any]) -> Iterator[tuple[list[str], str, str]]:
    for node, entry in graph.items():
        if not (isinstance(entry, dict) and "class_type" in entry and isinstance(entry.get("inputs"), dict)):
            yield ["body", "workflow_api_json", node], "not a node of ComfyUI's API format", "value_error"


def _override_problems(
    overrides: Mapping[str, Any], deployment: Deployment
) -> Iterator[tuple[list[str], str, str]]:
    for node, entry in overrides.items():
        place = ["body", "overrides", node]
        if node not in deployment.workflow:
            yield place, "no such node", "value_error"
        elif not isinstance(entry, dict) or not isinstance(entry.get("inputs"), dict):
            yield place, *NOT_AN_OBJECT
        else:
            known = deployment.workflow[node]["inputs"]
            for name in entry["inputs"].keys() - known.keys():
                yield [*place, "inputs", name], "no such input", "value_error"


def _prompt(body: Mapping[str, Any]) -> str:
    prompt = body.get("prompt")
    if isinstance(prompt, str):
        return prompt
    return json.dumps({key: value for key, value in body.items() if key not in HOOK_KEYS}, ensure_ascii=False)
