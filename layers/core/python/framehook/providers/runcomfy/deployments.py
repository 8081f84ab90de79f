"""The body of a run of one's own deployment at RunComfy: a ComfyUI workflow, or a model with a LoRA. Pure.

Which of the two a deployment is, its id does not say: a body with a key of ComfyUI's holds only such keys, any other
is passed on. The keys are those of docs.runcomfy.com/serverless/async-queue-endpoints, the other bodies are like those
of docs.runcomfy.com/serverless-lora/async-queue-endpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.catalogue import runcomfy as catalogue
from framehook.errors import FieldProblem
from framehook.jobs import Kind
from framehook.providers.prepared import Prepared
from framehook.providers.runcomfy.references import reference_problems, stored_objects
from framehook.rules import Rule, check
from framehook.wording import either

_OVERRIDES = "overrides"
_GRAPH = "workflow_api_json"
_COMFYUI: Mapping[str, Rule] = {_OVERRIDES: "object", _GRAPH: "object", "extra_data": "object"}
# What a node of an exported workflow_api.json holds; RunComfy asks for its inputs.
_NODE: Rule = {
    "fields": {"inputs": "object", "class_type": "string", "_meta": "object"},
    "required": ["inputs"],
}
_UNCHECKED = (
    f"without {either(list(_COMFYUI))} this is the input of a LoRA deployment, whose fields are its own: "
    "it was not checked"
)


def prepared(offering: str, own: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    """The body as it was given, or everything that is wrong with it."""
    is_comfyui = not _COMFYUI.keys().isdisjoint(own)
    problems = _comfyui_problems(own, path) if is_comfyui else []
    # The nodes of a workflow may hold addresses that are none of files.
    problems += reference_problems(own, path, https_only=not is_comfyui)
    if problems:
        return problems
    cadence = catalogue.deployment_cadence()
    return Prepared(
        offering=offering,
        kind=Kind.ANY,
        body=dict(own),
        uploads=False,
        usual_seconds=cadence.usual_seconds,
        look_up_growth=cadence.look_up_growth,
        media=stored_objects(own, path),
        warnings=() if is_comfyui or not own else (_UNCHECKED,),
    )


def _comfyui_problems(own: Mapping[str, Any], path: str) -> list[FieldProblem]:
    keys = list(_COMFYUI)
    problems = [
        FieldProblem(
            f"{path}.{name}",
            f"can't stand beside those of a ComfyUI deployment, which are {either(keys)}",
            "conflicting_fields",
            allowed=keys,
        )
        for name in own
        if name not in _COMFYUI
    ]
    problems += check({"fields": _COMFYUI}, {name: own[name] for name in keys if name in own}, path)
    if _OVERRIDES in own and _GRAPH in own:
        message = f"can't be given together with {_GRAPH}, which is the whole workflow"
        problems.append(
            FieldProblem(f"{path}.{_OVERRIDES}", message, "conflicting_fields", allowed=[_OVERRIDES, _GRAPH])
        )
    nodes = own.get(_OVERRIDES)
    if isinstance(nodes, Mapping):
        problems += check({"fields": dict.fromkeys(nodes, _NODE)}, nodes, f"{path}.{_OVERRIDES}")
    return problems
