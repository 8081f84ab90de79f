"""What a user may ask for, and what is read of it: the JSON of `POST /v1/jobs` and of a Jobs message.

Unknown fields are refused, never ignored, and so are fields of features that do not exist yet.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from framehook.errors import FieldProblem, InvalidRequest, UnreadableRequest
from framehook.identifiers import is_owner
from framehook.plain_json import unfit_parts

_NOT_YET = {
    "callback_url": "callbacks are not supported yet; the event bus announces every job",
    "max_cost_usd": "cost caps are not supported yet",
}
_SHOWN = 200
_MOST_PROBLEMS = 50
_KEY = r"^[\x21-\x7e]{1,255}$"

Metadata = dict[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")],
    Annotated[str, Field(max_length=512)],
]


class JobRequest(BaseModel):
    """A job as a user asks for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    model: str = Field(
        min_length=1,
        max_length=200,
        description="A catalogue name, or a provider's own id: `runware/<AIR>`, `runninghub/<endpoint>`, "
        "`runninghub/workflow/<id>`, `runninghub/ai-app/<id>`, `runcomfy/<model id>` or `runcomfy/deployment/<id>`",
    )
    input: dict[str, Any] = Field(description="The prompt and parameters of the model")
    provider: str | list[str] | None = Field(
        default=None, description="Where to run it; by default the first offering that can"
    )
    metadata: Metadata = Field(
        default_factory=dict, max_length=20, description="Strings of your own, kept and shown with the job"
    )


class JobMessage(JobRequest):
    """A job as a message on the Jobs queue."""

    idempotency_key: str | None = Field(default=None, pattern=_KEY)
    owner: str | None = Field(default=None, max_length=64)


class ResolveRequest(BaseModel):
    """What a person decided about a parked job."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    action: Literal["resend", "abandon", "adopt"] = Field(
        description="`resend`: send it again as a new attempt, at the risk of a second charge; `adopt`: the provider "
        "has it; `abandon`: give it up"
    )
    provider_task_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="For `adopt`: the task's id as the job shows it; "
        "for RunningHub and RunComfy, the id that its site shows for the task",
    )
    attempt: int | None = Field(
        default=None,
        ge=1,
        description="The number of the attempt that was decided about, the job's latest; once there is a later one the "
        "answer is a 409. Without it, a `resend` that is repeated because its answer was lost may be a second one",
    )


def parse_json_object(text: str | bytes) -> dict[str, Any]:
    """Raises UnreadableRequest for anything but a JSON object that JSON itself allows (no NaN, no huge numbers)."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise UnreadableRequest("the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise UnreadableRequest("the body is not a JSON object")
    return value


def parse[Model: BaseModel](kind: type[Model], value: Mapping[str, Any]) -> Model:
    """The request, or InvalidRequest naming every field that is wrong."""
    parts = (found for name, part in value.items() for found in unfit_parts(part, name))
    unfit = [FieldProblem(*found) for found in islice(parts, _MOST_PROBLEMS)]
    if unfit:
        raise InvalidRequest(*unfit)
    try:
        return kind.model_validate(value)
    except ValidationError as invalid:
        wrong = islice(invalid.errors(), _MOST_PROBLEMS)
        raise InvalidRequest(*(_problem(error, kind) for error in wrong)) from None


def check_owner(owner: str) -> str:
    if not is_owner(owner):
        allowed = "letters, digits, '_', '.' and '-', at most 64, starting with a letter or digit"
        raise InvalidRequest(
            FieldProblem("owner", "is not a valid owner", value=owner[:_SHOWN], allowed=allowed)
        )
    return owner


def readable_metadata(value: object) -> dict[str, str]:
    """The metadata of a request that is otherwise wrong, so that its failed job can be told; empty if it is no good."""
    try:
        return TypeAdapter(Metadata).validate_python(value, strict=True)
    except ValidationError:
        return {}


def fingerprint(request: JobRequest) -> str:
    """What makes two requests the same: everything that was asked for, in any key order."""
    asked = request.model_dump(include={"model", "input", "provider", "metadata"})
    return content_fingerprint(json.dumps(asked, sort_keys=True, separators=(",", ":")))


def content_fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _problem(error: Any, kind: type[BaseModel]) -> FieldProblem:
    path = ".".join(str(part) for part in error["loc"] if part not in ("str", "list[str]", "[key]"))
    if error["type"] == "extra_forbidden":
        name = str(error["loc"][-1])
        code = "not_supported_yet" if name in _NOT_YET else "unknown_field"
        return FieldProblem(
            path, _NOT_YET.get(name, "is not a field of this request"), code, allowed=_fields(kind)
        )
    if error["type"] == "missing":
        return FieldProblem(path, "is required", "missing_field")
    shown = error["input"] if isinstance(error["input"], bool | int | float) else str(error["input"])[:_SHOWN]
    return FieldProblem(path, error["msg"], "invalid_value", shown, (error.get("ctx") or {}).get("expected"))


def _fields(kind: type[BaseModel]) -> list[str]:
    return sorted(kind.model_fields)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
