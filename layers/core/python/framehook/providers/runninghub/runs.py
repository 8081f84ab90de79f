"""A run of a ComfyUI workflow or an AI app of RunningHub: what its request may hold, and the uploads it asks for. Pure.

A node's `fieldValue` may be a mark, `{"upload": "https://…"}`: the submission uploads that file and puts the name that
it got in the mark's place. `{"upload": …, "as": "lora", "name": "my-lora"}` does so for a LoRA.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from framehook.catalogue.runninghub import UNLISTED
from framehook.coercion import fitted
from framehook.errors import FieldProblem
from framehook.media_references import MediaValue
from framehook.providers.native_input import stored
from framehook.providers.prepared import Prepared
from framehook.providers.runninghub.uploads import LORA_MEGABYTES, RESOURCE_MEGABYTES
from framehook.rules import Rule, check, media_values

_NODES = "nodeInfoList"
_SHORT = {"type": "string", "min_length": 1, "max_length": 200}
_NODE = {
    "fields": {
        "nodeId": _SHORT,
        "fieldName": _SHORT,
        "fieldValue": {},
        "fieldData": {},
        **dict.fromkeys(("nodeName", "fieldType", "description"), "string"),
    },
    "required": ["nodeId", "fieldName", "fieldValue"],
}
_FIELDS: Mapping[str, Rule] = {
    _NODES: {"type": "array", "items": _NODE},
    "addMetadata": "boolean",
    "instanceType": ["default", "plus", "ultra"],
    "usePersonalQueue": ["true", "false"],
    "retainSeconds": {"type": "integer", "min": 10, "max": 180},
}
_GRAPH = "workflow"
_GRAPH_RULE: Rule = {"any_of": ["object", "string"]}

# What RunningHub's upload takes.
_FILES = ("jpg", "png", "webp", "zip", "mp3", "wav", "flac", "mp4", "avi", "mov", "mkv")
_REFERENCE = re.compile(r'"(?:s3://|data:)')
_UPLOAD: Rule = {
    "fields": {"upload": {"media": _FILES, "max_mb": RESOURCE_MEGABYTES}},
    "required": ["upload"],
}
_LORA: Rule = {
    "fields": {
        "upload": {"media": ["safetensors"], "max_mb": LORA_MEGABYTES, "forms": ["https", "s3"]},
        "as": ["lora"],
        "name": {
            "type": "string",
            "pattern": "[A-Za-z0-9._-]{1,80}",
            "says": "1 to 80 of the characters A-Z a-z 0-9 . _ -",
        },
    },
    "required": ["upload", "as", "name"],
}


@dataclass(frozen=True, slots=True)
class UploadMark:
    """A file that is to be uploaded for the node at this place of `nodeInfoList`; a LoRA if it has a name."""

    node: int
    url: str
    lora_name: str | None = None


def prepared(offering: str, own: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    """The body of a run, with its marks as they were given, or everything that is wrong with it."""
    graph = {_GRAPH: _GRAPH_RULE} if offering.startswith("workflow/") else {}
    rule = {"fields": {**_FIELDS, **graph}}
    body = fitted(rule, _with_text_ids(_with_open_graph(own)))
    problems = check(rule, body, path) or [*_mark_problems(body, path), *_graph_problems(own, body, path)]
    if problems:
        return problems
    return Prepared(
        offering=offering,
        kind=UNLISTED.kind,
        body=body,
        uploads=False,
        usual_seconds=UNLISTED.usual_seconds,
        media=stored(_files(body, path)),
    )


def marks(body: Mapping[str, Any], path: str = "input") -> Iterator[tuple[str, UploadMark]]:
    """Every mark of a prepared body, with the path of its value. A body without marks has none, whatever its form."""
    for index, where, value in _marked(body, path):
        if isinstance(value["upload"], str):
            yield where, UploadMark(index, value["upload"], value.get("name"))


def with_file_names(body: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    """The body with a file name, found by the mark's `node`, in the place of each mark. KeyError if one lacks."""
    named = {mark.node: names[mark.node] for _, mark in marks(body)}
    if not named:
        return dict(body)
    nodes = [
        {**node, "fieldValue": named[index]} if index in named else node
        for index, node in enumerate(body[_NODES])
    ]
    return {**body, _NODES: nodes}


def _with_open_graph(own: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body with a graph that came as text as the object it is the text of, where it is that of one."""
    try:
        graph = json.loads(own[_GRAPH]) if isinstance(own.get(_GRAPH), str) else None
    except (ValueError, RecursionError):
        graph = None
    return {**own, _GRAPH: graph} if isinstance(graph, dict) else own


def _with_text_ids(own: Mapping[str, Any]) -> dict[str, Any]:
    """The body with node ids that came as integers as the text that RunningHub has them as."""
    nodes = own.get(_NODES)
    if not isinstance(nodes, list | tuple):
        return dict(own)
    return {**own, _NODES: [_with_text_id(node) for node in nodes]}


def _with_text_id(node: Any) -> Any:
    node_id = node.get("nodeId") if isinstance(node, Mapping) else None
    is_integer = isinstance(node_id, int) and not isinstance(node_id, bool)
    return {**node, "nodeId": str(node_id)} if is_integer else node


def _marked(body: Mapping[str, Any], path: str) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    nodes = body.get(_NODES)
    for index, node in enumerate(nodes if isinstance(nodes, list | tuple) else ()):
        value = node.get("fieldValue") if isinstance(node, Mapping) else None
        if isinstance(value, Mapping) and "upload" in value:
            yield index, f"{path}.{_NODES}[{index}].fieldValue", value


def _mark_rule(value: Mapping[str, Any]) -> Rule:
    return _LORA if "as" in value or "name" in value else _UPLOAD


def _mark_problems(body: Mapping[str, Any], path: str) -> Iterator[FieldProblem]:
    for _, where, value in _marked(body, path):
        yield from check(_mark_rule(value), value, where)


def _files(body: Mapping[str, Any], path: str) -> Iterator[MediaValue]:
    for _, where, value in _marked(body, path):
        yield from media_values(_mark_rule(value), value, where)


def _graph_problems(own: Mapping[str, Any], body: Mapping[str, Any], path: str) -> Iterator[FieldProblem]:
    """A graph that is none, or whose files nobody could look at, since they stand inside a text."""
    field, given = f"{path}.{_GRAPH}", own.get(_GRAPH)
    if isinstance(body.get(_GRAPH), str):
        yield FieldProblem(field, "must be a JSON object, or the text of one", "invalid_value")
    elif isinstance(given, str) and _REFERENCE.search(given):
        message = "must be an object, not its text, where it names s3:// objects or holds data URIs"
        yield FieldProblem(field, message, "invalid_value", allowed="a JSON object")
