"""What a submission to RunComfy looks like, and what its answers prove about money."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import (
    Accepted,
    HttpRequest,
    Provider,
    Refused,
    RefusedForNow,
    TaskToSend,
    Unknown,
)
from framehook.providers.runcomfy import ids as runcomfy_ids
from framehook.providers.runcomfy import provider as runcomfy
from framehook.providers.runcomfy.provider import PROVIDER
from tests.unit.providers.runcomfy_payloads import (
    BAD_TOKEN,
    BODIES,
    DEPLOYMENT,
    DEPLOYMENT_SUBMITTED,
    INVALID,
    JSON,
    MODEL,
    NAMES,
    NO_CREDIT,
    OTHER,
    OURS,
    STATUSES,
    SUBMITTED,
    THEIRS,
    answer,
    verdict,
)

WEBHOOK = "https://gateway.example/webhooks/runcomfy/j/1.0/t0ken?a=1&b=ü"


def sent(model: str, body: dict[str, Any]) -> HttpRequest:
    return PROVIDER.submission(model, body, [TaskToSend(OURS, WEBHOOK, "https://upload")], "secret")


def test_provider_keeps_its_promises() -> None:
    provider: Provider = PROVIDER
    assert (provider.NAME, provider.RESENDS_SAME_TASK_SECONDS, provider.TASKS_PER_CALL) == ("runcomfy", 0, 1)
    assert runcomfy.NAME == provider.NAME
    assert provider.OWN_TASK_ID is not None
    ids = [THEIRS, "a", "A_-9" * 32, OURS, "~a", "a" * 129, "a.b", "a/b", "ä", THEIRS + "\n", ""]
    assert [bool(provider.OWN_TASK_ID.fullmatch(each)) for each in ids] == [True, True, True, *[False] * 8]


@pytest.mark.parametrize(
    "model",
    [
        *("openai/sora-2/text-to-video", "openai/sora-2/pro/image-to-video", "runcomfy/krea2-turbo"),
        *("bytedance/seedance-2.5/text-to-video/1080p", "tongyi-mai/z-image/turbo/inpainting/lora"),
        *("wan-ai/wan-3.0-prime/image-to-video", "a/..b", "a/b..", "deployments/a", "a/deployment/b"),
    ],
)
def test_model_is_called_by_its_path_with_the_body_as_it_is(model: str) -> None:
    body = {"prompt": "a fox", "seconds": 8, "webhook": "theirs", "scale": 1.0}
    request = sent(model, body)
    assert (request.method, request.path, request.service) == ("POST", f"/v1/models/{model}", "")
    assert json.loads(request.body) == body
    assert b'"seconds":8' in request.body
    assert request.headers == {
        "Authorization": "Bearer secret",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def test_model_api_is_never_told_of_a_webhook() -> None:
    request = sent(MODEL, {"prompt": "a fox"})
    assert "?" not in request.path
    assert json.loads(request.body) == {"prompt": "a fox"}


def test_deployment_is_called_with_the_webhook_in_its_query_alone() -> None:
    body = {"overrides": {"6": {"inputs": {"text": "futuristic cityscape"}}}}
    request = sent(DEPLOYMENT, body)
    place = urlsplit(request.path)
    assert place.path == "/prod/v2/deployments/99999999-8888-4777-8666-555555555555/inference"
    assert parse_qs(place.query) == {"webhook": [WEBHOOK], "webhook_intermediate_status": ["true"]}
    assert (request.method, request.service) == ("POST", "serverless")
    assert json.loads(request.body) == body


@pytest.mark.parametrize(
    "model",
    [
        *("", "/", "a", "a/", "/a", "a//b", "a/b/c/d/e/f", "../x", "a/..", "a/.", "./a", "a/../b", "a/./b"),
        *(
            "a?b/c",
            "a/b?c=1",
            "a/b#c",
            "a b/c",
            "a/b\n",
            "a/é",
            "a/b%2fc",
            "@evil/x",
            "https://evil.example/x",
        ),
        *("deployment/", "deployment", "deployment/a.b", "deployment/a/b", "Deployment/a", "deployment/a\n"),
        *("deployment/~a", "deployment/.."),
    ],
)
def test_offering_that_could_be_another_call_is_refused(model: str) -> None:
    with pytest.raises(ValueError, match="RunComfy"):
        sent(model, {})
    assert not PROVIDER.can_cancel(model)
    assert PROVIDER.look_ups(model, [THEIRS], "secret") == []
    assert PROVIDER.second_question(model, THEIRS, "secret") is None
    assert PROVIDER.cancellation(model, THEIRS, "secret") is None


SEGMENTS = st.sampled_from(
    ["deployment", "Deployment", "a", "sora-2.1_x", ".", "..", "...", "", "é", "x" * 65]
)


@given(offering=st.lists(SEGMENTS, min_size=1, max_size=6).map("/".join))
def test_calls_agree_with_what_is_taken_for_an_offering(offering: str) -> None:
    known = runcomfy_ids.is_model(offering) or runcomfy_ids.deployment_of(offering) is not None
    assert PROVIDER.can_cancel(offering) == known
    if known:
        of_deployment = sent(offering, {}).service == "serverless"
        assert of_deployment == (runcomfy_ids.deployment_of(offering) is not None)


@pytest.mark.parametrize("count", [0, 2])
def test_submission_takes_exactly_one_task(count: int) -> None:
    with pytest.raises(ValueError, match="one task") as refused:
        PROVIDER.submission(MODEL, {}, [TaskToSend(OURS, WEBHOOK, None)] * count, "secret")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        *(SUBMITTED, DEPLOYMENT_SUBMITTED, {"request_id": THEIRS}, {**SUBMITTED, "status": "in_queue"}),
        *(
            {**SUBMITTED, **NO_CREDIT},
            {**SUBMITTED, "status": "failed", "error": "no"},
            {**SUBMITTED, "x": [{}]},
        ),
        {**SUBMITTED, "status_url": None, "result_url": 7, "cancel_url": "https://evil.example"},
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202])
def test_answer_with_a_request_id_is_an_acceptance_whatever_else_it_says(status: int, body: object) -> None:
    assert verdict(body, status) == Accepted(THEIRS)


@pytest.mark.parametrize(
    "request_id", ["a.b", "a b", OURS, "x" * 129, "ä", f" {THEIRS}", 7, True, 2.5, {}, [THEIRS]]
)
@pytest.mark.parametrize("more", [{}, NO_CREDIT])
def test_request_id_that_can_be_none_proves_nothing(request_id: object, more: dict[str, object]) -> None:
    assert isinstance(verdict({**SUBMITTED, **more, "request_id": request_id}), Unknown)


@pytest.mark.parametrize("request_id", ["", None])
def test_empty_request_id_is_none(request_id: object) -> None:
    assert isinstance(verdict({**NO_CREDIT, "request_id": request_id}), Refused)
    assert isinstance(verdict({"request_id": request_id}), Unknown)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b"\xff\xfe\x00", b"[" * 100_000, b" " * (8 * 1024 * 1024 + 1), b"9" * 5000),
        *(b'{"request_id": NaN}', b"1", b"null", b"[]", b"{}", b'"text"'),
        *(
            {"status": "in_queue"},
            {"message": "ok"},
            {"error_code": 0},
            {"error_code": None},
            {"error_code": True},
        ),
        *(
            {"error_code": 99999},
            {"error_code": {}},
            {"error_code": "later"},
            {"error": "no"},
            {"detail": []},
        ),
    ],
)
def test_2xx_without_request_id_and_known_code_is_unknown(body: object) -> None:
    for status in (200, 202):
        assert isinstance(verdict(body, status), Unknown)


@pytest.mark.parametrize("status", [302, 409, 500, 503])
def test_request_id_without_a_2xx_proves_nothing(status: int) -> None:
    assert isinstance(verdict(SUBMITTED, status), Unknown)


@pytest.mark.parametrize("status", [302, 500, 503])
def test_request_id_beside_a_known_code_makes_the_outcome_unknown_where_work_may_go_on(status: int) -> None:
    assert isinstance(verdict(NO_CREDIT, status), Refused)
    assert isinstance(verdict({**SUBMITTED, **NO_CREDIT}, status), Unknown)


@pytest.mark.parametrize("request_id", [THEIRS, "a.b", OURS, 7])
@pytest.mark.parametrize("body", [INVALID, NO_CREDIT, BAD_TOKEN, {}, {"error_code": 404001}])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 415, 422, 429])
def test_documented_4xx_says_the_same_with_a_request_id_unless_it_would_be_sent_again(
    status: int, body: dict[str, object], request_id: object
) -> None:
    """What RunComfy may have a name for must not be sent a second time: then nobody knows."""
    found, bare = verdict({**body, "request_id": request_id}, status), verdict(body, status)
    if request_id == THEIRS and isinstance(bare, RefusedForNow):
        assert isinstance(found, Unknown)
    else:
        assert found == bare
        assert isinstance(found, Refused | RefusedForNow)


@pytest.mark.parametrize("code", [400005, 500001, 409001, 99999])
def test_code_that_proves_nothing_does_not_so_with_a_request_id_either(code: int) -> None:
    for status in (400, 401, 422):
        assert isinstance(verdict({"error_code": code, "request_id": THEIRS}, status), Unknown)


@pytest.mark.parametrize("body", [b"", b"<html>", {}, {"message": "no"}, {"error_code": 99999}])
@pytest.mark.parametrize("status", [100, 301, 302, 307, 408, 409, 425, 451, 499, 500, 502, 503, 504, 520])
def test_other_statuses_prove_nothing(status: int, body: object) -> None:
    assert isinstance(verdict(body, status), Unknown)


@pytest.mark.parametrize(
    "body", [b"Too Many Requests", {}, NO_CREDIT, {"error_code": 429001}, {"error_code": 5}]
)
def test_429_is_refused_for_now(body: object) -> None:
    found = verdict(body, 429)
    assert isinstance(found, RefusedForNow)
    assert (found.failure.code, found.retry_after, found.tries) == ("rate_limited", None, None)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 60 ", 60.0),
        ("0", None),
        ("-1", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_heeded_where_it_is_a_wait(header: str, seconds: float | None) -> None:
    found = verdict(b"", 429, {"retry-After": header})
    assert isinstance(found, RefusedForNow)
    assert found.retry_after == seconds


def test_one_answer_is_no_verdict_on_several_tasks() -> None:
    found = PROVIDER.read_submission([OURS, OTHER], answer(SUBMITTED))
    assert [type(each) for each in found.values()] == [Unknown, Unknown]
    assert PROVIDER.read_submission([], answer(SUBMITTED)) == {}


def test_hosts_of_results_are_the_two_domains_and_those_below() -> None:
    good = ["playgrounds-storage-public.runcomfy.net", "serverless-api-storage.runcomfy.net"]
    good += [
        "files.runcomfy.net",
        "trainers-storage.runcomfy.net",
        "runcomfy.net",
        "runcomfy.com",
        "A.RUNCOMFY.COM",
    ]
    bad = [
        "",
        "evilruncomfy.net",
        "runcomfy.net.evil.com",
        ".runcomfy.net",
        "a..runcomfy.net",
        "runcomfy.org",
    ]
    bad += ["x@a.runcomfy.net", "a.runcomfy.net:443", "a.runcomfy.net/", "a.runcomfy.net\n", "ä.runcomfy.net"]
    bad += ["a." * 130 + "runcomfy.net", "runcomfy", "net"]
    assert all(map(PROVIDER.is_result_host, good))
    assert not any(map(PROVIDER.is_result_host, bad))


@given(status=STATUSES, body=BODIES)
def test_any_answer_gives_a_verdict(status: int, body: bytes) -> None:
    found = verdict(body, status)
    str(found).encode()
    if isinstance(found, Accepted):
        assert status in (200, 202, 204)
        assert runcomfy.RUNCOMFY.task_id.fullmatch(found.task_id)


@given(
    status=st.integers(100, 599),
    task_id=st.from_regex(r"\A[A-Za-z0-9_-]{1,128}\Z"),
    extra=st.dictionaries(NAMES.filter(lambda name: name != "request_id"), JSON),
)
def test_answer_that_names_a_task_is_no_refusal_unless_its_status_is_4xx(
    status: int, task_id: str, extra: dict[str, object]
) -> None:
    found = verdict({**extra, "request_id": task_id}, status)
    assert isinstance(found, Accepted) == (200 <= status < 300)
    if isinstance(found, Accepted):
        assert found.task_id == task_id
    elif not 400 <= status < 500:
        assert isinstance(found, Unknown)
    elif not isinstance(found, Unknown):
        assert found == verdict(extra, status)
