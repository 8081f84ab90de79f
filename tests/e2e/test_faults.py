"""What a provider may do wrong, done to the deployed stack: paid once, nothing lost, and the file is whole.

All jobs are submitted before the first test and wait side by side; each test looks at its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.cases import NO_LOOK_UP, ONE_LOOK_UP, Batch, Case, batch, charges, look_ups
from tests.e2e.user import User
from tests.sandbox.stack_file import Stack

SUCCEEDS = {
    "webhook delivered three times": Case("webhook_duplicate", {"copies": 3}, look_ups=NO_LOOK_UP),
    "webhook before the answer": Case("webhook_before_ack", {"ack_delay": 1}, look_ups=NO_LOOK_UP),
    "flat webhook": Case("webhook_shape", {"shape": "flat"}, look_ups=NO_LOOK_UP),
    "stray processing call": Case("webhook_stray_processing", {"late": True}, look_ups=NO_LOOK_UP),
    "webhook with a wrong token first": Case(
        "webhook_wrong_token", {"then_right": True}, look_ups=NO_LOOK_UP
    ),
    "upload before the webhook": Case("upload_before_webhook", look_ups=NO_LOOK_UP),
    "upload long after the webhook": Case("upload_delayed", {"seconds": 90}, look_ups=NO_LOOK_UP),
    "upload with another content type": Case("upload_wrong_content_type", look_ups=NO_LOOK_UP),
    "no upload": Case("upload_never", look_ups=NO_LOOK_UP),
    "upload cut short": Case("upload_truncated", look_ups=NO_LOOK_UP),
    "upload of other bytes": Case("upload_corrupted", look_ups=NO_LOOK_UP),
    "empty upload": Case("upload_empty", look_ups=NO_LOOK_UP),
    "webhook lost": Case("webhook_drop", look_ups=ONE_LOOK_UP),
    "accepted, then cut off": Case("accept_then_timeout", {"mode": "cut"}, times=1),
    "accepted, with an unreadable answer": Case("non_json_body", {"accept": True}, times=1),
    "accepted, without a word of the task": Case("ack_without_task", {"accept": True}, times=1),
    "not accepted, with an unreadable answer": Case("non_json_body", {"accept": False}, times=1),
    "refused for now": Case("reject", {"status": 429}, times=1, look_ups=NO_LOOK_UP),
}
FAILS = {
    "content refused": (Case("reject", {"status": 400, "code": "invalidProviderContent"}), "content_refused"),
    "no credit": (Case("reject", {"status": 402}), "no_credit"),
    "wrong key": (Case("reject", {"status": 401}), "provider_auth_failed"),
    "generation failed": (Case("task_fails", {"code": "providerError"}), "provider_error"),
}


@pytest.fixture(scope="module")
def jobs(stack: Stack) -> Iterator[Batch]:
    with batch(stack, SUCCEEDS | {name: case for name, (case, _) in FAILS.items()}, "runware") as jobs:
        yield jobs


@pytest.mark.parametrize("name", SUCCEEDS)
def test_job_succeeds_and_is_paid_once_despite(user: User, jobs: Batch, name: str) -> None:
    job = jobs.succeeded(name)

    assert job["outputs"][0]["bytes"] > 1000
    seen = user.seen(job)
    assert charges(seen) == 1
    assert job["cost"]["actual"] == "1.20"
    if SUCCEEDS[name].look_ups is not None:
        assert look_ups(seen) == SUCCEEDS[name].look_ups


def test_webhook_delivered_three_times_is_answered_each_time(user: User, jobs: Batch) -> None:
    [seen] = user.seen(jobs.settled("webhook delivered three times"))

    assert [call["status"] for call in seen["webhooks"]] == [200, 200, 200]


@pytest.mark.parametrize("name", FAILS)
def test_job_fails_with_a_stable_code_at_no_cost_when(user: User, jobs: Batch, name: str) -> None:
    job = jobs.settled(name)

    assert (job["status"], job["error"]["code"]) == ("failed", FAILS[name][1])
    assert job["cost"]["actual"] is None
    assert charges(user.seen(job)) == 0
