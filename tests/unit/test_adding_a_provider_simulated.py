"""The imaginary Lumen against its simulator, over HTTP on a loopback port: from the paid call to the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from framehook.jobs import Status
from tests.fakes.stack import OWNER
from tests.imaginary_provider.registration import NAME, register
from tests.imaginary_provider.served import ServedLumen, served

CLIP: dict[str, Any] = {
    "model": NAME,
    "provider": "lumen",
    "input": {"prompt": "mangroves glow", "seconds": 4, "size": "1280x720"},
}
ENDED = (Status.STORING, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


@pytest.fixture
def lumen(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedLumen]:
    register(monkeypatch)
    with served() as running:
        yield running


def completed(lumen: ServedLumen) -> None:
    """Waits until Lumen has ended the one request that it was sent."""
    lumen.wait(lambda: [run["status"] for run in lumen.records("accepted")] == ["COMPLETED"])


def test_job_is_sent_called_about_fetched_and_landed(lumen: ServedLumen) -> None:
    job = lumen.sent(**CLIP)
    assert job.status in (Status.RUNNING, *ENDED)

    job = lumen.delivered(lumen.until(job, Status.STORING))

    assert job.status is Status.SUCCEEDED
    record = lumen.stack.jobs.get_output(job.id, 0, 1)
    assert record
    assert record.landed
    assert (record.landed.content_type, record.landed.bytes > 1000) == ("video/mp4", True)
    [accepted], [webhook] = lumen.records("accepted"), lumen.records("webhooks")
    assert accepted["request"] == {"prompt": "mangroves glow", "duration": "4", "aspect_ratio": "16:9"}
    assert (webhook["status"], len(lumen.records("billed"))) == (200, 1)
    assert lumen.simulator.records(None)["lookups"] == {}


def test_lost_answer_is_made_up_for_by_the_webhook_at_one_charge(lumen: ServedLumen) -> None:
    lumen.fault("accept_then_timeout", times=1)
    job = lumen.sent(**CLIP)

    job = lumen.delivered(lumen.until(job, Status.STORING))

    assert (job.status, len(lumen.records("billed"))) == (Status.SUCCEEDED, 1)


def test_lost_webhook_is_made_up_for_by_look_ups(lumen: ServedLumen) -> None:
    lumen.fault("webhook_drop")
    job = lumen.sent(**CLIP)
    completed(lumen)

    job = lumen.stack.follow_up_when_due(job.id)

    assert lumen.delivered(job).status is Status.SUCCEEDED
    assert list(lumen.simulator.records(None)["lookups"].values()) == [1]


def test_look_up_that_comes_too_early_changes_nothing(lumen: ServedLumen) -> None:
    lumen.fault("outcome", outcome="never")
    job = lumen.stack.follow_up_when_due(lumen.sent(**CLIP).id)
    assert (job.status, job.look_ups) == (Status.RUNNING, 1)


def test_repeated_webhook_is_one_result(lumen: ServedLumen) -> None:
    lumen.fault("webhook_duplicate", copies=3)
    job = lumen.delivered(lumen.until(lumen.sent(**CLIP), Status.STORING))
    lumen.wait(lambda: len(lumen.records("webhooks")) == 3)
    assert [call["status"] for call in lumen.records("webhooks")] == [200] * 3
    assert lumen.stack.job(job.id) == job


def test_forged_webhook_is_not_taken(lumen: ServedLumen) -> None:
    lumen.fault("webhook_wrong_token", then_right=True)
    lumen.until(lumen.sent(**CLIP), Status.STORING)
    assert [call["status"] for call in lumen.records("webhooks")][:1] == [404]


def test_too_many_requests_cost_nothing_and_wait(lumen: ServedLumen) -> None:
    lumen.fault("submit_error", times=1, status=429, retry_after=30)
    job = lumen.sent(**CLIP)
    assert (job.status, lumen.records("accepted")) == (Status.QUEUED, [])
    assert job.not_before - lumen.stack.clock.now() >= 30_000
    lumen.stack.clock.advance(hours=1)

    assert lumen.stack.submit(job.id).status in (Status.RUNNING, *ENDED)


@pytest.mark.parametrize("status", [422, 500])
def test_failure_is_told_by_the_webhook(lumen: ServedLumen, status: int) -> None:
    lumen.fault("outcome", outcome="failed", status=status)
    job = lumen.until(lumen.sent(**CLIP), Status.FAILED)
    assert (job.error and job.error.message, lumen.records("billed")) == (
        f"Invalid status code: {status}",
        [],
    )


def test_failure_without_webhook_is_told_by_a_look_up(lumen: ServedLumen) -> None:
    lumen.fault("webhook_drop")
    asked = {**CLIP, "input": {**CLIP["input"], "prompt": "a fox [[failed]]"}}
    job = lumen.sent(**asked)
    completed(lumen)

    job = lumen.stack.follow_up_when_due(job.id)

    assert (job.status, job.error and job.error.message) == (Status.FAILED, "The model refused the prompt")


def test_look_up_that_fails_tells_nothing(lumen: ServedLumen) -> None:
    lumen.fault("webhook_drop")
    lumen.fault("lookup_error", times=1)
    job = lumen.sent(**CLIP)
    completed(lumen)

    assert lumen.stack.follow_up_when_due(job.id).status is Status.RUNNING
    assert lumen.stack.follow_up_when_due(job.id).status is Status.STORING


def test_request_in_the_queue_is_cancelled_at_no_charge(lumen: ServedLumen) -> None:
    lumen.simulator.controls.change_defaults({"queue_seconds": 1e6})
    job = lumen.sent(**CLIP)
    lumen.stack.cancelling.cancel(OWNER, job.id)
    lumen.stack.following.follow_up(lumen.stack.starter.follow_ups[-1])

    assert lumen.stack.follow_up_when_due(job.id).status is Status.CANCELLED
    assert lumen.records("billed") == []


def test_wrong_key_is_refused_for_now(lumen: ServedLumen) -> None:
    lumen.stack.secrets.api_keys["lumen"] = "another-key"
    job = lumen.sent(**CLIP)
    assert (job.status, job.refused_with) == (Status.QUEUED, "provider_auth_failed")


def test_input_that_only_lumen_can_check_is_refused_in_its_words(lumen: ServedLumen) -> None:
    job = lumen.sent(model="lumen/acme/unheard-of", input={"prompt": "a fox"})
    assert (job.status, job.error and job.error.code) == (Status.FAILED, "model_unavailable")
    assert lumen.records("accepted") == []
