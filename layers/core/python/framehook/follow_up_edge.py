"""Which jobs an invocation of follow_up_job is about: one that the sweep names, or those of delayed messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from framehook.identifiers import is_job_id
from framehook.ports import DueJob


def due_jobs(event: Mapping[str, Any]) -> Iterator[DueJob]:
    """Raises KeyError, TypeError or ValueError for what no part of this stack has sent."""
    messages = event.get("Records")
    for told in [event] if messages is None else [_read(message["body"]) for message in messages]:
        yield _due(told)


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("the message is nested too deep") from None


def _due(told: Any) -> DueJob:
    job_id, due_at = told["job_id"], told["due_at"]
    if not isinstance(job_id, str) or not isinstance(due_at, int) or isinstance(due_at, bool):
        raise TypeError("a job's id is text, and a due time a whole number")
    if not is_job_id(job_id):
        raise ValueError("this is no job's id")
    return DueJob(job_id, due_at)
