"""Jobs on a provider that was added as CONTRIBUTING.md says, and is known to nothing else: the imaginary Lumen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from framehook import catalogue
from framehook.errors import InvalidRequest, NeverSent, ReplyLost
from framehook.jobs import Cancel, Job, Status, TaskState
from framehook.media_references import MediaValue
from framehook.offerings import plan
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.fakes.stack import KEYS, OWNER, InMemoryStack
from tests.imaginary_provider import answers as lumen
from tests.imaginary_provider.registration import NAME, register
from tests.unit.edges import overview
from tests.unit.media_samples import MP4

CLIP: dict[str, Any] = {
    "model": NAME,
    "provider": "lumen",
    "input": {"prompt": "mangroves glow", "seconds": 8, "size": "1280x720"},
}
LOST = ReplyLost("timed out")
LOOK_UP = f"/{lumen.MODEL}/requests/{lumen.REQUEST}"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> InMemoryStack:
    register(monkeypatch)
    return InMemoryStack(keys={**KEYS, "lumen": "lumen-key"})


def requests(stack: InMemoryStack) -> list[HttpRequest]:
    return stack.scripted["lumen"].requests


def script(stack: InMemoryStack, *answers: HttpResponse | Exception) -> None:
    stack.scripted["lumen"].answers.extend(answers)


def submitted(stack: InMemoryStack, *answers: HttpResponse | Exception) -> Job:
    job = stack.accept(**CLIP)
    script(stack, *answers)
    return stack.submit(job.id)


def called(stack: InMemoryStack, body: dict[str, Any]) -> Job:
    """Lumen calls the URL of its first request: twice, as it may."""
    return stack.webhook(lumen.webhook_of(requests(stack)[0]), body)


def looked_up(stack: InMemoryStack, job: Job, *answers: HttpResponse) -> Job:
    """The job when it is next due, and Lumen answers so."""
    script(stack, *answers)
    return stack.follow_up_when_due(job.id)


def test_webhook_that_comes_twice_brings_one_result(stack: InMemoryStack) -> None:
    job = submitted(stack, lumen.taken())
    [request] = requests(stack)
    assert (job.status, job.tasks[0].id, job.quoted) == (Status.RUNNING, lumen.REQUEST, 800_000)
    assert request.path.startswith(
        f"/{lumen.MODEL}?lumen_webhook=https%3A%2F%2Fhooks.example%2Fwebhooks%2Flumen"
    )
    assert request.headers["Authorization"] == "Key lumen-key"
    assert json.loads(request.body) == {"prompt": "mangroves glow", "duration": "8", "aspect_ratio": "16:9"}

    assert called(stack, lumen.called()).status is Status.STORING
    job = stack.deliver_files(job.id, MP4)

    assert (job.status, len(job.outputs), job.charged) == (Status.SUCCEEDED, 1, None)
    assert stack.downloader.urls == [lumen.VIDEO_URL]
    assert len(requests(stack)) == 1
    assert stack.follow_ups.sent == []


def test_result_without_webhook_is_looked_up(stack: InMemoryStack) -> None:
    job = submitted(stack, lumen.taken())
    job = looked_up(stack, job, lumen.not_ready(), lumen.state("IN_PROGRESS"))
    assert (job.status, job.look_ups) == (Status.RUNNING, 1)

    job = looked_up(stack, job, lumen.answer(lumen.MADE))

    assert [request.path for request in requests(stack)[1:]] == [LOOK_UP, f"{LOOK_UP}/status", LOOK_UP]
    assert stack.deliver_files(job.id, MP4).status is Status.SUCCEEDED


def test_webhook_between_two_look_ups_is_not_lost(stack: InMemoryStack) -> None:
    job = submitted(stack, lumen.taken())
    looked_up(stack, job, lumen.not_ready(), lumen.state("COMPLETED"))

    assert called(stack, lumen.called()).status is Status.STORING


def test_lost_answer_waits_for_the_webhook_and_is_then_parked(stack: InMemoryStack) -> None:
    job = submitted(stack, LOST)
    sent_at = job.first_sent_at or 0
    while job.status is Status.SUBMITTING:
        stack.follow_up_when_due(job.id)
        job = stack.submit(job.id)

    assert (job.status, job.error and job.error.code) == (Status.PARKED, "outcome_unknown")
    assert stack.clock.now() - sent_at >= stack.policy.proof_window
    assert len(requests(stack)) == 1


@pytest.mark.parametrize(
    "unclear",
    [LOST, lumen.answer({}, 500), lumen.answer({"status": "IN_QUEUE"}), HttpResponse(502, {}, b"<html>")],
)
def test_webhook_proves_what_an_unclear_answer_did_not(
    stack: InMemoryStack, unclear: HttpResponse | Exception
) -> None:
    assert submitted(stack, unclear).status is Status.SUBMITTING

    job = called(stack, lumen.called())

    assert (job.status, job.tasks[0].id) == (Status.STORING, lumen.REQUEST)


def test_late_webhook_takes_a_parked_job_up_again(stack: InMemoryStack) -> None:
    job = submitted(stack, LOST)
    while job.status is not Status.PARKED:
        stack.follow_up_when_due(job.id)
        job = stack.submit(job.id)
    stack.clock.advance(hours=5)

    job = called(stack, lumen.called())

    assert stack.deliver_files(job.id, MP4).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lumen.refused(422, [{"loc": ["body", "prompt"], "msg": "field required"}]), "invalid_request"),
        (lumen.refused(402), "no_credit"),
        (lumen.refused(404), "model_unavailable"),
    ],
)
def test_refusal_is_final(stack: InMemoryStack, answer: HttpResponse, code: str) -> None:
    job = submitted(stack, answer)
    assert (job.status, job.error and job.error.code) == (Status.FAILED, code)
    assert job.error
    assert code != "invalid_request" or job.error.message == "prompt: field required"


@pytest.mark.parametrize(
    "answer", [lumen.refused(429, **{"Retry-After": "90"}), lumen.refused(401), NeverSent("ConnectError")]
)
def test_refusal_for_now_is_tried_again(stack: InMemoryStack, answer: HttpResponse | Exception) -> None:
    job = submitted(stack, answer)
    assert (job.status, job.tasks[0].state) == (Status.QUEUED, TaskState.PLANNED)
    stack.clock.advance(hours=1)
    script(stack, lumen.taken())

    assert stack.submit(job.id).status is Status.RUNNING


def test_wait_that_a_429_asks_for_is_kept(stack: InMemoryStack) -> None:
    job = submitted(stack, lumen.refused(429, **{"Retry-After": "90"}))
    assert job.not_before - stack.clock.now() >= 90_000


def test_key_refused_three_times_in_a_row_fails_the_job(stack: InMemoryStack) -> None:
    job = submitted(stack, *[lumen.refused(401)] * 3)
    for _ in range(2):
        stack.clock.advance(hours=1)
        job = stack.submit(job.id)
    assert (job.status, job.error and job.error.code) == (Status.FAILED, "provider_auth_failed")


def test_webhook_of_a_failure_is_believed(stack: InMemoryStack) -> None:
    submitted(stack, lumen.taken())
    job = called(stack, lumen.called({"detail": lumen.REFUSED_PROMPT}, "Invalid status code: 422"))
    assert job.error
    assert (job.status, job.error.message) == (Status.FAILED, "Invalid status code: 422")


def test_failure_without_webhook_is_told_by_the_status(stack: InMemoryStack) -> None:
    job = submitted(stack, lumen.taken())
    failed = lumen.state("COMPLETED", error="the run took too long", error_type="request_timeout")

    job = looked_up(stack, job, lumen.refused(422, lumen.REFUSED_PROMPT), failed)

    assert job.error
    assert (job.status, job.error.code, job.error.provider_code) == (
        Status.FAILED,
        "provider_timeout",
        "request_timeout",
    )


def cancelled(stack: InMemoryStack, answer: HttpResponse) -> Job:
    job = submitted(stack, lumen.taken())
    stack.cancelling.cancel(OWNER, job.id)
    script(stack, answer)
    stack.following.follow_up(stack.starter.follow_ups[-1])
    assert (requests(stack)[1].method, requests(stack)[1].path) == ("PUT", f"{LOOK_UP}/cancel")
    return stack.job(job.id)


def test_queued_request_is_cancelled_once_a_look_up_says_so(stack: InMemoryStack) -> None:
    job = cancelled(stack, lumen.answer({"status": "CANCELLATION_REQUESTED"}, 202))
    assert (job.status, job.cancel) == (Status.RUNNING, Cancel.ASKED)

    gone = (lumen.refused(400, "cancelled"), lumen.state("COMPLETED", error="Request was cancelled"))

    assert looked_up(stack, job, *gone).status is Status.CANCELLED


def test_request_that_is_done_before_its_cancel_is_delivered(stack: InMemoryStack) -> None:
    job = cancelled(stack, lumen.answer({"status": "ALREADY_COMPLETED"}, 400))
    assert job.cancel is Cancel.IMPOSSIBLE

    job = looked_up(stack, job, lumen.answer(lumen.MADE))

    assert stack.deliver_files(job.id, MP4).status is Status.SUCCEEDED


def test_native_model_is_checked_where_its_fields_are_known(stack: InMemoryStack) -> None:
    del stack
    image = "s3://media/inputs/ada/0.png"
    known = plan("lumen/glow/text-to-video", {"prompt": "a", "duration": 4, "image_url": image})
    assert (known.body["duration"], known.usual_seconds, known.look_up_growth) == ("4", 90, None)
    assert known.media == (MediaValue("input.image_url", image, ("jpg", "png", "webp"), 20 * 1024 * 1024),)
    assert "not checked" in plan("lumen/acme/unheard-of", {"any": 1}).warnings[0]
    for model, field in (("lumen/glow/text-to-video", "input.seconds"), ("lumen/Glow", "model")):
        with pytest.raises(InvalidRequest) as refused:
            plan(model, {"prompt": "a", "seconds": 4})
        assert refused.value.problems[0].field == field


def test_name_is_offered_beside_the_other_providers(stack: InMemoryStack) -> None:
    del stack
    asked = {"prompt": "mangroves glow"}
    assert plan(NAME, asked, ["lumen", "runware"]).provider == "lumen"
    assert plan(NAME, asked).provider == "runware"
    with pytest.raises(InvalidRequest, match="lumen/glow/text-to-video"):
        plan("sora-3", asked)


def test_account_without_a_reader_of_its_own_is_listed_all_the_same(stack: InMemoryStack) -> None:
    stack.secrets.api_keys = {"lumen": "lumen-key"}
    [state] = overview(stack).providers()["lumen"]
    assert (state.id, state.configured, state.selected, state.error) == ("lumen", True, True, None)


def test_nothing_of_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        register(patched)
    assert "lumen" not in InMemoryStack().scripted
    assert "lumen" not in json.dumps(catalogue.models())
