"""What can be filled in of a model or a deployment of RunComfy, as RunComfy tells it. Pure.

docs.runcomfy.com/model-apis/model-catalog-endpoints and docs.runcomfy.com/serverless/deployment-endpoints have the
calls, docs.runcomfy.com/mcp/tool-reference says what is in a deployment's payload.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from framehook.providers.answer_json import load
from framehook.providers.comfyui_graphs import MOST_NODES, literals
from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.form_examples import SAMPLE_TEXT, flat, likely_of_nodes, sample
from framehook.providers.form_fields import LONGEST_NAME, bounded
from framehook.providers.provider_words import readable
from framehook.providers.questions import Form, FormField, FormQuestion, money
from framehook.providers.runcomfy.ids import DEPLOYMENT, deployment_of, is_model
from framehook.providers.runcomfy.provider import SERVERLESS
from framehook.providers.runcomfy.questions import document_of, get
from framehook.providers.runcomfy.schemas import fields_of

_LONGEST_NOTE = 500
_LONGEST_UNIT = 40
_EMPTY: tuple[object, ...] = (None, "", "{}", "[]", {}, [])
_OF_ANY_DEPLOYMENT = (
    FormField(
        "overrides",
        "object",
        description='Inputs to change, by the ids of their nodes: {"6": {"inputs": {"text": "…"}}}',
    ),
    FormField(
        "workflow_api_json",
        "object",
        description="A whole graph in ComfyUI's API format, instead of the saved one and without `overrides`",
    ),
    FormField("extra_data", "object", description="What nodes may need besides, such as `api_key_comfy_org`"),
)


def question(offering: str) -> FormQuestion | None:
    deployment = deployment_of(offering)
    if deployment:
        path = f"/prod/v2/deployments/{deployment}?includes=payload"
        return FormQuestion(
            DEPLOYMENT, lambda key: get(path, key, SERVERLESS), read_deployment, deployment_example
        )
    if not is_model(offering):
        return None
    return FormQuestion("native", lambda key: get(f"/v1/models/{offering}", key), read_model, flat)


def read_model(response: HttpResponse) -> Form:
    """What the model's input schema names, what is required first. Raises QuestionRefused, UnreadableAnswer."""
    document = document_of(response)
    schema = document.get("input_schema")
    if not isinstance(schema, Mapping):
        raise UnreadableAnswer("the model tells no fields")
    name = _name(document, "display_name") or _name(document, "name")
    form = bounded(name, fields_of(schema, document.get("required_inputs")), complete=True)
    return replace(form, price=_price(document))


def read_deployment(response: HttpResponse) -> Form:
    """Every literal input of the saved workflow, those first that the deployment itself names as overrides. If neither
    can be found: what any ComfyUI deployment takes, or nothing of one that has no workflow. Raises QuestionRefused,
    UnreadableAnswer."""
    document = document_of(response)
    name = _name(document, "name")
    payload = _object(document.get("payload"))
    graph = _object(payload.get("workflow_api_json")) or payload
    opened = _object(payload.get("overrides"))
    saved = _by_place(literals(graph))
    fields = _by_place(literals(opened)) | saved
    if not fields:
        return Form(name, () if _has_no_workflow(payload) else _OF_ANY_DEPLOYMENT, complete=False)
    return bounded(name, fields.values(), complete=bool(saved) and len(graph) <= MOST_NODES)


def deployment_example(form: Form) -> Mapping[str, Any]:
    """Overrides of nodes where their inputs are known, else the first field that is. Of a LoRA none is; each of its
    documented bodies has a prompt."""
    nodes: dict[str, Any] = {}
    for field in likely_of_nodes(form):
        nodes.setdefault(str(field.node_id), {"inputs": {}})["inputs"][field.name] = sample(field)
    if nodes:
        return {"overrides": nodes}
    return {field.name: sample(field) for field in form.fields[:1]} or {"prompt": SAMPLE_TEXT}


def _has_no_workflow(payload: Mapping[str, Any]) -> bool:
    """As it is of a LoRA, as far as anybody knows: no page shows the payload of one."""
    return all(payload.get(key, "?") in _EMPTY for key in ("workflow_api_json", "overrides"))


def _by_place(fields: Iterable[FormField]) -> dict[tuple[str | None, str], FormField]:
    return {(field.node_id, field.name): field for field in fields}


def _object(value: Any) -> Mapping[str, Any]:
    """An object, or the text of one; an empty one for anything else."""
    try:
        found = load(value) if isinstance(value, str) else value
    except UnreadableAnswer:
        return {}
    return found if isinstance(found, Mapping) else {}


def _name(document: Mapping[str, Any], key: str) -> str | None:
    return readable(document.get(key), LONGEST_NAME) or None


def _price(document: Mapping[str, Any]) -> str | None:
    """As the catalogue has it; for some models that is the least. A price that can't be read spoils no form."""
    try:
        base = money(document.get("base_price_usd"))
    except UnreadableAnswer:
        base = None
    unit = readable(document.get("price_unit"), _LONGEST_UNIT)
    per = f" per {unit}" if unit else ""
    said = f"base price {base} USD{per}" if base and float(base) > 0 else ""
    note = readable(document.get("pricing_note"), _LONGEST_NOTE)
    return "; ".join(part for part in (said, note) if part) or None
