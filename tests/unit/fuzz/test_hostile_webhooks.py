"""Calls of providers that hold anything at all: always 200, the job goes on, and only a success is taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framehook.jobs import Job, OutputState, Status, Task, TaskState
from framehook.webhook_edge import answer
from tests.contracts.hostile_answers import GARBAGE, bodies
from tests.fakes import runcomfy_answers as comfy
from tests.fakes.stack import InMemoryStack
from tests.sample_events import EVENTS, TASK_ID, Event, sample_event
from tests.unit import runcomfy_stories, runninghub_stories
from tests.unit.edges import sample_job, stored
from tests.unit.fuzz.json_values import VALUES, changed, every_change, paths, spelled
from tests.unit.fuzz.watched import assert_storable, held

RECORDED = sorted(path.stem for path in (EVENTS / "receive_webhook").glob("*.json"))
CALLS = [case for case in RECORDED if case not in ("garbage", "malformed_path")]
SUCCESSES = [case for case in CALLS if "success" in case]
_OPEN = (Status.RUNNING, Status.STORING)
_GOOD_STATES = (TaskState.REPORTED, TaskState.SPARE)


@dataclass
class Called:
    """The job of a recorded call, running, and the call with another body. The stack is set back before each."""

    case: str

    def __post_init__(self) -> None:
        self.event = sample_event("receive_webhook", self.case)
        self.document = json.loads(self.event["body"])
        self.stack = InMemoryStack()
        self.job = self._job(self.event["pathParameters"]["provider"])
        self.requests = dict(self.stack.jobs.requests)

    def call(self, body: bytes) -> Job:
        """What the call makes of the job; it comes twice, as it may."""
        store = self.stack.jobs
        store.outputs.clear()
        store.attempts.clear()
        stored(self.stack, self.job)
        event = self.event | {"body": body.decode("latin-1"), "isBase64Encoded": False}
        return self._twice(event)

    def _twice(self, event: Event) -> Job:
        assert answer(self.stack.completion, event)["statusCode"] == 200
        job = self.stack.job(self.job.id)
        once = held(self.stack)["outputs"], job
        assert answer(self.stack.completion, event)["statusCode"] == 200
        assert (held(self.stack)["outputs"], self.stack.job(self.job.id)) == once
        return job

    def _job(self, provider: str) -> Job:
        job = sample_job(self.stack)
        if provider == "runware":
            return job
        story = {
            "runninghub": (runninghub_stories.submitted, runninghub_stories.SORA),
            "runcomfy": (runcomfy_stories.submitted, runcomfy_stories.WORKFLOW),
        }
        submitted, asked = story[provider]
        other = submitted(self.stack, asked, comfy.answer({}, 502))
        named = next(found for found in _ids(self.document) if found)
        tasks = (Task(named, 0, state=TaskState.ACCEPTED),)
        running = replace(other, id=job.id, tasks=tasks, token_hashes=job.token_hashes, status=Status.RUNNING)
        del self.stack.jobs.jobs[other.id]
        return stored(self.stack, replace(running, due_at=job.due_at, lease_until=None))


def _ids(document: Mapping[str, Any]) -> Iterator[str]:
    for key in ("request_id", "taskId"):
        yield str(document.get(key) or "")


def check(called: Called, job: Job, body: bytes) -> None:
    """A job is never lost: it is open with a time at which it is looked at, or has ended in a way that is stored."""
    assert job.status in (*_OPEN, Status.FAILED, Status.CANCELLED)
    assert (job.due_at is None) == job.status.terminal
    assert [task.slot for task in job.tasks] == [0]
    for task in job.tasks:
        assert task.cost is None or 0 <= task.cost < 10**12
    assert job.charged is None or job.charged >= 0
    wanted = any(output.state is OutputState.TO_FETCH for output in job.outputs)
    assert not wanted or b"http" in body or b"text" in body.lower()
    assert_storable(called.stack)


def _is_reported(job: Job) -> bool:
    return any(task.state in _GOOD_STATES for task in job.tasks)


@pytest.mark.parametrize("case", CALLS)
def test_any_one_value_of_a_call_changed_loses_no_job(case: str) -> None:
    called = Called(case)
    unchanged = called.call(spelled(called.document))
    assert _is_reported(unchanged) == (case in SUCCESSES)
    for document in every_change(called.document):
        body = spelled(document)
        job = called.call(body)
        check(called, job, body)
        assert not _is_reported(job) or case in SUCCESSES, body


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_two_values_of_a_call_changed_lose_no_job(data: st.DataObject) -> None:
    called = Called(data.draw(st.sampled_from(CALLS)))
    body = spelled(data.draw(changed(called.document, 3)))
    check(called, called.call(body), body)


def _renamed(document: Any, rename: Callable[[Any], Any]) -> Any:
    if isinstance(document, dict):
        return {rename(key): _renamed(value, rename) for key, value in document.items()}
    return [_renamed(value, rename) for value in document] if isinstance(document, list) else document


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SUCCESSES),
    VALUES.map(lambda value: spelled(_renamed(value, lambda key: f"q{key}")))
    | st.sampled_from(GARBAGE)
    | st.binary(max_size=80),
)
def test_garbage_changes_no_task_and_has_the_job_looked_at(case: str, body: bytes) -> None:
    called = Called(case)
    job = called.call(body)
    assert (job.status, job.tasks, job.charged) == (Status.RUNNING, called.job.tasks, None)
    assert job.outputs == called.job.outputs
    assert not called.stack.jobs.outputs
    assert_storable(called.stack)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SUCCESSES), st.data())
def test_any_words_of_providers_lose_no_job(case: str, data: st.DataObject) -> None:
    called = Called(case)
    body = data.draw(bodies(TASK_ID, called.job.tasks[0].id))
    check(called, called.call(body), body)


@pytest.mark.parametrize("case", CALLS)
def test_call_that_names_another_task_fails_nothing_and_renames_nothing(case: str) -> None:
    """At Runware it is none of this job's; the others call a URL of the task's own, whose results are its own."""
    called = Called(case)
    own = called.job.tasks[0].id
    other = own[:-3] + ("000" if not own.endswith("000") else "111")
    job = called.call(spelled(called.document).replace(own.encode(), other.encode()))
    assert [task.id for task in job.tasks] == [own]
    assert job.status in _OPEN
    assert _is_reported(job) == (case in SUCCESSES and called.job.provider != "runware")


@pytest.mark.parametrize("method", ["get", "record_result", "replace"])
@pytest.mark.parametrize("applied", [False, True], ids=["not done", "reply lost"])
@pytest.mark.parametrize("case", SUCCESSES)
def test_call_in_trouble_is_503_and_complete_when_it_comes_again(
    case: str, applied: bool, method: str
) -> None:
    called = Called(case)
    called.stack.jobs.trouble.fail_next(method=method, applied=applied)
    first, again = (answer(called.stack.completion, called.event)["statusCode"] for _ in range(2))
    assert (first, again) == (503, 200)
    assert _is_reported(called.stack.job(called.job.id))


def test_recorded_calls_have_enough_to_change() -> None:
    assert sum(len(list(paths(Called(case).document))) for case in CALLS) > 150
