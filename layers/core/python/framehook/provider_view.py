"""What the API shows of providers' accounts and of models' forms. Pure; never shows a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from framehook.account_overview import AccountState
from framehook.job_view import shown_failure, timestamp
from framehook.known_models import DescribedModel
from framehook.providers.questions import FormField


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
        "example": {"model": model.id, "input": dict(model.example)},
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
