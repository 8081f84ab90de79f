"""What can be filled in of a RunningHub workflow or AI app, as RunningHub tells it. Pure.

https://www.runninghub.ai/runninghub-api-doc-en has both calls; a workflow is a graph of ComfyUI in its API format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from framehook.providers.answer_json import load
from framehook.providers.comfyui_graphs import MOST_NODES, literals
from framehook.providers.contract import HttpRequest, HttpResponse, UnreadableAnswer
from framehook.providers.form_examples import likely_of_nodes, sample, sample_file
from framehook.providers.form_fields import (
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST_OPTIONS,
    bounded,
    sendable_name,
    storable,
)
from framehook.providers.provider_words import readable
from framehook.providers.questions import Form, FormField, FormQuestion, Scalar
from framehook.providers.runninghub.calls import APP, WORKFLOW, old_get, old_post
from framehook.providers.runninghub.envelope import data_of
from framehook.providers.runninghub.ids import run_of

_FILE_TYPES = ("IMAGE", "VIDEO", "AUDIO", "FILE")
_TYPES: Mapping[str, str] = {"INT": "integer", "FLOAT": "number", "BOOLEAN": "boolean"}


def question(offering: str) -> FormQuestion | None:
    made = run_of(offering)
    if made is None:
        return None
    kind, own_id = made
    if kind == "workflow":
        return FormQuestion("workflow", lambda key: workflow_question(own_id, key), read_workflow, example)
    return FormQuestion("ai_app", lambda key: app_question(own_id, key), read_app, example)


def example(form: Form) -> Mapping[str, Any]:
    """The fields of nodes, as a job takes them."""
    filled = [_filled(field) for field in likely_of_nodes(form)]
    return {"nodeInfoList": filled} if filled else {}


def _filled(field: FormField) -> dict[str, Any]:
    value = {"upload": sample_file(field)} if field.upload else sample(field)
    return {"nodeId": field.node_id, "fieldName": field.name, "fieldValue": value}


def workflow_question(workflow_id: str, api_key: str) -> HttpRequest:
    return old_post(WORKFLOW, {"workflowId": workflow_id}, api_key)


def app_question(app_id: str, api_key: str) -> HttpRequest:
    """The one call with the key in its address."""
    return old_get(APP, {"webappId": app_id}, api_key)


def read_workflow(response: HttpResponse) -> Form:
    """Every literal input of every node; what is linked to another node is left out. Raises QuestionRefused,
    UnreadableAnswer."""
    prompt = data_of(response).get("prompt")
    graph = load(prompt) if isinstance(prompt, str) else prompt
    if not isinstance(graph, Mapping):
        raise UnreadableAnswer("the workflow is no graph")
    return bounded(None, literals(graph), complete=len(graph) <= MOST_NODES)


def read_app(response: HttpResponse) -> Form:
    """What the app's author opened. The answer's `curl` holds the key and is not read. Raises QuestionRefused,
    UnreadableAnswer."""
    data = data_of(response)
    nodes = data.get("nodeInfoList")
    if not isinstance(nodes, list):
        raise UnreadableAnswer("the app tells no fields")
    found = (field for node in nodes[:MOST_NODES] if (field := _opened(node)))
    name = readable(data.get("webappName"), LONGEST_NAME) or None
    return bounded(name, found, complete=len(nodes) <= MOST_NODES)


def _opened(node: Any) -> FormField | None:
    if not isinstance(node, Mapping):
        return None
    given = node.get("nodeId")
    node_id = sendable_name(str(given) if isinstance(given, int) and not isinstance(given, bool) else given)
    name = sendable_name(node.get("fieldName"))
    if node_id is None or name is None:
        return None
    word = readable(node.get("fieldType"), LONGEST_NAME).upper()
    kind = _TYPES.get(word, "string")
    value = node.get("fieldValue")
    return FormField(
        name=name,
        type=kind,
        value=_as(kind, value) if isinstance(value, str | int | float) else None,
        node_id=node_id,
        node_name=readable(node.get("nodeName"), LONGEST_NAME) or None,
        description=readable(node.get("description"), LONGEST_VALUE) or None,
        options=_options(node.get("fieldData")) if word in ("LIST", "SWITCH") else None,
        upload=word in _FILE_TYPES,
    )


def _as(kind: str, value: Scalar) -> Scalar | None:
    """An app's values mostly come as text; None for one that is not of its field's type."""
    if kind == "string":
        return storable(value if isinstance(value, str) else json.dumps(value))
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    try:
        number = value if isinstance(value, int | float) else _number(value[:40])
    except ValueError:
        return None
    fits = not isinstance(number, bool) and (kind == "number" or isinstance(number, int))
    return storable(number) if fits else None


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _options(given: Any) -> tuple[Scalar, ...] | None:
    """What a list offers, in each of the forms it comes in: `[[…], {…}]`, `["COMBO", {"options": […]}]`, `[…]`, or
    objects with an `index` that is sent and a `name` that is shown."""
    try:
        listed = load(given) if isinstance(given, str) else given
    except UnreadableAnswer:
        return None
    if not isinstance(listed, list) or not listed:
        return None
    last = listed[-1]
    if isinstance(listed[0], list):
        listed = listed[0]
    elif len(listed) == 2 and isinstance(last, Mapping) and isinstance(last.get("options"), list):
        listed = last["options"]
    offered = [_offer(option) for option in listed[:MOST_OPTIONS]]
    return tuple(offer for offer in offered if offer is not None) or None


def _offer(option: Any) -> Scalar | None:
    if isinstance(option, Mapping):
        option = option.get("index", option.get("value", option.get("name")))
    if not isinstance(option, str | int | float):
        return None
    return storable(option)
