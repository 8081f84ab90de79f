"""What the HTTP API answers with: JSON, and the one place where typed errors become problem+json (RFC 9457)."""

from __future__ import annotations

import http
import json
import logging
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response

from framehook.errors import (
    FieldProblem,
    FramehookError,
    IdempotencyConflict,
    InvalidRequest,
    NotConfigured,
    NotFound,
    ProviderTrouble,
    Unavailable,
    UnreadableRequest,
    WrongState,
)
from framehook.telemetry import note

logger = logging.getLogger(__name__)

_STATUS: Mapping[type[FramehookError], int] = {
    UnreadableRequest: 400,
    InvalidRequest: 400,
    NotFound: 404,
    IdempotencyConflict: 409,
    WrongState: 409,
    NotConfigured: 409,
    ProviderTrouble: 502,
    Unavailable: 503,
}


def json_answer(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response[str]:
    return Response(status, "application/json", json.dumps(body, ensure_ascii=False), dict(headers or {}))


def problem(error: FramehookError) -> Response[str]:
    """A problem+json for a typed error. `field` names the first wrong field, `errors` all of them."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    if status == http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return defect(error)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": str(error),
    }
    if isinstance(error, InvalidRequest):
        body |= {"field": error.problems[0].field, "errors": [_shown(found) for found in error.problems]}
    if error.provider_code is not None:
        body["provider_code"] = error.provider_code
    note(outcome=error.code)
    retry = {"Retry-After": "2"} if error.retryable else {}
    return Response(status, "application/problem+json", json.dumps(body, default=str), retry)


def defect(error: Exception) -> Response[str]:
    """Ours to mend: the log has the stack, the caller a code."""
    logger.error("an unexpected error", exc_info=error)
    body = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "code": "internal_error"}
    return Response(500, "application/problem+json", json.dumps(body))


def _shown(found: FieldProblem) -> dict[str, Any]:
    shown = {"field": found.field, "code": found.code, "message": found.message}
    if found.value is not None:
        shown["value"] = found.value
    if found.allowed is not None:
        shown["allowed"] = found.allowed
    return shown
