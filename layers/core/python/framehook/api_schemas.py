"""JSON Schemas of what the HTTP API takes, from the models that check it, and of what it answers, after job_view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.jobs import Cancel, OutputState, Status, TaskState
from framehook.requests import JobRequest, ResolveRequest

type Schema = dict[str, Any]


def schemas() -> Schema:
    """All of them, by name."""
    job = {**_SUMMARY, **_DETAILS}
    return {
        "JobRequest": JobRequest.model_json_schema(),
        "ResolveRequest": ResolveRequest.model_json_schema(),
        "CancelRequest": {"type": "object", "maxProperties": 0},
        "JobSummary": object_of(_SUMMARY),
        "Job": object_of(job),
        "AcceptedJob": object_of({**job, "warnings": list_of(text("What was changed or may surprise"))}),
        "CancelledJob": object_of({**job, "message": text("What becomes of the job, in a sentence")}),
        "JobPage": object_of(
            {"jobs": list_of(ref("schemas", "JobSummary")), "cursor": or_null(text("The next page's"))}
        ),
        "Output": object_of(_OUTPUT),
        "Attempt": object_of(_ATTEMPT),
        "Task": object_of(_TASK),
        "Cost": object_of(_COST),
        "Failure": object_of(_FAILURE),
        "Providers": object_of({"providers": list_of(ref("schemas", "Provider"))}),
        "Provider": object_of({"name": text(), "accounts": list_of(ref("schemas", "Account"))}),
        "Account": object_of(_ACCOUNT),
        "Gate": object_of(_GATE),
        "Model": object_of(_MODEL),
        "ModelField": object_of(_MODEL_FIELD),
        "FieldProblem": object_of(_FIELD_PROBLEM, optional=("value", "allowed")),
        "Problem": object_of(_PROBLEM, optional=("status", "detail", "field", "errors", "provider_code")),
        "Description": {"type": "object", "required": ["openapi", "paths"]},
    }


def ref(section: str, name: str) -> Schema:
    return {"$ref": f"#/components/{section}/{name}"}


def object_of(properties: Mapping[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


def text(description: str = "", **more: Any) -> Schema:
    return {"type": "string"} | ({"description": description} if description else {}) | more


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    return schema | {"type": [schema["type"], "null"]}


WHOLE: Schema = {"type": "integer", "minimum": 0}
_TIME = text(format="date-time")
_MONEY = or_null(text("A decimal number, or null where nobody can tell", pattern=r"^\d+(\.\d+)?$"))
STATUS: Schema = text(enum=[status.value for status in Status])
_ERROR = or_null(ref("schemas", "Failure"))
_SUMMARY: dict[str, Schema] = {
    "id": text(format="uuid"),
    "status": STATUS,
    "owner": text("On whose account the job runs"),
    "model": text("As it was asked for"),
    "provider": text(),
    "account": or_null(text("The provider's account that it is sent on; null before")),
    "cost": ref("schemas", "Cost"),
    "error": _ERROR,
    "cancel_requested": {"type": "boolean"},
    "cancellation": {
        "enum": [None, *(cancel.value for cancel in Cancel)],
        "description": "What became of the wish to cancel: `requested`: the provider is to be asked; `asked`: it was "
        "asked, and takes it; `impossible`: it can't stop this job",
    },
    "created_at": _TIME,
    "updated_at": _TIME,
    "finished_at": or_null(_TIME),
}
_DETAILS: dict[str, Schema] = {
    "input": {
        "type": "object",
        "description": "As it was accepted, media as references to the bucket, and `<hidden>` for any text under the "
        "name of a credential, such as `api_key` or `hf_token`; of a long one only `stored_at`, the `s3://` object "
        "that holds it",
    },
    "outputs": list_of(ref("schemas", "Output")),
    "attempts": list_of(ref("schemas", "Attempt")),
    "timeline": list_of(object_of({"status": STATUS, "at": _TIME, "reason": text()}, optional=("reason",))),
    "metadata": {
        "type": "object",
        "additionalProperties": text(),
        "description": "Your own; beside it `sqs_message_id`, where a message of the queue was refused",
    },
}
_OUTPUT: dict[str, Schema] = {
    "index": WHOLE,
    "status": text(enum=[state.value for state in OutputState]),
    "provider_task_id": or_null(text()),
    "bucket": or_null(text()),
    "key": or_null(text("The object in the bucket, once it landed")),
    "content_type": or_null(text()),
    "bytes": or_null(WHOLE),
    "checksum": or_null(text("`algorithm:base64`")),
    "url": or_null(text("Redirects to the file; needs the API key", format="uri")),
    "error": _ERROR,
    "provider": object_of(
        {"id": or_null(text()), "seed": or_null({"type": "integer"}), "video_id": or_null(text())}
    ),
}
_ATTEMPT: dict[str, Schema] = {
    "number": {"type": "integer", "minimum": 1},
    "tasks": list_of(ref("schemas", "Task")),
}
_TASK: dict[str, Schema] = {
    "provider_task_id": or_null(text("Null until the provider has named it")),
    "output": WHOLE | {"description": "The index of the first output it makes"},
    "status": text(
        "`superseded`: sent again by a person while its outcome was unknown; `spare`: it succeeded after all, beside "
        "the one that was sent in its place",
        enum=[state.value for state in TaskState],
    ),
    "cost": _MONEY,
    "usage": {
        "type": ["object", "null"],
        "additionalProperties": text(),
        "description": "What the provider measured, as it says it: decimal strings by name",
    },
    "error": _ERROR,
}
_COST: dict[str, Schema] = {
    "quoted": _MONEY,
    "actual": _MONEY,
    "currency": text("Of `quoted`, `actual` and the tasks' `cost`: the account's"),
    "usd": _MONEY | {"description": "The same in USD; null for an account in another currency"},
    "source": text("Who says so", enum=["provider", "catalogue", "unknown"]),
}
_SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
_COUNT = or_null(WHOLE)
_ACCOUNT: dict[str, Schema] = {
    "id": text("`runware`, `runcomfy`, or a site of RunningHub: `runninghub-ai`, `runninghub-cn`"),
    "configured": {
        "type": ["boolean", "null"],
        "description": "Whether the stack has a key for it; null while that can't be read",
    },
    "selected": {"type": "boolean", "description": "New jobs are sent on it"},
    "currency": text("Of `balance` and of what jobs cost here"),
    "balance": or_null(text("A decimal number", pattern=r"^-?\d+(\.\d+)?$")),
    "coins": or_null(text("A decimal number, of the provider's own coins", pattern=r"^-?\d+(\.\d+)?$")),
    "running": _COUNT,
    "queued": _COUNT,
    "limit": or_null(WHOLE | {"description": "How many tasks may run at once"}),
    "key_kind": or_null(text("The provider's word for the kind of key, such as `shared`")),
    "gate": or_null(ref("schemas", "Gate")),
    "error": _ERROR,
}
_GATE: dict[str, Schema] = {
    "open": {"type": "boolean", "description": "Whether jobs are sent on the account now"},
    "closed_until": or_null(_TIME),
    "refusals": WHOLE | {"description": "In a row, for now"},
}
_MODEL: dict[str, Schema] = {
    "id": text("As a job's `model`"),
    "kind": text(enum=["catalogue", "native", "workflow", "ai_app", "deployment"]),
    "provider": or_null(text("Null where several may run it")),
    "name": or_null(text("As the provider shows it")),
    "fields": list_of(ref("schemas", "ModelField")),
    "complete": {
        "type": "boolean",
        "description": "False where there are more fields than can be listed, or than are known",
    },
    "price": or_null(text("What the provider says of it, such as `base price 0.57 USD per second`")),
    "example": object_of({"model": text(), "input": {"type": "object"}})
    | {"description": "A request to start from; its values are samples"},
}
_MODEL_FIELD: dict[str, Schema] = {
    "node_id": or_null(
        text("For `nodeInfoList` of a workflow or an AI app, or `overrides` of a deployment; else null")
    ),
    "node_name": or_null(text()),
    "field_name": text("The name among that node's inputs; without a node, the name in `input`"),
    "type": text(enum=["string", "integer", "number", "boolean", "array", "object", "any"]),
    "default": _SCALAR | {"description": "What it is if it is not sent; null also where that can't be shown"},
    "options": {"type": ["array", "null"], "items": _SCALAR, "description": "What may be chosen"},
    "required": {"type": "boolean"},
    "upload": {
        "type": "boolean",
        "description": 'It takes a file: a URL or data URI; in `nodeInfoList` as `{"upload": "https://…"}`',
    },
    "description": or_null(text()),
}
_FAILURE = {"code": text("Stable"), "message": text("For people"), "provider_code": or_null(text())}
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
    "provider_code": text("The provider's own code, where its answer is the reason"),
    "errors": list_of(ref("schemas", "FieldProblem")),
}
