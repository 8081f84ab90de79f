"""How stories of RunningHub jobs over the in-memory stack begin: asked for, submitted, parked, adopted."""

from __future__ import annotations

from typing import Any

from framehook.errors import ReplyLost
from framehook.jobs import Job, Status
from framehook.providers.contract import HttpResponse
from framehook.requests import ResolveRequest
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import OWNER, InMemoryStack

SORA: dict[str, Any] = {
    "model": "sora-2-pro",
    "provider": "runninghub",
    "input": {"prompt": "mangroves glow", "seconds": 8},
}
TWO: dict[str, Any] = {**SORA, "input": {"prompt": "mangroves glow", "count": 2}}
LOST = ReplyLost("timed out")
HOUR = 3_600_000  # milliseconds


def submitted(stack: InMemoryStack, asked: dict[str, Any], *answers: HttpResponse | Exception) -> Job:
    """A job that was sent, with these answers to its calls."""
    job = stack.accept(**asked)
    stack.runninghub.answers.extend(answers)
    return stack.submit(job.id)


def parked(stack: InMemoryStack, asked: dict[str, Any] = SORA) -> Job:
    """A job none of whose calls was answered, at the end of its proof window."""
    job = submitted(stack, asked, *[LOST] * asked["input"].get("count", 1))
    while job.status is Status.SUBMITTING:
        stack.follow_up_when_due(job.id)
        job = stack.submit(job.id)
    assert job.status is Status.PARKED
    return job


def sent(stack: InMemoryStack, call: int = -1) -> dict[str, Any]:
    """The body of one call."""
    return hub.sent(stack.runninghub.requests[call])


def adopted(stack: InMemoryStack, job: Job, task_id: str) -> Job:
    asked = ResolveRequest(action="adopt", provider_task_id=task_id)
    return stack.resolution.resolve(OWNER, job.id, asked)
