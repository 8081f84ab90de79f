"""How stories of RunComfy jobs over the in-memory stack begin: asked for, sent, running, parked."""

from __future__ import annotations

from typing import Any

from framehook.errors import ReplyLost
from framehook.jobs import Job, Status
from framehook.providers.contract import HttpResponse
from tests.fakes import runcomfy_answers as comfy
from tests.fakes.stack import InMemoryStack

SORA: dict[str, Any] = {
    "model": "sora-2-pro",
    "provider": "runcomfy",
    "input": {"prompt": "mangroves glow", "seconds": 8, "size": "1792x1024"},
}
PICTURE: dict[str, Any] = {
    "model": "runcomfy/google/nano-banana-2/text-to-image",
    "input": {"prompt": "a fox"},
}
WORKFLOW: dict[str, Any] = {
    "model": f"runcomfy/deployment/{comfy.DEPLOYMENT}",
    "input": {"overrides": {"6": {"inputs": {"text": "mangroves glow"}}}},
}
LOST = ReplyLost("timed out")


def submitted(stack: InMemoryStack, asked: dict[str, Any], *answers: HttpResponse | Exception) -> Job:
    """A job that was sent, with these answers to its calls."""
    job = stack.accept(**asked)
    stack.runcomfy.answers.extend(answers)
    return stack.submit(job.id)


def running(stack: InMemoryStack, asked: dict[str, Any] = SORA) -> Job:
    job = submitted(stack, asked, comfy.taken())
    assert job.status is Status.RUNNING
    return job


def parked(stack: InMemoryStack) -> Job:
    """A job whose only call was not answered, at the end of its lease."""
    job = submitted(stack, SORA, LOST)
    assert job.status is Status.SUBMITTING
    job = stack.follow_up_when_due(job.id)
    assert job.status is Status.PARKED
    return job
