"""Jobs that meet faults: submitted as one batch, looked at one by one, held against the provider's books."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.user import User, eventually, unique_prompt, video
from tests.sandbox.completion_events import subscription
from tests.sandbox.stack_file import Stack

NO_LOOK_UP, ONE_LOOK_UP = 0, 1
LONG = 600  # simulated seconds: too long to end while a test is at it
# A picture of 9 by 16 points.
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAkAAAAQCAIAAABLKsIUAAAAE0lEQVR42mNQaEjAhRhG5Qa9HADlE5AB3JTU5QAAAABJRU5ErkJggg=="
)
# Jobs in one burst would have the local AWS unpack the layer for dozens of function instances at the same time.
PACE_SECONDS = 0.6


@dataclass(frozen=True)
class Case:
    """A fault, `more` of them, and the number of look-ups after it where that is certain. `job` is made of a prompt."""

    fault: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    times: int | None = None
    look_ups: int | None = None
    job: Callable[[str], Mapping[str, Any]] = video
    more: Sequence[tuple[str, Mapping[str, object]]] = ()


@dataclass(frozen=True)
class Batch:
    """Jobs that wait side by side, by the names of their cases."""

    user: User
    ids: Mapping[str, str]

    def settled(self, name: str) -> dict[str, Any]:
        """The job once it has ended."""
        return self.user.wait_and_sweep(self.ids[name])

    def succeeded(self, name: str) -> dict[str, Any]:
        """The same of a job that has to end well."""
        job = self.settled(name)
        assert job["status"] == "succeeded", job["error"]
        return job


@contextmanager
def batch(stack: Stack, cases: Mapping[str, Case], provider: str) -> Iterator[Batch]:
    """All these cases, submitted to one provider in their order."""
    with closing(User(stack)) as user:
        yield Batch(user, {name: _submitted(user, case, provider) for name, case in cases.items()})


def _submitted(user: User, case: Case, provider: str) -> str:
    prompt = unique_prompt()
    if case.fault:
        user.fault(case.fault, prompt, case.times, provider, **case.options)
    for fault, options in case.more:
        user.fault(fault, prompt, None, provider, **options)
    time.sleep(PACE_SECONDS)
    return str(user.submit(case.job(prompt))["id"])


def charges(seen: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(task["billed"]) for task in seen)


def look_ups(seen: Sequence[Mapping[str, Any]]) -> int:
    return sum(sum(task["lookups"].values()) for task in seen)


def statuses(job: Mapping[str, Any]) -> list[str]:
    return [entry["status"] for entry in job["timeline"]]


def file_types(job: Mapping[str, Any]) -> set[str]:
    """The endings of the names of the job's files, all of which have to be there."""
    assert {output["status"] for output in job["outputs"]} == {"landed"}
    return {output["key"].rsplit(".", 1)[-1] for output in job["outputs"]}


def assert_delivered_and_paid_once(user: User, job: Mapping[str, Any]) -> None:
    """A file of the usual video; one call made the provider take one task, and its books have one charge."""
    attempts = [attempt["number"] for attempt in job["attempts"]]
    taken = user.accepted(job["provider"], job["input"]["prompt"])
    counted = (attempts, len(taken), charges(user.seen(job)))
    assert counted == ([1], 1, 1), counted
    assert job["cost"]["actual"] == "1.20", job["cost"]
    assert job["outputs"][0]["bytes"] > 1000, job["outputs"]


def announced(stack: Stack, user: User, asked: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """What the bus tells of a new job until it has ended, and the job then."""
    told = []
    with subscription(stack) as events:
        job_id = user.submit(asked)["id"]
        for detail in events.changes(job_id, timeout=60):
            told.append(detail["status"])
            if detail["status"] in ("succeeded", "failed"):
                break
    return told, user.job(job_id)


def assert_delivered_twice(user: User, job: Mapping[str, Any]) -> None:
    """Each webhook of the job's one task was answered with a 200, and once more when it came again."""

    def again() -> bool | None:
        [seen] = user.seen(job)
        answered = Counter(call["kind"] for call in seen["webhooks"] if call["status"] == 200)
        return True if answered and min(answered.values()) > 1 else None

    eventually(again, 10)
