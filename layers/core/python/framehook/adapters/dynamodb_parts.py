"""The maps inside the items: tasks, outputs, failures, timeline entries and results, with short names.
Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.adapters.dynamodb_values import packed, unpacked
from framehook.errors import Failure
from framehook.jobs import Kind, Output, OutputState, ResultFile, Status, Task, TaskState, TimelineEntry

Values = Mapping[str, Any]


def failure_values(failure: Failure | None, message_bytes: int = 120) -> Values | None:
    """A job's failure is told at length (300 bytes); the same one of a task or an output by its beginning."""
    if failure is None:
        return None
    message = failure.message.encode()[:message_bytes].decode(errors="ignore")
    return {"code": failure.code, "message": message, "provider_code": failure.provider_code}


def failure_from(values: Values | None) -> Failure | None:
    return Failure(values["code"], values["message"], values.get("provider_code")) if values else None


def task_values(task: Task) -> Values:
    return {
        "id": task.id,
        "slot": task.slot,
        "attempt": task.attempt,
        "state": task.state,
        "failure": failure_values(task.failure),
        "cost": task.cost,
        "usage": dict(task.usage) or None,
        "failing": task.failing_since,
        "spare": [kind or "" for kind in task.spare_files] or None,
    }


def task_from(values: Values) -> Task:
    return Task(
        id=values["id"],
        slot=values["slot"],
        attempt=values["attempt"],
        state=TaskState(values["state"]),
        failure=failure_from(values.get("failure")),
        cost=values.get("cost"),
        usage=tuple(values.get("usage", {}).items()),
        failing_since=values.get("failing"),
        spare_files=tuple(Kind(kind) if kind else None for kind in values.get("spare", ())),
    )


def output_values(output: Output) -> Values:
    return {
        "n": output.index,
        "attempt": output.attempt,
        "state": output.state,
        "failure": failure_values(output.failure),
        "kind": output.kind,
    }


def output_from(values: Values) -> Output:
    return Output(
        index=values["n"],
        attempt=values["attempt"],
        state=OutputState(values["state"]),
        failure=failure_from(values.get("failure")),
        kind=Kind(values["kind"]) if "kind" in values else None,
    )


def entry_values(entry: TimelineEntry) -> Values:
    return {"s": entry.status, "at": entry.at, "why": entry.reason}


def entry_from(values: Values) -> TimelineEntry:
    return TimelineEntry(Status(values["s"]), values["at"], values.get("why"))


def result_file_values(result: ResultFile, text_parts: int | None = None) -> Values:
    """`text_parts`: the text is kept apart, in so many parts."""
    text = packed(result.text) if result.text is not None and text_parts is None else None
    return {
        "url": result.url,
        "text": text,
        "text_parts": text_parts,
        "id": result.provider_id,
        "type": result.media_type,
    }


def result_file_from(values: Values) -> ResultFile:
    text = values.get("text")
    return ResultFile(
        url=values.get("url"),
        text=unpacked(text) if text is not None else None,
        provider_id=values.get("id"),
        media_type=values.get("type"),
    )
