"""What the API shows of providers' accounts and of models' forms. Pure; never shows a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from framehook.account_overview import AccountState
from framehook.job_view import shown_failure, timestamp
from framehook.known_models import DescribedModel
from framehook.providers.questions import FormField

_MOST_IN_EXAMPLE = 10
_SAMPLE_IMAGE = "https://example.com/picture.png"
_SAMPLE_FILES: Mapping[str, str] = {
    "image": _SAMPLE_IMAGE,
    "video": "https://example.com/clip.mp4",
    "audio": "https://example.com/voice.mp3",
}


def providers_shown(providers: Mapping[str, Sequence[AccountState]]) -> dict[str, Any]:
    return {
        "providers": [
            {"name": name, "accounts": [_account(state) for state in states]}
            for name, states in providers.items()
        ]
    }


def model_shown(model: DescribedModel) -> dict[str, Any]:
    form = model.form
    return {
        "id": model.id,
        "kind": model.kind,
        "provider": model.provider,
        "name": form.name,
        "fields": [_field(field) for field in form.fields],
        "complete": form.complete,
        "price": form.price,
        "example": {"model": model.id, "input": _example(model.kind, form.fields)},
    }


def _account(state: AccountState) -> dict[str, Any]:
    facts, gate = state.facts, state.gate
    until = gate.closed_until if gate else None
    return {
        "id": state.id,
        "configured": state.configured,
        "selected": state.selected,
        "currency": state.currency,
        "balance": facts.balance,
        "coins": facts.coins,
        "running": facts.running,
        "queued": facts.queued,
        "limit": facts.limit,
        "key_kind": facts.key_kind,
        "gate": gate
        and {
            "open": until is None,
            "closed_until": None if until is None else timestamp(until),
            "refusals": gate.refusals,
        },
        "error": shown_failure(state.error),
    }


def _field(field: FormField) -> dict[str, Any]:
    return {
        "node_id": field.node_id,
        "node_name": field.node_name,
        "field_name": field.name,
        "type": field.type,
        "default": field.value,
        "options": None if field.options is None else list(field.options),
        "required": field.required,
        "upload": field.upload,
        "description": field.description,
    }


def _example(kind: str, fields: Sequence[FormField]) -> dict[str, Any]:
    """What people most likely fill in: files and texts of nodes, or all that is required or has a default."""
    nodes = [field for field in fields if field.node_id is not None]
    likely = [field for field in nodes if field.upload or (field.type == "string" and field.value)]
    chosen = (likely or nodes)[:_MOST_IN_EXAMPLE]
    if kind == "deployment":
        return {"overrides": _overrides(chosen)}
    if nodes:
        return {"nodeInfoList": [_node_info(field) for field in chosen]}
    return {field.name: _sample(field) for field in fields if field.required or field.value is not None}


def _overrides(fields: Sequence[FormField]) -> dict[str, Any]:
    """As RunComfy takes them."""
    nodes: dict[str, Any] = {}
    for field in fields:
        nodes.setdefault(str(field.node_id), {"inputs": {}})["inputs"][field.name] = _sample(field)
    return nodes


def _node_info(field: FormField) -> dict[str, Any]:
    """As RunningHub takes it."""
    value = {"upload": _file(field)} if field.upload else _sample(field)
    return {"nodeId": field.node_id, "fieldName": field.name, "fieldValue": value}


def _sample(field: FormField) -> Any:
    if field.upload:
        return [_file(field)] if field.type == "array" else _file(field)
    if field.value is not None:
        return field.value
    if field.options:
        return field.options[0]
    return {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}.get(
        field.type, "A fox in snow"
    )


def _file(field: FormField) -> str:
    """The name tells more of the kind of file: a picture may be described as the first of a video."""
    texts = (field.name.lower(), (field.description or "").lower())
    named = (url for text in texts for word, url in _SAMPLE_FILES.items() if word in text)
    return next(named, _SAMPLE_IMAGE)
