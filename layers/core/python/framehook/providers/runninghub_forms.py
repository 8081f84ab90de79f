"""What can be filled in of a RunningHub workflow or AI app, as RunningHub tells it. Pure.

https://www.runninghub.ai/runninghub-api-doc-en has both calls; a workflow is a graph of ComfyUI in its API format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from framehook.plain_json import MAX_INTEGER
from framehook.providers.contract import HttpRequest, HttpResponse, UnreadableAnswer
from framehook.providers.provider_words import readable
from framehook.providers.questions import Form, FormField, Scalar
from framehook.providers.runninghub_calls import APP, WORKFLOW, old_get, old_post
from framehook.providers.runninghub_envelope import data_of
from framehook.providers.runninghub_words import load

_MOST_NODES = 500
_MOST_FIELDS = 1_000
_MOST_OPTIONS = 200
_LONGEST_NAME = 200
_LONGEST_VALUE = 2_000
_LONGEST_FORM = 500_000  # in all; Lambda answers with 6 MB at most

# Nodes that load a file from the account's uploads; those that take a URL or a path are told by their names.
_LOADS = re.compile(r"(?i)(?<!down)load[ _]?(?:image|video|audio)(?!.*(?:url|path|base64))")
_FILE_FIELDS = ("image", "video", "audio", "file")
_FILE_TYPES = ("IMAGE", "VIDEO", "AUDIO", "FILE")
_TYPES: Mapping[str, str] = {"INT": "integer", "FLOAT": "number", "BOOLEAN": "boolean"}


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
    nodes = islice(graph.items(), _MOST_NODES)
    found = (field for node_id, node in nodes for field in _inputs(node_id, node))
    return _form(None, found, complete=len(graph) <= _MOST_NODES)


def read_app(response: HttpResponse) -> Form:
    """What the app's author opened. The answer's `curl` holds the key and is not read. Raises QuestionRefused,
    UnreadableAnswer."""
    data = data_of(response)
    nodes = data.get("nodeInfoList")
    if not isinstance(nodes, list):
        raise UnreadableAnswer("the app tells no fields")
    found = (field for node in nodes[:_MOST_NODES] if (field := _opened(node)))
    name = readable(data.get("webappName"), _LONGEST_NAME) or None
    return _form(name, found, complete=len(nodes) <= _MOST_NODES)


def _form(name: str | None, found: Iterable[FormField], *, complete: bool) -> Form:
    """As many of the fields as an answer can hold."""
    fields: list[FormField] = []
    room = _LONGEST_FORM
    for field in found:
        room -= _length(field)
        if room < 0 or len(fields) == _MOST_FIELDS:
            return Form(name, tuple(fields), complete=False)
        fields.append(field)
    return Form(name, tuple(fields), complete=complete)


def _length(field: FormField) -> int:
    told = (
        field.name,
        field.value,
        field.node_id,
        field.node_name,
        field.description,
        *(field.options or ()),
    )
    return sum(len(part) if isinstance(part, str) else 20 for part in told)


def _inputs(node_id: str, node: Any) -> Iterator[FormField]:
    inputs = node.get("inputs") if isinstance(node, Mapping) else None
    if not isinstance(inputs, Mapping) or _name(node_id) is None:
        return
    kind = readable(node.get("class_type"), _LONGEST_NAME)
    meta = node.get("_meta")
    title = readable(meta.get("title"), _LONGEST_NAME) if isinstance(meta, Mapping) else ""
    for name, value in inputs.items():
        if isinstance(value, str | int | float) and _name(name) is not None:
            yield FormField(
                name=name,
                type=_json_type(value),
                value=_storable(value),
                node_id=node_id,
                node_name=title or kind or None,
                upload=name in _FILE_FIELDS and _LOADS.search(kind) is not None,
            )


def _opened(node: Any) -> FormField | None:
    if not isinstance(node, Mapping):
        return None
    given = node.get("nodeId")
    node_id = _name(str(given) if isinstance(given, int) and not isinstance(given, bool) else given)
    name = _name(node.get("fieldName"))
    if node_id is None or name is None:
        return None
    word = readable(node.get("fieldType"), _LONGEST_NAME).upper()
    kind = _TYPES.get(word, "string")
    value = node.get("fieldValue")
    return FormField(
        name=name,
        type=kind,
        value=_as(kind, value) if isinstance(value, str | int | float) else None,
        node_id=node_id,
        node_name=readable(node.get("nodeName"), _LONGEST_NAME) or None,
        description=readable(node.get("description"), _LONGEST_VALUE) or None,
        options=_options(node.get("fieldData")) if word in ("LIST", "SWITCH") else None,
        upload=word in _FILE_TYPES,
    )


def _name(value: Any) -> str | None:
    """What has to be sent back as it is must be short and plain; what is not can't be filled in."""
    plain = isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()
    return value if plain else None


def _json_type(value: Scalar) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "integer" if isinstance(value, int) else "number"


def _as(kind: str, value: Scalar) -> Scalar | None:
    """An app's values mostly come as text; None for one that is not of its field's type."""
    if kind == "string":
        return _storable(value if isinstance(value, str) else json.dumps(value))
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    try:
        number = value if isinstance(value, int | float) else _number(value[:40])
    except ValueError:
        return None
    fits = not isinstance(number, bool) and (kind == "number" or isinstance(number, int))
    return _storable(number) if fits else None


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _storable(value: Scalar) -> Scalar | None:
    """None for what JSON readers on the way can't carry, or what is too long to be shown."""
    if isinstance(value, str):
        return readable(value, _LONGEST_VALUE) if len(value) <= _LONGEST_VALUE else None
    if isinstance(value, float):
        return value if abs(value) <= MAX_INTEGER else None
    return value if abs(value) <= MAX_INTEGER else None


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
    offered = [_offer(option) for option in listed[:_MOST_OPTIONS]]
    return tuple(offer for offer in offered if offer is not None) or None


def _offer(option: Any) -> Scalar | None:
    if isinstance(option, Mapping):
        option = option.get("index", option.get("value", option.get("name")))
    if not isinstance(option, str | int | float):
        return None
    return _storable(option)
