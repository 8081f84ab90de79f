"""submit_job: a batch of messages in, those to deliver again out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from framehook.identifiers import derive_job_id
from framehook.jobs import Status
from functions.submit_job import app
from tests.fakes import RecordingDeadLetters
from tests.fakes.stack import InMemoryStack
from tests.sample_events import JOB_ID, SampleContext, sample_event
from tests.unit.edges import queue_edge


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> InMemoryStack:
    stack = InMemoryStack()
    edge = queue_edge(stack)
    monkeypatch.setattr(app, "edge", lambda: edge)
    return stack


def call(case: str, context: SampleContext | None = None) -> Any:
    return app.handler(sample_event("submit_job", case), context or SampleContext())


def test_handler_new_job_is_running(stack: InMemoryStack) -> None:
    stack.acknowledge()
    assert call("new_job") == {"batchItemFailures": []}
    assert stack.job(derive_job_id("studio", "key:order-18")).status is Status.RUNNING


def test_handler_stored_job_is_running(stack: InMemoryStack) -> None:
    stack.accept(JOB_ID)
    stack.acknowledge()
    assert call("stored_job") == {"batchItemFailures": []}
    assert stack.job(JOB_ID).status is Status.RUNNING


def test_handler_invalid_job_has_failed(stack: InMemoryStack) -> None:
    assert call("invalid_job") == {"batchItemFailures": []}
    assert [job.status for job in stack.jobs.jobs.values()] == [Status.FAILED]


def test_handler_little_time_left_makes_no_paid_call(stack: InMemoryStack) -> None:
    stack.accept(JOB_ID)
    call("stored_job", SampleContext(milliseconds=1_000))
    assert stack.runware.requests == []
    assert stack.job(JOB_ID).status is Status.QUEUED


def test_handler_unreadable_message_is_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = RecordingDeadLetters()
    edge = queue_edge(InMemoryStack(), letters)
    monkeypatch.setattr(app, "edge", lambda: edge)
    call("unreadable")
    (record,) = sample_event("submit_job", "unreadable")["Records"]
    assert [letter.body for letter in letters.letters] == [record["body"]]


def test_handler_answer_is_json(stack: InMemoryStack) -> None:
    stack.jobs.trouble.fail_next()
    assert json.loads(json.dumps(call("new_job"))) == {
        "batchItemFailures": [{"itemIdentifier": "00000000-0000-4000-8000-000000000002"}]
    }
