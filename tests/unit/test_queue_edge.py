"""The Jobs queue: nothing blocks a batch, nothing is dropped without a trace, nothing is paid twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from framehook.errors import UnreadableItem
from framehook.identifiers import derive_job_id
from framehook.jobs import Job, Status
from framehook.queue_edge import QueueEdge
from framehook.requests import JobRequest
from tests.fakes import RecordingDeadLetters
from tests.fakes.stack import OWNER, InMemoryStack, response
from tests.sample_events import Event, SampleContext, message_id, messages, sample_event
from tests.unit.edges import ASKED, DEFAULT_OWNER, queue_edge

NONE_FAILED: dict[str, Any] = {"batchItemFailures": []}
TIME = SampleContext().get_remaining_time_in_millis


class Jobs:
    """The queue's edge over the stack in memory."""

    def __init__(self) -> None:
        self.stack = InMemoryStack()
        self.letters = RecordingDeadLetters()
        self.edge: QueueEdge = queue_edge(self.stack, self.letters)

    def take(self, event: Event) -> dict[str, Any]:
        return self.edge.take(event, TIME)

    def only_job(self) -> Job:
        (job,) = self.stack.jobs.jobs.values()
        return job


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_new_job_is_stored_and_sent(jobs: Jobs) -> None:
    jobs.stack.acknowledge()
    assert jobs.take(sample_event("submit_job", "new_job")) == NONE_FAILED
    job = jobs.only_job()
    assert (job.id, job.owner) == (derive_job_id("studio", "key:order-18"), "studio")
    assert job.status is Status.RUNNING
    assert len(jobs.stack.sent()) == 1


def test_job_without_owner_belongs_to_the_default_owner(jobs: Jobs) -> None:
    jobs.stack.acknowledge()
    jobs.take(messages(ASKED))
    assert jobs.only_job().owner == DEFAULT_OWNER
    assert jobs.only_job().id == derive_job_id(DEFAULT_OWNER, f"sqs:{message_id(1)}")


def test_stored_job_is_sent(jobs: Jobs) -> None:
    job = jobs.stack.accept()
    jobs.stack.acknowledge()
    assert jobs.take(messages({"job_id": job.id})) == NONE_FAILED
    assert jobs.only_job().status is Status.RUNNING


def test_same_message_twice_is_one_job_and_one_paid_call(jobs: Jobs) -> None:
    jobs.stack.acknowledge()
    assert jobs.take(messages(ASKED)) == NONE_FAILED
    assert jobs.take(messages(ASKED)) == NONE_FAILED
    assert jobs.only_job().status is Status.RUNNING
    assert len(jobs.stack.runware.requests) == 1


def test_same_idempotency_key_as_over_http_is_the_same_job(jobs: Jobs) -> None:
    job_id = derive_job_id(OWNER, "key:k")
    jobs.stack.intake.accept(OWNER, job_id, JobRequest.model_validate(ASKED))
    jobs.stack.acknowledge()
    jobs.take(messages({**ASKED, "owner": OWNER, "idempotency_key": "k"}))
    assert jobs.only_job().id == job_id


@pytest.mark.parametrize(
    "changed",
    [
        {"input": {"prompt": "a fox", "size": "640x480"}},
        {"callback_url": "https://example.com"},
        {"max_cost_usd": "1"},
        {"provider": "acme"},
        {"model": 7},
        {"model": "\ud800"},
        {"\ud800": 1},
        {"idempotency_key": "a b"},
        {"input": {"prompt": "a fox", "seconds": 1e30}},
        {"job_id": "of another field"},
    ],
    ids=lambda changed: next(iter(changed)).encode("ascii", "replace").decode(),
)
def test_invalid_request_becomes_a_failed_job_of_its_owner(jobs: Jobs, changed: dict[str, Any]) -> None:
    assert jobs.take(messages({**ASKED, "owner": OWNER, **changed})) == NONE_FAILED
    job = jobs.only_job()
    assert (job.id, job.owner, job.status) == (
        derive_job_id(OWNER, f"sqs:{message_id(1)}"),
        OWNER,
        Status.FAILED,
    )
    assert job.error is not None
    assert job.error.code == "invalid_request"
    assert (job.model + job.error.message).encode()
    assert jobs.letters.letters == []
    assert jobs.stack.runware.requests == []


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        ({"order": "17"}, {"order": "17"}),
        ({"sqs_message_id": "mine"}, {}),
        ({"order": 17}, {}),
        ({"no spaces": "x"}, {}),
        ("text", {}),
        (None, {}),
    ],
)
def test_refused_job_keeps_readable_metadata_and_names_its_message(
    jobs: Jobs, metadata: object, kept: dict[str, str]
) -> None:
    jobs.take(messages({**ASKED, "model": "sora-3", "metadata": metadata}))
    request = jobs.stack.jobs.requests[jobs.only_job().id]
    assert request.metadata == kept | {"sqs_message_id": message_id(1)}


@pytest.mark.parametrize("owner", ["../x", "", "a b", 7, "x" * 65, None])
def test_unusable_owner_is_never_run_for_somebody_else(jobs: Jobs, owner: object) -> None:
    jobs.stack.acknowledge()
    jobs.take(messages({**ASKED, "owner": owner}))
    job = jobs.only_job()
    assert job.owner == DEFAULT_OWNER
    assert (job.status is Status.FAILED) == (owner is not None)


