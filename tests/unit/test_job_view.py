"""The job as everybody outside sees it: complete, and without what is nobody's business."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.errors import Failure
from framehook.job_view import resource, shown_input, summary, timestamp
from framehook.jobs import (
    AttemptRecord,
    Cancel,
    Job,
    LandedFile,
    Output,
    OutputRecord,
    OutputState,
    Request,
    ResultFile,
    Status,
    Task,
    TaskState,
    TimelineEntry,
)
from framehook.ports import JobFile
from tests.fakes.stack import BUCKET, VIDEO_URL, InMemoryStack, success
from tests.unit.media_samples import MP4
from tests.unit.test_transitions import FAILURE, NOW, a_job

RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
REQUEST = Request("sora-2-pro", {"prompt": "mangroves glow"}, 1, "fingerprint", {"scene": "7"})
LANDED = LandedFile("outputs/ada/job/0.mp4", 1_024, "video/mp4", "sha256:abc")


def shown(job: Job, *records: OutputRecord, request: Request = REQUEST) -> dict[str, Any]:
    attempts = (AttemptRecord(1, ("raw answer",)),)
    return resource(JobFile(job, request, records, attempts), "media", "https://api.example")


def test_no_resource_tells_a_secret_at_any_time() -> None:
    stack = InMemoryStack()
    image = f"s3://{BUCKET}/inputs/ada/cat.png"
    stack.media.put("inputs/ada/cat.png", b"png", "image/png")
    job = stack.running(input={"prompt": "mangroves glow", "image": image})
    [task] = stack.sent()
    secrets = [
        task["webhookURL"].rsplit("/", 1)[1],
        *(digest.hex() for digest in job.token_hashes),
        "hooks.example",
        "uploads.test",
        "signed=",
        VIDEO_URL,
        "runware.ai",
        stack.jobs.requests[job.id].fingerprint,
    ]
    seen = [told(stack, job)]
    stack.webhook(task, success(task))
    seen.append(told(stack, job))
    stack.landing.land(stack.upload(task, MP4))
    seen.append(told(stack, job))

    assert ['"running"' in seen[0], '"storing"' in seen[1], '"succeeded"' in seen[2]] == [True] * 3
    assert not [secret for secret in secrets for each in seen if secret in each]
    assert all(image in each for each in seen)


def told(stack: InMemoryStack, job: Job) -> str:
    file = stack.jobs.get_file(job.id)
    assert file is not None
    return json.dumps(resource(file, BUCKET, "https://api.example"))


def test_result_that_is_stored_beside_the_job_is_not_shown() -> None:
    record = OutputRecord(0, result=ResultFile("https://secret.test/1", "secret text", "video-1"), seed=7)
    job = a_job(Status.STORING, tasks=(Task("a", 0),), outputs=(Output(0, state=OutputState.TO_FETCH),))

    view = shown(job, record, OutputRecord(0, attempt=2, seed=8))

    assert "secret" not in json.dumps(view)
    assert "raw answer" not in json.dumps(view)
    assert view["outputs"][0]["provider"] == {"id": "video-1", "seed": 7, "video_id": None}


def test_landed_output_is_shown_with_where_it_is() -> None:
    landed = Output(0, state=OutputState.LANDED)
    job = a_job(Status.SUCCEEDED, tasks=(Task("a", 0),), outputs=(landed,), finished_at=NOW)

    [output] = shown(job, OutputRecord(0, landed=LANDED, video_id="v"))["outputs"]

    assert output == {
        "index": 0,
        "status": "landed",
        "provider_task_id": "a",
        "bucket": "media",
        "key": LANDED.key,
        "content_type": "video/mp4",
        "bytes": 1_024,
        "checksum": "sha256:abc",
        "url": f"https://api.example/v1/jobs/{job.id}/outputs/0",
        "error": None,
        "provider": {"id": None, "seed": None, "video_id": "v"},
    }


@pytest.mark.parametrize("state", [state for state in OutputState if state is not OutputState.LANDED])
def test_file_is_not_shown_before_the_job_says_that_it_landed(state: OutputState) -> None:
    job = a_job(Status.STORING, tasks=(Task("a", 0),), outputs=(Output(0, state=state),))

    [output] = shown(job, OutputRecord(0, landed=LANDED))["outputs"]

    assert [output[name] for name in ("bucket", "key", "bytes", "checksum", "url")] == [None] * 5


def test_output_names_the_task_of_its_own_attempt_and_every_attempt_is_listed() -> None:
    made = (
        Task("first", 0, 1, TaskState.SUPERSEDED, cost=4_000_000),
        Task("again", 0, 2, TaskState.FAILED, FAILURE),
    )
    job = a_job(Status.FAILED, attempt=2, tasks=made, outputs=(Output(0, 2, OutputState.LOST, FAILURE),))

    view = shown(job, OutputRecord(0, 1, seed=1), OutputRecord(0, 2, seed=2))

    error = {"code": "provider_failed", "message": "no luck", "provider_code": "timeoutProvider"}
    [output] = view["outputs"]
    assert (output["provider_task_id"], output["provider"]["seed"]) == ("again", 2)
    assert output["error"] == error
    assert [attempt["number"] for attempt in view["attempts"]] == [1, 2]
    assert view["attempts"][0]["tasks"][0]["cost"] == "4.00"
    assert view["attempts"][1]["tasks"] == [
        {"provider_task_id": "again", "output": 0, "status": "failed"}
        | {"cost": None, "usage": None, "error": error}
    ]


@pytest.mark.parametrize(
    ("quoted", "charged", "expected"),
    [
        (None, None, (None, None, None, "unknown")),
        (4_000_000, None, ("4.00", None, "4.00", "catalogue")),
        (4_000_000, 4_200_000, ("4.00", "4.20", "4.20", "provider")),
        (None, 1_300, (None, "0.0013", "0.0013", "provider")),
        (4_000_000, 0, ("4.00", "0.00", "0.00", "provider")),
    ],
)
def test_cost_says_where_it_comes_from(
    quoted: int | None, charged: int | None, expected: tuple[str | None, ...]
) -> None:
    cost = summary(a_job(Status.RUNNING, quoted=quoted, charged=charged))["cost"]

    assert (cost["quoted"], cost["actual"], cost["usd"], cost["source"]) == expected
    assert cost["currency"] == "USD"


@pytest.mark.parametrize(
    ("account", "currency", "usd"),
    [
        ("", "USD", "4.20"),
        ("runware", "USD", "4.20"),
        ("runninghub-ai", "USD", "4.20"),
        ("runninghub-cn", "CNY", None),
    ],
)
def test_cost_is_in_the_currency_of_the_account(account: str, currency: str, usd: str | None) -> None:
    view = summary(a_job(Status.RUNNING, charged=4_200_000, account=account))
    cost = view["cost"]
    assert (cost["actual"], cost["currency"], cost["usd"]) == ("4.20", currency, usd)
    assert view["account"] == (account or None)


def test_account_is_told_once_the_job_was_sent() -> None:
    """The only account of a provider goes by the provider's name, and is not stored."""
    assert summary(a_job(Status.QUEUED))["account"] is None
    assert summary(a_job(Status.RUNNING, tasks=(Task("a", 0),)))["account"] == "runware"
    assert (
        summary(a_job(Status.RUNNING, tasks=(Task("a", 0),), account="runninghub-cn"))["account"]
        == "runninghub-cn"
    )


