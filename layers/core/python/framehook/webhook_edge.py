"""A provider's call, from API Gateway's event to an answer within its five seconds. Imports as little as it can."""

from __future__ import annotations

import base64
from typing import Any

from framehook.completion import Completion, WebhookCall
from framehook.errors import NotFound, Unavailable
from framehook.identifiers import is_job_id
from framehook.telemetry import note


def answer(completion: Completion, event: dict[str, Any]) -> dict[str, Any]:
    """200 for everything authentic, repeats included; 404 for anything else; 503 makes the provider call again."""
    _note_job(event)
    try:
        call = _call(event)
        job = completion.receive(call)
    except NotFound:
        note(outcome="refused")
        return _response(404, '{"code":"not_found"}')
    except Unavailable:
        note(outcome="try_again")
        return _response(503, '{"code":"unavailable"}')
    note(outcome="taken", status=job.status.value)
    return _response(200, '{"ok":true}')


def _note_job(event: dict[str, Any]) -> None:
    """Whose call this says it is, whatever becomes of it; never its token."""
    job_id = (event.get("pathParameters") or {}).get("job_id")
    if isinstance(job_id, str) and is_job_id(job_id):
        note(job_id=job_id)


def _call(event: dict[str, Any]) -> WebhookCall:
    path = event.get("pathParameters") or {}
    body = event.get("body") or ""
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        return WebhookCall(path["provider"], path["job_id"], path["attempt"], path["token"], raw)
    except (KeyError, ValueError):  # not our route, base64 that is none, or text that is no Unicode
        raise NotFound("no such webhook") from None


def _response(status: int, body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": body}
