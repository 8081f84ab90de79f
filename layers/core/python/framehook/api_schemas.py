"""JSON Schemas of what the HTTP API takes, from the models that check it, and of what it answers, after job_view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.jobs import OutputState, Status, TaskState
from framehook.requests import JobRequest, ResolveRequest

type Schema = dict[str, Any]


def schemas() -> Schema:
    """All of them, by name."""
    job = {**_SUMMARY, **_DETAILS}
    return {
        "JobRequest": JobRequest.model_json_schema(),
        "ResolveRequest": ResolveRequest.model_json_schema(),
        "JobSummary": _object(_SUMMARY),
        "Job": _object(job),
        "AcceptedJob": _object({**job, "warnings": _list(text("What was changed or may surprise"))}),
        "JobPage": _object(
            {"jobs": _list(ref("schemas", "JobSummary")), "cursor": _or_null(text("The next page's"))}
        ),
        "Output": _object(_OUTPUT),
        "Attempt": _object(_ATTEMPT),
        "Task": _object(_TASK),
        "Cost": _object(_COST),
        "Failure": _object(_FAILURE),
        "FieldProblem": _object(_FIELD_PROBLEM, optional=("value", "allowed")),
        "Problem": _object(_PROBLEM, optional=("status", "detail", "field", "errors")),
        "Description": {"type": "object", "required": ["openapi", "paths"]},
    }


def ref(section: str, name: str) -> Schema:
    return {"$ref": f"#/components/{section}/{name}"}


def _object(properties: Mapping[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


def text(description: str = "", **more: Any) -> Schema:
    return {"type": "string"} | ({"description": description} if description else {}) | more


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    return schema | {"type": [schema["type"], "null"]}


WHOLE: Schema = {"type": "integer", "minimum": 0}
_TIME = text(format="date-time")
_MONEY = _or_null(text("A decimal number, or null where nobody can tell", pattern=r"^\d+(\.\d+)?$"))
STATUS: Schema = text(enum=[status.value for status in Status])
_ERROR = _or_null(ref("schemas", "Failure"))
_SUMMARY: dict[str, Schema] = {
    "id": text(format="uuid"),
    "status": STATUS,
    "owner": text("On whose account the job runs"),
    "model": text("As it was asked for"),
    "provider": text(),
    "cost": ref("schemas", "Cost"),
    "error": _ERROR,
    "cancel_requested": {"type": "boolean"},
    "created_at": _TIME,
    "updated_at": _TIME,
    "finished_at": _or_null(_TIME),
}
_DETAILS: dict[str, Schema] = {
    "input": {
        "type": "object",
        "description": "As it was accepted, media as references to the bucket; of a long one only `stored_at`, the "
        "`s3://` object that holds it",
    },
    "outputs": _list(ref("schemas", "Output")),
    "attempts": _list(ref("schemas", "Attempt")),
    "timeline": _list(_object({"status": STATUS, "at": _TIME, "reason": text()}, optional=("reason",))),
    "metadata": {
        "type": "object",
        "additionalProperties": text(),
        "description": "Your own; beside it `sqs_message_id`, where a message of the queue was refused",
    },
}
_OUTPUT: dict[str, Schema] = {
    "index": WHOLE,
    "status": text(enum=[state.value for state in OutputState]),
    "provider_task_id": _or_null(text()),
    "bucket": _or_null(text()),
    "key": _or_null(text("The object in the bucket, once it landed")),
    "content_type": _or_null(text()),
    "bytes": _or_null(WHOLE),
    "checksum": _or_null(text("`algorithm:base64`")),
    "url": _or_null(text("Redirects to the file; needs the API key", format="uri")),
    "error": _ERROR,
    "provider": _object(
        {"id": _or_null(text()), "seed": _or_null({"type": "integer"}), "video_id": _or_null(text())}
    ),
}
_ATTEMPT: dict[str, Schema] = {
    "number": {"type": "integer", "minimum": 1},
    "tasks": _list(ref("schemas", "Task")),
}
_TASK: dict[str, Schema] = {
    "provider_task_id": text(),
    "output": WHOLE | {"description": "The index of the first output it makes"},
    "status": text(
        "`superseded`: sent again by a person while its outcome was unknown; `spare`: it succeeded after all, beside "
        "the one that was sent in its place",
        enum=[state.value for state in TaskState],
    ),
    "cost": _MONEY,
    "error": _ERROR,
}
_COST: dict[str, Schema] = {
    "quoted": _MONEY,
    "actual": _MONEY,
    "currency": text(),
    "usd": _MONEY,
    "source": text("Who says so", enum=["provider", "catalogue", "unknown"]),
}
_FAILURE = {"code": text("Stable"), "message": text("For people"), "provider_code": _or_null(text())}
_FIELD_PROBLEM: dict[str, Schema] = {
    "field": text("A dotted path"),
    "code": text("Stable"),
    "message": text("For people"),
    "value": {"description": "What was given, shortened"},
    "allowed": {"description": "What may be given"},
}
_PROBLEM: dict[str, Schema] = {
    "type": text(format="uri-reference"),
    "title": text(),
    "code": text("Stable"),
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": text("For people"),
    "field": text("The first wrong field"),
    "errors": _list(ref("schemas", "FieldProblem")),
}
