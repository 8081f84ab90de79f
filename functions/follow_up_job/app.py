"""Overdue jobs: {"job_id", "due_at"}, or messages of the FollowUps queue that hold that. Next: what each one's state
needs."""

from typing import Any

from framehook.follow_up_edge import due_jobs
from framehook.telemetry import note, observed
from framehook.wiring.follow_up_job import following


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes both
    for due in due_jobs(event):
        note(job_id=due.job_id)
        job = following().follow_up(due)
        if job is not None:
            note(status=job.status, look_ups=job.look_ups, due_at=job.due_at)
