"""One overdue job: {"job_id", "due_at"}. Next: what its state needs."""

from typing import Any

from framehook.ports import DueJob
from framehook.telemetry import note, observed
from framehook.wiring.follow_up_job import following


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes both
    note(job_id=event["job_id"])
    following().follow_up(DueJob(event["job_id"], event["due_at"]))
