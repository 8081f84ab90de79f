"""The OpenAPI description of the HTTP API. `make openapi` writes what this module prints beside serve_api.

The operations are described here, after http_edge; what they take and answer in api_schemas.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from framehook.api_schemas import STATUS, WHOLE, Schema, ref, schemas, text

_ABOUT = """Framehook runs jobs of generative media at the providers you have accounts with. `POST /v1/jobs` answers
at once; the job's changes are announced as `Job State Change` events, and its files are in your bucket when it has
`succeeded`. Times are RFC 3339 in UTC, money is a decimal string. Fields may be added to answers; unknown fields and
query parameters of requests are refused."""


def build() -> Schema:
    """The whole document, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Framehook",
            "version": "1",
            "summary": "One API for generative media, in your own AWS account",
            "description": " ".join(_ABOUT.split()),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "{base}",
                "description": "The stack's output ApiUrl",
                "variables": {
                    "base": {"default": "https://example.execute-api.eu-central-1.amazonaws.com/live"}
                },
            }
        ],
        "security": [{"ApiKey": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"ApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
            "schemas": schemas(),
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "responses": _problem_responses(),
        },
    }


def _paths() -> Schema:
    job_id, index = ref("parameters", "JobId"), ref("parameters", "OutputIndex")
    listing = [ref("parameters", name) for name in ("Status", "Limit", "Cursor")]
    key = ref("parameters", "IdempotencyKey")
    replayed = _answer(
        "The job that this key and request made before, as it is now", "Job", "Location", "Replayed"
    )
    page, described = _answer("One page, newest first", "JobPage"), _answer("OpenAPI 3.1", "Description")
    accepted = _answer("Accepted; the provider is called next", "AcceptedJob", "Location")
    link = {"description": "A link to the file, good for minutes", "headers": _headers("FileLink", "NotKept")}
    by_id = {"parameters": [job_id]}
    return {
        "/v1/jobs": {
            "post": _operation(
                "submitJob", "Submit a job", {"202": accepted, "200": replayed}, "Invalid", "Conflict"
            )
            | {"parameters": [key], "requestBody": _body("JobRequest", _JOB_REQUESTS)},
            "get": _operation("listJobs", "List your jobs", {"200": page}, "Invalid")
            | {"parameters": listing},
        },
        "/v1/jobs/{job_id}": by_id
        | {"get": _operation("showJob", "Show a job", {"200": _answer("The job", "Job")}, "Missing")},
        "/v1/jobs/{job_id}/resolve": by_id
        | {
            "post": _operation(
                "resolveJob",
                "Decide about a parked job, of which nobody can tell whether the provider accepted it",
                {"200": _answer("The job after the decision", "Job")},
                *("Invalid", "Missing", "WrongState"),
            )
            | {"requestBody": _body("ResolveRequest", _RESOLVE_REQUESTS)},
        },
        "/v1/jobs/{job_id}/outputs/{index}": {"parameters": [job_id, index]}
        | {"get": _operation("showOutput", "Get one output's file", {"307": link}, "Missing")},
        "/v1/openapi.json": {"get": _operation("describe", "This description", {"200": described})},
    }


def _operation(name: str, summary: str, answers: Mapping[str, Schema], *problems: str) -> Schema:
    """Every operation may also be refused before it is reached, and fail."""
    refused = {_PROBLEMS[kind][0]: ref("responses", kind) for kind in (*problems, *_ALWAYS)}
    return {"operationId": name, "summary": summary, "responses": {**answers, **refused}}


def _answer(description: str, schema: str, *headers: str) -> Schema:
    content = {"application/json": {"schema": ref("schemas", schema)}}
    return {"description": description, "content": content} | (
        {"headers": _headers(*headers)} if headers else {}
    )


def _body(schema: str, examples: Mapping[str, Schema]) -> Schema:
    shown = {name: {"value": value} for name, value in examples.items()}
    return {
        "required": True,
        "content": {"application/json": {"schema": ref("schemas", schema), "examples": shown}},
    }


def _headers(*names: str) -> Schema:
    return {_HEADER_NAMES[name]: ref("headers", name) for name in names}


def _problem_responses() -> Schema:
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
        | ({"headers": _headers("RetryAfter")} if kind == "Unavailable" else {})
        for kind, (_, title, example) in _PROBLEMS.items()
    }


def _in(place: str, name: str, schema: Schema, description: str) -> Schema:
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "description": description, "schema": schema} | required


_LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
_KEY = text(pattern=r"^[\x21-\x7e]{1,255}$")
_PARAMETERS: Schema = {
    "JobId": _in("path", "job_id", text(format="uuid"), "One of your own jobs; another owner's is not found"),
    "OutputIndex": _in("path", "index", WHOLE, "From 0"),
    "Status": _in("query", "status", STATUS, "Only jobs of this status"),
    "Limit": _in("query", "limit", _LIMIT, "Jobs per page"),
    "Cursor": _in("query", "cursor", text(), "From the page before"),
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
_HEADERS: Schema = {
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
    "Conflict": _refused(
        409, "Conflict", "idempotency_conflict", "the idempotency key was used before, for another request"
    ),
    "WrongState": _refused(
        409, "Conflict", "wrong_state", "only a parked job can be resolved; this one is running"
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
_ALWAYS = ("NoKey", "TooMany", "Defect", "Unavailable")

_JOB_REQUESTS: Mapping[str, Schema] = {
    "catalogue": {
        "model": "sora-2-pro",
        "input": {"prompt": "A fox runs through fresh snow at dawn", "size": "1280x720", "seconds": 8},
        "metadata": {"order": "17"},
    },
    "native": {
        "model": "runware/openai:3@2",
        "input": {"positivePrompt": "A fox in fresh snow", "duration": 4, "width": 1280, "height": 720},
    },
}
_RESOLVE_REQUESTS: Mapping[str, Schema] = {
    "resend": {"action": "resend"},
    "adopt": {"action": "adopt", "provider_task_id": "7d4b1c9e-3f0a-4c55-9d6f-0b7a2f3e8c21"},
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(build(), indent=2, ensure_ascii=False) + "\n")
