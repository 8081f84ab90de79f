"""What a stack in memory holds and has sent, as one value to compare; whether the table could hold what it does; and
providers that take everything. Decides nothing about what should be there.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from framehook.adapters.dynamodb_items import (
    job_from_image,
    job_item,
    request_values,
    result_values,
)
from framehook.adapters.dynamodb_values import encode_item, packed
from framehook.errors import Failure
from framehook.job_view import resource
from framehook.jobs import Job
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.fakes import runcomfy_answers as comfy
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import BUCKET, InMemoryStack, acknowledged

# docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_LARGEST_ITEM = 400 * 1024
_MOST_DIGITS = 38


class Agreeable:
    """An account's API that takes every task, and counts what it was asked."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if self.account == "runware":
            return acknowledged(request)
        number = len(self.requests)
        if self.account == "runcomfy":
            return comfy.taken(f"11111111-2222-4333-8444-{number:012d}")
        return hub.taken(str(2_013_508_786_110_730_000 + number))


def held(stack: InMemoryStack) -> dict[str, Any]:
    """Everything that is stored, and how often anybody was told or asked anything."""
    jobs, starter = stack.jobs, stack.starter
    return {
        "jobs": dict(jobs.jobs),
        "requests": dict(jobs.requests),
        "outputs": dict(jobs.outputs),
        "attempts": dict(jobs.attempts),
        "writes": len(jobs.changes),
        "objects": dict(stack.media.objects),
        "gates": dict(stack.gates.gates),
        "sent": [list(stack.queue.job_ids), list(stack.follow_ups.sent), list(stack.bus.details)],
        "started": [list(starter.follow_ups), list(starter.fetches), list(starter.landings)],
        "asked": [len(transport.requests) for transport in stack.scripted.values()],
    }


def assert_storable(stack: InMemoryStack) -> None:
    """Every item fits into the table and is read back; every job can be shown."""
    for job in stack.jobs.jobs.values():
        item = job_item(job, None, None)
        _check_item(item)
        again = job_from_image(json.loads(json.dumps(item, default=_base64)))
        assert _gist(again) == _gist(job)
    for request in stack.jobs.requests.values():
        _check_item(encode_item(request_values(request)))
    for record in stack.jobs.outputs.values():
        _check_item(encode_item(result_values(record)))
    for attempt in stack.jobs.attempts.values():
        _check_item(encode_item({"answers": [packed(answer) for answer in attempt.answers]}))
    for job_id in stack.jobs.jobs:
        file = stack.jobs.get_file(job_id)
        assert file is not None
        shown = resource(file, BUCKET, "https://api.example")
        json.dumps(shown, allow_nan=False, ensure_ascii=False).encode()


def _gist(job: Job) -> tuple[object, ...]:
    tasks = [(task.id, task.state, task.cost, task.usage, _code(task.failure)) for task in job.tasks]
    outputs = [(output.index, output.state, _code(output.failure)) for output in job.outputs]
    return (
        job.id,
        job.owner,
        job.model,
        job.status,
        job.charged,
        job.due_at,
        _code(job.error),
        tasks,
        outputs,
    )


def _code(failure: Failure | None) -> str | None:
    return None if failure is None else failure.code


def _check_item(item: Any) -> None:
    assert len(json.dumps(item, ensure_ascii=False, default=_base64).encode()) < _LARGEST_ITEM
    _check_numbers(item)


def _check_numbers(value: Any) -> None:
    for kind, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if kind == "N" and isinstance(inner, str):
            assert len(inner.lstrip("-")) <= _MOST_DIGITS
        elif isinstance(inner, dict | list):
            _check_numbers(inner)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
