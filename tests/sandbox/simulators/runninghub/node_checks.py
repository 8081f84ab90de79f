"""Checks of `nodeInfoList`: every entry must name an input that exists and hold a value it can take."""

import json
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from tests.sandbox.simulators.runninghub.error_codes import BAD_NODES, MESSAGES, Generation, Refusal
from tests.sandbox.simulators.runninghub.workflows import App, Graph

# Node classes that read a file, and the input that names it.
FILE_INPUTS = {
    "LoadImage": "image",
    "LoadAudio": "audio",
    "VHS_LoadVideo": "video",
    "RHLoraLoader": "file_name",
}
REQUIRED = ("nodeId", "fieldName", "fieldValue")

type Check = Callable[[Mapping[str, Any]], str | None]


def check_graph_nodes(
    body: Mapping[str, Any], graph: Graph, uploads: Container[str], generation: Generation
) -> None:
    """Raises a Refusal that says which entry is wrong."""

    def check(entry: Mapping[str, Any]) -> str | None:
        node = graph.nodes.get(entry["nodeId"])
        if node is None or entry["fieldName"] not in node["inputs"]:
            return "no such input"
        is_file = FILE_INPUTS.get(node["class_type"]) == entry["fieldName"]
        return "no such uploaded file" if is_file and entry["fieldValue"] not in uploads else None

    _check(body, check, generation)


def check_app_nodes(
    body: Mapping[str, Any], app: App, uploads: Container[str], generation: Generation
) -> None:
    """Raises a Refusal that says which entry is wrong."""
    fields = {(field["nodeId"], field["fieldName"]): field for field in app.fields}

    def check(entry: Mapping[str, Any]) -> str | None:
        field = fields.get((entry["nodeId"], entry["fieldName"]))
        if field is None:
            return "no such field"
        if field["fieldType"] == "IMAGE" and entry["fieldValue"] not in uploads:
            return "no such uploaded file"
        if field["fieldType"] == "LIST" and entry["fieldValue"] not in json.loads(field["fieldData"]):
            return "not one of the choices"
        return None

    _check(body, check, generation)


def texts(body: Mapping[str, Any]) -> Iterator[str]:
    """The words in the entries, which is where a prompt is."""
    for entry in body.get("nodeInfoList") or ():
        if isinstance(entry.get("fieldValue"), str):
            yield entry["fieldValue"]


def _check(body: Mapping[str, Any], check: Check, generation: Generation) -> None:
    entries = body.get("nodeInfoList") or []
    code = BAD_NODES[generation]
    if not isinstance(entries, list):
        raise Refusal(code)
    for entry in entries:
        problem = check(entry) if _is_entry(entry) else "needs nodeId, fieldName and fieldValue"
        if problem is not None:
            # The old endpoints say no more than the name of the code.
            raise Refusal(code, f"{MESSAGES[code]}: {problem}" if generation is Generation.V2 else None)


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and all(name in entry for name in REQUIRED)
        and isinstance(entry["nodeId"], str)
        and isinstance(entry["fieldName"], str)
        and isinstance(entry["fieldValue"], str | int | float | bool)
    )
