"""What a submission to Runware looks like, and what its answers prove about money."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import (
    Accepted,
    HttpResponse,
    Provider,
    Refused,
    RefusedForNow,
    Succeeded,
    TaskToSend,
    Unknown,
    Verdict,
)
from framehook.providers.runware import provider as runware

A = "982c01aa-813a-4434-aa42-3e512808fd94"
B = "24cd5dff-cb81-4db5-8506-b72a9425f9d1"
C = "39d7207a-87ef-4c93-8082-1431f9c1dc97"
PROVES_REFUSAL = (400, 401, 402, 403, 404, 413, 415, 422, 429, 503, 504)


def answer(status: int, body: object) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, {}, raw)


def verdict(status: int, body: object) -> Verdict:
    return runware.read_submission([A], answer(status, body))[A]


def error(code: str, **more: object) -> dict[str, object]:
    return {"code": code, "message": f"about {code}", "taskUUID": A, **more}


def ack(task_id: str = A, **more: object) -> dict[str, object]:
    return {"taskType": "videoInference", "taskUUID": task_id, **more}


def sent(body: dict[str, Any], *tasks: TaskToSend) -> list[dict[str, Any]]:
    request = runware.submission("openai:3@2", body, tasks, "key")
    parsed: list[dict[str, Any]] = json.loads(request.body)
    return parsed


def test_module_is_a_provider() -> None:
    provider: Provider = runware
    assert (provider.NAME, provider.RESENDS_SAME_TASK_SECONDS) == ("runware", 600)


def test_submission_is_one_post_with_the_key_in_a_header_only() -> None:
    request = runware.submission("openai:3@2", {}, [TaskToSend(A, "https://w", None)], "secret")
    assert (request.method, request.path) == ("POST", "")
    assert request.headers["Authorization"] == "Bearer secret"
    assert b"secret" not in request.body


def test_submission_makes_one_task_of_each_output() -> None:
    body = {"taskType": "videoInference", "numberResults": 4, "taskUUID": "theirs", "model": "theirs"}
    first, second = sent(
        body, TaskToSend(A, "https://w/1", "https://u/1"), TaskToSend(B, "https://w/2", None)
    )
    assert first == {
        "taskType": "videoInference",
        "numberResults": 1,
        "taskUUID": A,
        "model": "openai:3@2",
        "webhookURL": "https://w/1",
        "uploadEndpoint": "https://u/1",
    }
    assert second["taskUUID"] == B
    assert "uploadEndpoint" not in second


def test_submission_sends_no_number_of_results_where_the_model_takes_none() -> None:
    assert "numberResults" not in sent({}, TaskToSend(A, "https://w", None))[0]


def test_submission_of_several_tasks_gives_each_its_own_seed() -> None:
    tasks = [TaskToSend(each, "https://w", None) for each in (A, B, C)]
    assert [task["seed"] for task in sent({"seed": 7}, *tasks)] == [7, 8, 9]
    largest = [task["seed"] for task in sent({"seed": 2**63 - 1}, *tasks)]
    assert len(set(largest)) == 3
    assert max(largest) < 2**63


def test_submission_of_some_tasks_again_keeps_their_seeds() -> None:
    assert sent({"seed": 7}, TaskToSend(C, "https://w", None, position=2))[0]["seed"] == 9


@pytest.mark.parametrize("seed", [True, "7", 7.5, None])
def test_submission_leaves_a_seed_that_is_no_integer_alone(seed: object) -> None:
    assert sent({"seed": seed}, TaskToSend(A, "w", None, position=1))[0]["seed"] == seed


@pytest.mark.parametrize(
    "body",
    [
        {"data": [ack()]},
        {"data": [ack()], "errors": []},
        {"data": ack()},
        [ack()],
        ack(),
        {"data": [ack(A.upper())]},
        {"data": [ack(status="processing")]},
        {"data": [ack(deliveryMethod="async", position=3)]},
        {"data": [ack(videoURL=None)]},
        {"data": [ack(imageURL="https://im.runware.ai/preview.jpg", status="processing")]},
        {"data": [ack()], "errors": [error("invalidWidth")]},
        {"data": [], "errors": [error("conflictTaskUUID")]},
        {"errors": [{"code": "conflictTaskUUID"}]},
    ],
)
@pytest.mark.parametrize("status", [200, 202])
def test_acknowledged_task_is_accepted(status: int, body: object) -> None:
    assert verdict(status, body) == Accepted(A)


@pytest.mark.parametrize("status", [200, 400, 409, 500, 503])
def test_conflict_means_accepted_whatever_the_status(status: int) -> None:
    assert verdict(status, {"errors": [error("conflictTaskUUID")]}) == Accepted(A)


def test_result_that_comes_at_once_is_reported_with_the_acceptance() -> None:
    item = ack(imageURL="https://im.runware.ai/x.png", imageUUID="i", cost=0.0013, seed=5)
    found = verdict(200, {"data": [item]})
    assert isinstance(found, Accepted)
    assert isinstance(found.report, Succeeded)
    assert (found.report.files[0].url, found.report.cost, found.report.seed) == (item["imageURL"], 1300, 5)


REFUSED = [
    ("invalidWidth", "invalid_request", False),
    ("unsupportedDuration", "invalid_request", False),
    ("missingPositivePrompt", "invalid_request", False),
    ("unknownParameter", "invalid_request", False),
    ("maxLengthExceeded", "invalid_request", False),
    ("mediaNotFound", "invalid_request", False),
    ("invalidProviderContent", "content_refused", False),
    ("contentPolicyViolation", "content_refused", False),
    ("providerContentPolicyViolation", "content_refused", False),
    ("sensitiveContentDetected", "content_refused", False),
    ("unsafeContentDetected", "content_refused", False),
    ("nsfwContentDetected", "content_refused", False),
    ("promptBlocked", "content_refused", False),
    ("imageBlocked", "content_refused", False),
    ("moderationFailed", "content_refused", False),
    ("invalidApiKey", "provider_auth_failed", True),
    ("missingApiKey", "provider_auth_failed", True),
    ("unauthorized", "provider_auth_failed", True),
    ("forbidden", "provider_auth_failed", True),
    ("accountSuspended", "provider_auth_failed", True),
    ("insufficientCredits", "no_credit", True),
    ("quotaExceeded", "no_credit", True),
    ("paymentRequired", "no_credit", True),
    ("modelNotFound", "model_unavailable", False),
    ("unknownModel", "model_unavailable", False),
    ("invalidModel", "model_unavailable", False),
    ("modelDisabled", "model_unavailable", False),
]


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403])
@pytest.mark.parametrize(("code", "ours", "alarm"), REFUSED)
def test_known_refusal_is_for_good(code: str, ours: str, alarm: bool, status: int) -> None:
    found = verdict(status, {"data": [], "errors": [error(code)]})
    assert isinstance(found, Refused)
    assert (found.failure.code, found.failure.provider_code, found.alarm) == (ours, code, alarm)


@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [
        (429, "rateLimitExceeded", "rate_limited"),
        (200, "inferenceRateLimitExceeded", "rate_limited"),
        (400, "providerRateLimitExceeded", "rate_limited"),
        (429, "maxTasksReached", "rate_limited"),
        (503, "serviceUnavailable", "provider_unavailable"),
        (503, "internalServerError", "provider_unavailable"),
        (503, "somethingNew", "provider_unavailable"),
        (504, "maxQueueWaitExceeded", "rate_limited"),
        (504, "somethingNew", "provider_unavailable"),
        (400, "noAvailableServer", "provider_unavailable"),
        (200, "modelNotReady", "provider_unavailable"),
    ],
)
def test_backpressure_is_refused_for_now(status: int, code: str, ours: str) -> None:
    found = verdict(status, {"errors": [error(code, retryAfter=12)]})
    assert isinstance(found, RefusedForNow)
    assert (found.failure.code, found.retry_after) == (ours, 12.0)


@pytest.mark.parametrize("wait", [0, -1, True, "12", 10**9, None, [], 10**400])
def test_retry_after_that_is_no_wait_is_ignored(wait: object) -> None:
    found = verdict(429, {"errors": [error("rateLimitExceeded", retryAfter=wait)]})
    assert isinstance(found, RefusedForNow)
    assert found.retry_after is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"\xff\xfe\x00"),
        (200, b"[" * 100_000),
        (200, b" " * (8 * 1024 * 1024 + 1)),
        (200, b"9" * 5000),
        (200, {}),
        (200, {"data": []}),
        (200, {"data": [], "errors": []}),
        (200, []),
        (200, 1),
        (200, {"data": [ack(B)]}),
        (200, {"data": [{"taskType": "videoInference"}]}),
        (200, {"errors": [error("invalidWidth", taskUUID=B)]}),
        (200, {"errors": [error("somethingNew")]}),
        (200, {"errors": [error("providerError")]}),
        (400, {"errors": [error("timeoutProvider")]}),
        (504, {"errors": [error("providerGatewayTimeout")]}),
        (500, {"errors": [error("internalServerError")]}),
        (500, {"errors": [error("invalidWidth")]}),
        (502, {"errors": [error("rateLimitExceeded")]}),
        (408, {"errors": [error("invalidWidth")]}),
        (302, {"errors": [error("invalidWidth")]}),
        (429, b"Too Many Requests"),
        (503, b"<html>"),
        (503, {"message": "Service Unavailable"}),
        (503, {"error": "Service Unavailable"}),
        (504, {"error": {"code": 504, "message": "Gateway Timeout"}}),
        (401, b"no"),
        (200, {"errors": [error("duplicateTaskUUID")]}),
        (200, {"errors": [error("taskNotFound")]}),
        (200, {"errors": [error("invalidWidth"), error("timeoutProvider")]}),
    ],
)
def test_answer_that_proves_nothing_is_unknown(status: int, body: object) -> None:
    assert isinstance(verdict(status, body), Unknown)


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [error("invalidWidth")]},
        {"errors": [{"code": "invalidWidth"}]},
        {"errors": {"code": "invalidWidth"}},
        {"error": {"code": "invalidWidth"}, "taskUUID": A},
        {"data": None, "error": {"code": "invalidWidth"}},
        {"data": [ack(status="error", error={"code": "invalidWidth"})]},
        {"data": [ack(error={"code": "invalidWidth"})]},
        {"data": [ack(status="error", code="invalidWidth")]},
        [error("invalidWidth")],
        error("invalidWidth"),
        {"code": "invalidWidth", "message": "wrong"},
    ],
)
def test_error_is_understood_in_every_form(body: object) -> None:
    found = verdict(400, body)
    assert isinstance(found, Refused)
    assert (found.failure.code, found.failure.provider_code) == ("invalid_request", "invalidWidth")


@pytest.mark.parametrize(
    ("status", "code"), [(400, "invalid_request"), (401, "provider_auth_failed"), (402, "no_credit")]
)
def test_error_that_is_only_text_is_judged_by_its_status(status: int, code: str) -> None:
    found = verdict(status, {"error": "something"})
    assert isinstance(found, Refused)
    assert (found.failure.code, found.failure.message, found.failure.provider_code) == (
        code,
        "something",
        None,
    )


def test_mixed_batch_is_matched_by_id_and_not_by_position() -> None:
    body = {"data": [ack(C)], "errors": [error("invalidWidth", taskUUID=A)]}
    found = runware.read_submission([A, B, C], answer(200, body))
    assert isinstance(found[A], Refused)
    assert isinstance(found[B], Unknown)
    assert found[C] == Accepted(C)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"errors": [{"code": "invalidApiKey"}]}, Refused),
        (200, {"errors": [{"code": "invalidApiKey"}]}, Refused),
        (400, {"errors": [{"code": "invalidJson"}]}, Refused),
        (429, {"errors": [{"code": "rateLimitExceeded"}]}, RefusedForNow),
        (200, {"errors": [{"code": "invalidWidth"}]}, Unknown),
        (400, {"errors": [{"code": "conflictTaskUUID"}]}, Unknown),
        (400, {"data": [ack(C)], "errors": [{"code": "invalidWidth"}]}, Unknown),
    ],
)
def test_error_without_id_counts_for_several_tasks_only_where_it_must(
    status: int, body: object, expected: type
) -> None:
    found = runware.read_submission([A, B, C], answer(status, body))
    assert isinstance(found[A], expected)
    assert isinstance(found[B], expected)


def test_message_never_shows_the_urls_we_sent() -> None:
    token = "s3cr3t"
    texts = [
        f"bad webhookURL https://x/{token}",
        f"got HTTPS%3A%2F%2Fx%2F{token} see https://runware.ai/docs#a",
    ]
    found = [verdict(400, {"errors": [error("invalidWebhookURL", message=text)]}) for text in texts]
    messages = [each.failure.message for each in found if isinstance(each, Refused)]
    assert [token in message for message in messages] == [False, False]
    assert "https://runware.ai/docs#a" in messages[1]


def test_texts_of_an_error_are_bounded_and_can_be_written() -> None:
    body = {"errors": [error("invalid" + "x" * 9999, message="\ud800" + "y" * 9999)]}
    found = verdict(400, body)
    assert isinstance(found, Refused)
    assert len(found.failure.message) <= 500
    assert len(found.failure.provider_code or "") <= 100
    found.failure.message.encode()


@pytest.mark.parametrize("message", [None, "", " ", "success"])
def test_own_words_stand_in_for_a_message_that_says_nothing(message: str | None) -> None:
    found = verdict(400, {"errors": [{**error("unsupportedValue"), "message": message}]})
    assert isinstance(found, Refused)
    assert (found.failure.message, found.failure.provider_code) == (
        "the request is wrong",
        "unsupportedValue",
    )


def test_hosts_of_results_are_runware_only() -> None:
    good = ["runware.ai", "vm.runware.ai", "IM.Runware.AI", "a.b.runware.ai"]
    bad = ["", "runware.ai.evil.com", "evilrunware.ai", "x@vm.runware.ai", "vm.runware.ai:443", ".runware.ai"]
    bad += ["runware.ai\n", "vm.runware.ai/", "a." * 200 + "runware.ai", "vm.rünware.ai"]
    assert all(map(runware.is_result_host, good))
    assert not any(map(runware.is_result_host, bad))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
WRAPPING = ["data", "errors", "error", "code", "message", "status", "taskUUID", "taskType", "retryAfter"]
RESULTS = ["videoURL", "text", "cost", "seed", "outputs", "files", "url", "imageBase64Data", "documents"]
NAMES = st.sampled_from([*WRAPPING, *RESULTS])
VALUES = SCALARS | st.sampled_from(
    [A, B, "error", "success", "processing", "invalidWidth", "conflictTaskUUID"]
)
JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
STATUSES = st.sampled_from([100, 200, 201, 302, *PROVES_REFUSAL, 408, 409, 500, 502, 520])


@given(status=STATUSES, body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_answer_gives_a_verdict_for_each_task(status: int, body: bytes) -> None:
    found = runware.read_submission([A, B], answer(status, body))
    assert set(found) == {A, B}
    if status not in PROVES_REFUSAL and not 200 <= status < 300:
        assert not any(isinstance(each, Refused | RefusedForNow) for each in found.values())


@given(
    status=st.integers(200, 299),
    errors=st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=4),
    extra=st.dictionaries(NAMES.filter(lambda name: name not in ("status", "error", "errors", "code")), JSON),
)
def test_task_that_a_2xx_shows_as_taken_is_never_refused(
    status: int, errors: list[dict[str, object]], extra: dict[str, object]
) -> None:
    body = {"data": [{**extra, "taskUUID": A}], "errors": errors}
    assert isinstance(verdict(status, body), Accepted)