@pytest.mark.parametrize("cancel", [None, *Cancel])
def test_cancel_is_told(cancel: Cancel | None) -> None:
    view = summary(a_job(Status.RUNNING, cancel=cancel))
    assert (view["cancel_requested"], view["cancellation"]) == (cancel is not None, cancel)


def test_usage_is_told_as_the_provider_measured_it() -> None:
    measured = (("consumeCoins", "12"), ("taskCostTime", "81"))
    job = a_job(Status.SUCCEEDED, tasks=(Task("a", 0, usage=measured), Task("b", 1)), count=2)
    first, second = shown(job)["attempts"][0]["tasks"]
    assert (first["usage"], second["usage"]) == ({"consumeCoins": "12", "taskCostTime": "81"}, None)


def test_resource_is_the_summary_and_more() -> None:
    job = a_job(Status.FAILED, error=Failure("no_credit", "top up"), finished_at=NOW)
    job = replace(
        job, timeline=(TimelineEntry(Status.QUEUED, 0), TimelineEntry(Status.FAILED, 1, "no_credit"))
    )

    view = shown(job)

    assert summary(job).items() <= view.items()
    assert view["error"] == {"code": "no_credit", "message": "top up", "provider_code": None}
    assert view["timeline"] == [
        {"status": "queued", "at": "1970-01-01T00:00:00.000Z"},
        {"status": "failed", "at": "1970-01-01T00:00:00.001Z", "reason": "no_credit"},
    ]
    assert (view["input"], view["metadata"]) == ({"prompt": "mangroves glow"}, {"scene": "7"})
    assert all(RFC_3339.fullmatch(view[name]) for name in ("created_at", "updated_at", "finished_at"))
    assert summary(a_job(Status.RUNNING))["finished_at"] is None


def test_long_input_is_shown_as_where_it_is_kept() -> None:
    spilled = replace(REQUEST, input={}, spilled_key="inputs/ada/job/request.json")
    assert shown_input(spilled, "media") == {"stored_at": "s3://media/inputs/ada/job/request.json"}


@given(st.integers(0, 4_102_444_800_000))
def test_timestamp_is_exact_to_the_millisecond(milliseconds: int) -> None:
    text = timestamp(milliseconds)

    assert RFC_3339.fullmatch(text)
    moment = datetime.fromisoformat(text)
    assert moment == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
