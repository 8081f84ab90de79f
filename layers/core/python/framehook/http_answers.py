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

# A request may have names of megabytes, and be wrong in fifty places; a function's answer of more than 6 MB is a 502:
# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST_DETAIL = 4_000
_LONGEST_FIELD = 500
_LONGEST_MESSAGE = 1_000

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
        "detail": _cut(str(error), _LONGEST_DETAIL),
    }
    if isinstance(error, InvalidRequest):
        errors = [_shown(found) for found in error.problems]
        body |= {"field": errors[0]["field"], "errors": errors}
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
    field, message = _cut(found.field, _LONGEST_FIELD), _cut(found.message, _LONGEST_MESSAGE)
    shown: dict[str, Any] = {"field": field, "code": found.code, "message": message}
    if found.value is not None:
        shown["value"] = found.value
    if found.allowed is not None:
        shown["allowed"] = found.allowed
    return shown


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
