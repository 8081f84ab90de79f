"""Which jobs an invocation of follow_up_job is about: one that the sweep names, or those of delayed messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from framehook.ports import DueJob


def due_jobs(event: Mapping[str, Any]) -> Iterator[DueJob]:
    """Raises KeyError, TypeError or ValueError for what no part of this stack has sent."""
    messages = event.get("Records")
    for told in [event] if messages is None else [json.loads(message["body"]) for message in messages]:
        yield DueJob(told["job_id"], int(told["due_at"]))
