"""Runware's error objects and the places where they differ: envelope, webhook, polling.

Fields and codes: https://runware.ai/docs/platform/errors. No rule is checked here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ERROR_FORMS = ("errors", "flat", "error_object", "error_text")
DOCUMENTATION = "https://runware.ai/docs/platform/errors"
CODES_BY_STATUS = {
    400: "invalidRequest",
    401: "invalidApiKey",
    402: "insufficientCredits",
    403: "forbidden",
    404: "modelNotFound",
    429: "rateLimitExceeded",
    500: "internalServerError",
    503: "serviceUnavailable",
    504: "timeoutProvider",
}


@dataclass(frozen=True)
class TaskError:
    """One error of one task; `status` is the HTTP status if nothing else in the request was accepted."""

    code: str
    message: str
    status: int = 400
    fields: Mapping[str, Any] = field(default_factory=dict)
    form: str = "errors"

    def document(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """The object inside `errors[]`; task fields only as far as the task had them."""
        named = {key: task[key] for key in ("taskUUID", "taskType") if isinstance(task.get(key), str)}
        return {"code": self.code, "message": self.message, **self.fields, **named}


def common_status(errors: list[TaskError]) -> int:
    """The status of a request in which everything failed: shared by all errors, or plain 400."""
    statuses = {error.status for error in errors}
    return statuses.pop() if len(statuses) == 1 else 400


def alone(error: Mapping[str, Any], form: str) -> dict[str, Any]:
    """A body that consists of one error, in each of the shapes Runware and its guides have used."""
    named = {key: error[key] for key in ("taskType", "taskUUID") if key in error}
    unnamed = {key: value for key, value in error.items() if key not in named}
    if form == "flat":
        return {**error, "status": "error"}
    if form == "error_object":
        return {"error": unnamed, **named}
    if form == "error_text":
        return {"error": error["message"], **named}
    return {"errors": [dict(error)]}


def polled(error: Mapping[str, Any], form: str) -> dict[str, Any]:
    """The same failure as an item of `data`, for every form but `errors`, where it stands in `errors`."""
    if form == "errors":
        return {**error, "status": "error", "documentation": DOCUMENTATION}
    return {**alone(error, form), "status": "error"}