def test_invalid_request_twice_is_one_failed_job(jobs: Jobs) -> None:
    event = sample_event("submit_job", "invalid_job")
    assert (jobs.take(event), jobs.take(event)) == (NONE_FAILED, NONE_FAILED)
    error = jobs.only_job().error
    assert error is not None
    assert error.message.startswith("input.size: ")


def test_idempotency_conflict_is_a_failed_job_under_the_messages_own_id(jobs: Jobs) -> None:
    jobs.stack.acknowledge()
    named = {**ASKED, "owner": OWNER, "idempotency_key": "k"}
    other = {**named, "metadata": {"order": "2"}}
    assert jobs.take(messages(named, other)) == NONE_FAILED
    first = jobs.stack.job(derive_job_id(OWNER, "key:k"))
    second = jobs.stack.job(derive_job_id(OWNER, f"sqs:{message_id(2)}"))
    assert first.status is Status.RUNNING
    assert second.error is not None
    assert (second.status, second.error.code) == (Status.FAILED, "idempotency_conflict")


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"model": NaN}', "[" * 100_000], ids=lambda text: text[:9]
)
def test_unreadable_message_is_a_dead_letter_with_the_reason(jobs: Jobs, body: str) -> None:
    assert jobs.take(messages(body)) == NONE_FAILED
    (letter,) = jobs.letters.letters
    assert (letter.body, letter.message_id) == (body, message_id(1))
    assert "JSON" in letter.reason
    assert jobs.stack.jobs.jobs == {}


def test_dead_letter_sent_again_keeps_its_job(jobs: Jobs) -> None:
    jobs.stack.acknowledge()
    jobs.take(sample_event("submit_job", "sent_again"))
    assert jobs.only_job().id == derive_job_id(DEFAULT_OWNER, f"sqs:{message_id(5)}")


def test_message_changed_under_the_same_id_leaves_the_job_alone(jobs: Jobs) -> None:
    jobs.stack.acknowledge()
    jobs.take(messages(ASKED))
    job = jobs.only_job()
    changed = {**ASKED, "metadata": {"order": "2"}}
    assert jobs.take(messages(changed)) == NONE_FAILED
    assert jobs.only_job() == job
    (letter,) = jobs.letters.letters
    assert json.loads(letter.body) == changed
    assert "another request" in letter.reason


def test_mixed_batch_each_message_meets_its_own_fate(jobs: Jobs) -> None:
    event = sample_event("submit_job", "mixed_batch")
    stored = json.loads(event["Records"][2]["body"])["job_id"]
    jobs.stack.accept(stored)
    jobs.stack.acknowledge()
    jobs.stack.acknowledge()
    assert jobs.take(event) == NONE_FAILED
    assert len(jobs.letters.letters) == 1
    assert sorted(job.status for job in jobs.stack.jobs.jobs.values()) == [
        Status.FAILED,
        Status.RUNNING,
        Status.RUNNING,
    ]


def test_table_out_of_order_only_that_message_comes_again(jobs: Jobs) -> None:
    jobs.stack.jobs.trouble.fail_next(method="put_request")
    jobs.stack.acknowledge()
    answer = jobs.take(messages(ASKED, ASKED))
    assert answer == {"batchItemFailures": [{"itemIdentifier": message_id(1)}]}
    assert jobs.only_job().id == derive_job_id(DEFAULT_OWNER, f"sqs:{message_id(2)}")


def test_lost_reply_then_the_same_message_is_still_one_job(jobs: Jobs) -> None:
    jobs.stack.jobs.trouble.fail_next(method="put_new", applied=True)
    assert jobs.take(messages(ASKED)) != NONE_FAILED
    jobs.stack.acknowledge()
    assert jobs.take(messages(ASKED)) == NONE_FAILED
    assert jobs.only_job().status is Status.RUNNING


def test_dead_letters_out_of_order_message_comes_again(jobs: Jobs) -> None:
    jobs.letters.trouble.fail_next()
    assert jobs.take(messages("{")) == {"batchItemFailures": [{"itemIdentifier": message_id(1)}]}


def test_submission_in_trouble_is_left_to_the_sweep(jobs: Jobs) -> None:
    jobs.stack.gates.trouble.fail_next()
    assert jobs.take(messages(ASKED)) == NONE_FAILED
    assert jobs.only_job().status is Status.QUEUED
    assert jobs.only_job().due_at is not None


def test_submission_with_a_defect_does_not_hold_up_the_batch(jobs: Jobs) -> None:
    def broken(_request: object) -> Any:
        raise UnreadableItem("stored data can't be read")

    jobs.stack.runware.answers.append(broken)
    jobs.stack.acknowledge()
    assert jobs.take(messages(ASKED, ASKED)) == NONE_FAILED
    assert [job.status for job in jobs.stack.jobs.jobs.values()] == [Status.SUBMITTING, Status.RUNNING]


def test_too_little_time_no_paid_call_is_started(jobs: Jobs) -> None:
    assert jobs.edge.take(messages(ASKED), lambda: 1_000) == NONE_FAILED
    assert jobs.stack.runware.requests == []
    assert jobs.only_job().status is Status.QUEUED


def test_provider_refusing_for_now_keeps_the_job_queued(jobs: Jobs) -> None:
    jobs.stack.answer(response(429, {"errors": [{"code": "rateLimitExceeded", "message": "slow down"}]}))
    assert jobs.take(messages(ASKED)) == NONE_FAILED
    assert jobs.only_job().status is Status.QUEUED
