"""What operations of the HTTP API's description share: parameters, headers, and the refusals that many may answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.api_schemas import STATUS, WHOLE, Schema, ref, text

_ALWAYS = ("NoKey", "TooMany", "Defect", "Unavailable")


def headers_of(*names: str) -> Schema:
    return {_HEADER_NAMES[name]: ref("headers", name) for name in names}


def refusals(*kinds: str) -> Schema:
    """By status. Every operation may also be refused before it is reached, and fail."""
    return {_PROBLEMS[kind][0]: ref("responses", kind) for kind in (*kinds, *_ALWAYS)}


def problem_responses() -> Schema:
    return {
        kind: {
            "description": title,
            "content": {
                "application/problem+json": {
                    "schema": ref("schemas", "Problem"),
                    "example": {"type": "about:blank", "title": title, **example},
                }
            },
        }
        | ({"headers": headers_of("RetryAfter")} if kind == "Unavailable" else {})
        for kind, (_, title, example) in _PROBLEMS.items()
    }


def _in(place: str, name: str, schema: Schema, description: str, *, required: bool = False) -> Schema:
    needed = {"required": True} if required or place == "path" else {}
    return {"name": name, "in": place, "description": description, "schema": schema} | needed


_LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
_KEY = text(pattern=r"^[\x21-\x7e]{1,255}$")
PARAMETERS: Schema = {
    "JobId": _in("path", "job_id", text(format="uuid"), "One of your own jobs; another owner's is not found"),
    "OutputIndex": _in("path", "index", WHOLE, "From 0"),
    "Status": _in("query", "status", STATUS, "Only jobs of this status"),
    "Limit": _in("query", "limit", _LIMIT, "Jobs per page"),
    "Cursor": _in("query", "cursor", text(), "From the page before"),
    "ModelId": _in(
        *("query", "id", text(minLength=1), "As a job's `model`: `runninghub/workflow/<id>`, say"),
        required=True,
    ),
    "IdempotencyKey": _in(
        "header", "Idempotency-Key", _KEY, "The same key and request make one job, however often"
    ),
}
_HEADER_NAMES = {
    "Location": "Location",
    "Replayed": "Idempotent-Replayed",
    "FileLink": "Location",
    "NotKept": "Cache-Control",
    "RetryAfter": "Retry-After",
}
HEADERS: Schema = {
    "Location": {"description": "The job's URL", "schema": text(format="uri")},
    "Replayed": {"description": "Nothing new was started", "schema": text(enum=["true"])},
    "FileLink": {
        "description": "Presigned; to be used at once, and by a browser",
        "schema": text(format="uri"),
    },
    "NotKept": {"description": "The link expires", "schema": text(enum=["no-store"])},
    "RetryAfter": {"description": "Seconds", "schema": text(pattern=r"^\d+$")},
}


def _refused(status: int, title: str, code: str, detail: str, **more: Any) -> tuple[str, str, Schema]:
    return str(status), title, {"status": status, "code": code, "detail": detail, **more}


_WRONG_SIZE = {
    "field": "input.size",
    "code": "invalid_value",
    "message": 'must be "720x1280" or "1280x720", not "640x480"',
    "value": "640x480",
    "allowed": ["720x1280", "1280x720"],
}
_PROBLEMS: Mapping[str, tuple[str, str, Schema]] = {
    "Invalid": _refused(
        *(400, "Bad Request", "invalid_request", f"input.size: {_WRONG_SIZE['message']}"),
        field="input.size",
        errors=[_WRONG_SIZE],
    ),
    "Missing": _refused(404, "Not Found", "not_found", "there is no such job"),
    "NoSuchModel": _refused(
        *(404, "Not Found", "no_such_model", "RunningHub: WORKFLOW_NOT_EXISTS"), provider_code="380"
    ),
    "Conflict": _refused(
        409, "Conflict", "idempotency_conflict", "the idempotency key was used before, for another request"
    ),
    "WrongState": _refused(
        409, "Conflict", "wrong_state", "only a parked job can be resolved; this one is running"
    ),
    "NotConfigured": _refused(
        409, "Conflict", "provider_not_configured", "this stack has no API key for RunningHub"
    ),
    "ProviderTrouble": _refused(
        *(502, "Bad Gateway", "provider_trouble", "RunningHub: the API key is invalid"), provider_code="1002"
    ),
    "NoKey": (
        "403",
        "The request was refused by the API",
        {"code": "INVALID_API_KEY", "detail": "Forbidden"},
    ),
    "TooMany": (
        "429",
        "The request was refused by the API",
        {"code": "THROTTLED", "detail": "Too Many Requests"},
    ),
    "Defect": ("500", "Internal Server Error", {"status": 500, "code": "internal_error"}),
    "Unavailable": _refused(503, "Service Unavailable", "unavailable", "the table did not answer"),
}
