"""A provider's call: 200 for everything authentic, 404 without a word for anything else, 503 to be called again."""

from __future__ import annotations

import base64
import json
from typing import Any, override

import pytest

from framehook.changes import Changes
from framehook.completion import Completion
from framehook.jobs import Job, OutputState, Status, TaskState
from framehook.webhook_edge import answer
from framehook.wiring.providers import PROVIDERS
from tests.fakes import FakeJobStore
from tests.fakes.stack import InMemoryStack
from tests.sample_events import JOB_ID, TOKEN, Event, sample_event
from tests.unit.edges import line_of, sample_job


class CountingStore(FakeJobStore):
    """Counts reads of jobs."""

    reads = 0

    @override
    def get(self, job_id: str) -> Job | None:
        self.reads += 1
        return super().get(job_id)


class Hook:
    """The receiver over the stack in memory, with the job of the sample events."""

    def __init__(self) -> None:
        self.stack = InMemoryStack()
        sample_job(self.stack)
        self.store = CountingStore(self.stack.clock)
        self.store.jobs, self.store.requests = self.stack.jobs.jobs, self.stack.jobs.requests
        self.completion = Completion(Changes(self.store, self.stack.clock, self.stack.policy), PROVIDERS)

    def call(self, event: Event) -> int:
        return int(answer(self.completion, event)["statusCode"])

    @property
    def job(self) -> Job:
        return self.store.jobs[JOB_ID]


@pytest.fixture
def hook() -> Hook:
    return Hook()


def success(**path: str) -> Event:
    event = sample_event("receive_webhook", "success_wrapped")
    return event | {"pathParameters": event["pathParameters"] | path}


@pytest.mark.parametrize("case", ["success_wrapped", "success_flat"])
def test_success_in_every_form_waits_for_the_upload(hook: Hook, case: str) -> None:
    assert hook.call(sample_event("receive_webhook", case)) == 200
    assert hook.job.status is Status.STORING
    assert hook.job.charged == 4_000_000
    assert [output.state for output in hook.job.outputs] == [OutputState.AWAITED]
    assert hook.store.outputs[JOB_ID, 0, 1].seed == 443404476


def test_delivered_twice_is_200_and_changes_nothing_more(hook: Hook) -> None:
    assert hook.call(success()) == 200
    version = hook.job.version
    assert hook.call(success()) == 200
    assert hook.job.version == version


def test_one_call_costs_one_read(hook: Hook) -> None:
    hook.call(success())
    assert hook.store.reads == 1


def test_failure_ends_the_job(hook: Hook) -> None:
    assert hook.call(sample_event("receive_webhook", "failure")) == 200
    assert hook.job.tasks[0].state is TaskState.FAILED
    assert hook.job.status is Status.FAILED


@pytest.mark.parametrize(
    "body", ["<html>502 Bad Gateway</html>", "", None, "null", "[]", "{}", "[" * 100_000]
)
def test_unreadable_but_authentic_is_200_kept_and_due_now(hook: Hook, body: str | None) -> None:
    assert hook.call(success() | {"body": body}) == 200
    assert hook.job.status is Status.RUNNING
    assert hook.job.due_at == hook.stack.clock.now()
    assert hook.store.attempts[JOB_ID, 1].answers == ((body or "")[:2000],)


def test_base64_body_is_read(hook: Hook) -> None:
    event = success()
    encoded = base64.b64encode(event["body"].encode()).decode()
    assert hook.call(event | {"body": encoded, "isBase64Encoded": True}) == 200
    assert hook.job.status is Status.STORING


@pytest.mark.parametrize("body", ["a", "not base64!", "ключ"])
def test_base64_that_is_none_is_404(hook: Hook, body: str) -> None:
    assert hook.call(success() | {"body": body, "isBase64Encoded": True}) == 404


def test_body_with_half_a_surrogate_pair_is_404(hook: Hook) -> None:
    assert hook.call(success() | {"body": "\ud800"}) == 404


MALFORMED: list[dict[str, str]] = [
    {"job_id": "1"},
    {"job_id": JOB_ID.upper()},
    {"job_id": JOB_ID + "\n"},
    {"job_id": "../" + JOB_ID},
    {"attempt": "0"},
    {"attempt": "01"},
    {"attempt": "-1"},
    {"attempt": "1" * 40},
    {"attempt": "\u0661"},
    {"token": ""},
    {"token": TOKEN[:-1]},
    {"token": TOKEN + "A"},
    {"token": TOKEN[:-1] + "="},
    {"token": TOKEN[:-1] + "é"},
]


@pytest.mark.parametrize("path", MALFORMED, ids=repr)
def test_malformed_path_is_404_without_a_read(hook: Hook, path: dict[str, str]) -> None:
    assert hook.call(success(**path)) == 404
    assert hook.store.reads == 0


def test_recorded_malformed_path_is_404_without_a_read(hook: Hook) -> None:
    assert hook.call(sample_event("receive_webhook", "malformed_path")) == 404
    assert hook.store.reads == 0


@pytest.mark.parametrize("parameters", [None, {}, {"provider": "runware"}])
def test_path_without_parameters_is_404_without_a_read(hook: Hook, parameters: Any) -> None:
    assert hook.call(success() | {"pathParameters": parameters}) == 404
    assert hook.store.reads == 0


@pytest.mark.parametrize(
    "path",
    [
        {"token": TOKEN[:-1] + "8"},
        {"attempt": "2"},
        {"provider": "runcomfy"},
        {"job_id": "00000000-0000-4000-8000-000000000000"},
    ],
    ids=["wrong token", "wrong attempt", "wrong provider", "unknown job"],
)
def test_call_that_is_not_authentic_is_404_and_changes_nothing(hook: Hook, path: dict[str, str]) -> None:
    before = hook.job
    assert hook.call(success(**path)) == 404
    assert hook.job == before
    assert hook.store.attempts == {}


def test_refusals_look_the_same_for_unknown_job_and_wrong_token(hook: Hook) -> None:
    unknown = answer(hook.completion, success(job_id="00000000-0000-4000-8000-000000000000"))
    wrong = answer(hook.completion, success(token="A" * 43))
    assert unknown == wrong
    assert json.loads(wrong["body"]) == {"code": "not_found"}


OTHER_ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("path", "job_id"),
    [
        ({}, JOB_ID),
        ({"token": "A" * 43}, JOB_ID),
        ({"token": "my-secret"}, JOB_ID),
        ({"attempt": "x"}, JOB_ID),
        ({"job_id": OTHER_ID}, OTHER_ID),
        ({"job_id": "my-secret"}, None),
    ],
)
def test_line_tells_the_job_and_never_the_token(hook: Hook, path: dict[str, str], job_id: str | None) -> None:
    line = line_of(hook.call, success(**path))
    assert line.get("job_id") == job_id
    assert line["outcome"] == ("refused" if path else "taken")
    assert not any(secret in json.dumps(line) for secret in (TOKEN, "A" * 43, "my-secret"))


def test_line_of_a_call_to_repeat_tells_the_job(hook: Hook) -> None:
    hook.store.trouble.fail_next(9)
    line = line_of(hook.call, success())
    assert (line["job_id"], line["outcome"]) == (JOB_ID, "try_again")


@pytest.mark.parametrize("method", ["get", "record_result", "replace"])
@pytest.mark.parametrize("applied", [False, True])
def test_table_out_of_order_is_503_and_the_next_call_completes(
    hook: Hook, method: str, applied: bool
) -> None:
    hook.store.trouble.fail_next(method=method, applied=applied)
    assert hook.call(success()) == 503
    assert hook.call(success()) == 200
    assert hook.job.status is Status.STORING
