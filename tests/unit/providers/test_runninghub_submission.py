"""What a submission to RunningHub looks like, and what its answers prove about money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import (
    Accepted,
    Failed,
    HttpRequest,
    HttpResponse,
    Provider,
    Refused,
    RefusedForNow,
    Succeeded,
    TaskToSend,
    Unknown,
    Verdict,
)
from framehook.providers.runninghub import provider as runninghub
from framehook.providers.runninghub.answers import TASK_ID

OURS = "982c01aa-813a-4434-aa42-3e512808fd94"
THEIRS = "2013508786110730241"
OTHER = "2013508786110730242"
WEBHOOK = "https://gateway.example/webhooks/runninghub/j/1.0/t0ken"
URL = "https://rh-images-1252422369.cos.ap-beijing.myqcloud.com/0123/output/feb9246e.mp4"
VIDEO = {"url": URL, "outputType": "mp4"}
ACCEPTED = {
    "taskId": THEIRS,
    "status": "RUNNING",
    "errorCode": "",
    "errorMessage": "",
    "results": None,
    "clientId": "f828b9af25161bc066ef152db7b29ccc",
    "promptTips": '{"result": true, "error": null, "outputs_to_execute": ["4"], "node_errors": {}}',
}
REFUSED_BY_HTTP = (400, 403, 404, 405, 413, 415, 422)


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, headers or {}, raw)


def verdict(status: int, body: object, headers: Mapping[str, str] | None = None) -> Verdict:
    return runninghub.read_submission([OURS], answer(status, body, headers))[OURS]


def refusal(code: object, message: str = "") -> dict[str, object]:
    return {"taskId": "", "status": "", "errorCode": code, "errorMessage": message, "results": None}


def sent(model: str, body: dict[str, Any]) -> HttpRequest:
    return runninghub.submission(model, body, [TaskToSend(OURS, WEBHOOK, "https://upload")], "secret")


def test_module_is_a_provider() -> None:
    provider: Provider = runninghub
    assert (provider.NAME, provider.RESENDS_SAME_TASK_SECONDS, provider.TASKS_PER_CALL) == (
        "runninghub",
        0,
        1,
    )
    assert provider.OWN_TASK_ID is not None
    ids = [THEIRS, OURS, "123456789", "1" * 26, "\u0661" * 19, THEIRS + "\n", ""]
    assert [bool(provider.OWN_TASK_ID.fullmatch(each)) for each in ids] == [True, *[False] * 6]


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("rhart-video-s-official/text-to-video-pro", "rhart-video-s-official/text-to-video-pro"),
        ("topazlabs", "topazlabs"),
        ("rhart-audio/text-to-audio/speech-2.8-hd", "rhart-audio/text-to-audio/speech-2.8-hd"),
        ("dola-Seedream-5.0-pro/text-to-image", "dola-Seedream-5.0-pro/text-to-image"),
        ("workflow/1904136902449209346", "run/workflow/1904136902449209346"),
        ("ai-app/1877265245566922801", "run/ai-app/1877265245566922801"),
    ],
)
def test_submission_goes_to_the_models_own_path(model: str, path: str) -> None:
    request = sent(model, {"prompt": "a fox", "duration": "12", "webhookUrl": "https://theirs"})
    assert (request.method, request.path) == ("POST", f"/openapi/v2/{path}")
    assert json.loads(request.body) == {"prompt": "a fox", "duration": "12", "webhookUrl": WEBHOOK}
    assert request.headers["Authorization"] == "Bearer secret"
    assert request.headers["Content-Type"] == "application/json"
    assert b"secret" not in request.body
    assert b"upload" not in request.body


@pytest.mark.parametrize(
    "model",
    [
        *(
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "a/b/c/d",
            "../x",
            "a/../b",
            "a/.",
            "a?b",
            "a#b",
            "a b",
            "a\n",
            "é",
            "a%2fb",
        ),
        *(
            "query",
            "media/upload/binary",
            "queue/status",
            "api-key/list",
            "price-preview/a/b",
            "run/workflow/1",
        ),
        *(
            "Query",
            "a" * 201,
            "https://evil.example",
            "@evil",
            "workflow/\u0661",
            "workflow/text-to-image",
            "Workflow/1",
        ),
    ],
)
def test_model_that_could_name_another_call_is_refused(model: str) -> None:
    with pytest.raises(ValueError, match="no model"):
        sent(model, {})


def test_graph_of_a_workflow_is_sent_as_text_and_nothing_else_is() -> None:
    graph = {"6": {"inputs": {"text": "é", "cfg": 8.5}}}
    body: dict[str, Any] = {"workflow": graph, "addMetadata": True}
    sent_body = json.loads(sent("workflow/1", body).body)
    assert isinstance(sent_body["workflow"], str)
    assert json.loads(sent_body["workflow"]) == graph
    assert json.loads(sent("acme/new", body).body)["workflow"] == graph
    assert body["workflow"] is graph


@pytest.mark.parametrize("count", [0, 2])
def test_submission_takes_exactly_one_task(count: int) -> None:
    with pytest.raises(ValueError, match="one task") as refused:
        runninghub.submission("a/b", {}, [TaskToSend(OURS, WEBHOOK, None)] * count, "secret")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        ACCEPTED,
        {**ACCEPTED, "status": "QUEUED"},
        {**ACCEPTED, "status": "create"},
        {**ACCEPTED, "status": "SOMETHING_NEW"},
        {**ACCEPTED, "status": None},
        {**ACCEPTED, "errorCode": None},
        {**ACCEPTED, "errorCode": 0},
        {**ACCEPTED, "errorCode": "0"},
        {**ACCEPTED, "errorCode": 0.0},
        {**ACCEPTED, "errorCode": " "},
        {**ACCEPTED, "errorCode": "804"},
        {**ACCEPTED, "taskId": int(THEIRS)},
        {**ACCEPTED, "taskId": f" {THEIRS} "},
        {**ACCEPTED, "status": "SUCCESS", "results": []},
        {"taskId": THEIRS},
        {"task_id": THEIRS},
        {"task_id": int(THEIRS), "taskId": ""},
        {"code": 0, "msg": "success", "data": {"taskId": THEIRS, "taskStatus": "QUEUED", "netWssUrl": None}},
        {"code": 200, "msg": "success", "data": {"taskId": int(THEIRS)}},
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_answer_with_a_task_id_and_no_error_is_accepted(status: int, body: object) -> None:
    assert verdict(status, body) == Accepted(THEIRS)


def test_result_that_comes_at_once_is_reported_with_the_acceptance() -> None:
    usage = {"consumeMoney": None, "thirdPartyConsumeMoney": "0.8"}
    found = verdict(200, {**ACCEPTED, "status": "SUCCESS", "results": [VIDEO], "usage": usage})
    assert isinstance(found, Accepted)
    assert isinstance(found.report, Succeeded)
    assert (found.task_id, found.report.task_id, found.report.named) == (THEIRS, THEIRS, None)
    assert ([file.url for file in found.report.files], found.report.cost) == ([URL], 800_000)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"errorCode": "1501", "errorMessage": "no"}, "content_refused"),
        ({"errorCode": "1007"}, "invalid_request"),
        ({"errorCode": 421}, "concurrency_limit"),
        ({"errorCode": "something new"}, "provider_error"),
        ({"errorCode": {}}, "provider_error"),
        ({"status": "FAILED"}, "provider_error"),
        ({"status": "failed", "errorCode": "1504"}, "provider_timeout"),
        ({"status": "SUCCESS", "errorCode": "1000"}, "provider_error"),
    ],
)
def test_failure_that_names_a_task_is_a_doubtful_failure_of_an_accepted_one(
    fields: dict[str, object], code: str
) -> None:
    found = verdict(200, {**ACCEPTED, **fields})
    assert isinstance(found, Accepted)
    assert isinstance(found.report, Failed)
    assert (found.task_id, found.report.task_id, found.report.doubtful_for) == (THEIRS, THEIRS, 10)
    assert found.report.failure.code == code


@pytest.mark.parametrize("status", [302, 400, 401, 403, 429, 500, 503])
def test_task_id_without_a_2xx_proves_nothing(status: int) -> None:
    assert isinstance(verdict(status, ACCEPTED), Unknown)
    assert isinstance(verdict(status, {**ACCEPTED, "errorCode": "1007"}), Unknown)


@pytest.mark.parametrize("task_id", ["abc", "123", True, 2.0, -5, {}, [], 10**30, 10**4000, "1" * 26])
@pytest.mark.parametrize("code", ["", "1007"])
def test_task_id_that_can_be_none_of_theirs_proves_nothing(task_id: object, code: str) -> None:
    assert isinstance(verdict(200, {**ACCEPTED, "taskId": task_id, "errorCode": code}), Unknown)


def test_two_task_ids_prove_nothing() -> None:
    assert isinstance(verdict(200, {**ACCEPTED, "task_id": OTHER}), Unknown)


@pytest.mark.parametrize("task_id", ["", None, 0, "0", " ", "null"])
def test_empty_task_id_is_none(task_id: object) -> None:
    assert isinstance(verdict(200, {**refusal("1007"), "taskId": task_id}), Refused)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b"\xff\xfe\x00", b"[" * 100_000, b" " * (8 * 1024 * 1024 + 1), b"9" * 5000),
        *(b'{"taskId": NaN}', b"1", b"null", b"[]", b"{}", b'"text"'),
        *(refusal(""), refusal("99999"), refusal({}), refusal(True), refusal("-1"), {"status": "RUNNING"}),
    ],
)
def test_2xx_without_task_id_and_known_code_is_unknown(body: object) -> None:
    assert isinstance(verdict(200, body), Unknown)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", {}, {"timestamp": "x", "status": 400, "error": "Bad Request"}]
)
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 422, 425, 451])
def test_4xx_without_a_code_is_judged_by_its_status(status: int, body: object) -> None:
    found = verdict(status, body)
    expected = RefusedForNow if status == 401 else Refused if status in REFUSED_BY_HTTP else Unknown
    assert isinstance(found, expected)
    if isinstance(found, Refused):
        assert found.alarm == (status == 403)
        assert found.failure.code == ("provider_auth_failed" if status == 403 else "invalid_request")
        assert found.failure.provider_code is None


@pytest.mark.parametrize("code", [404, "404", "-1"])
def test_code_that_only_repeats_the_http_status_says_no_more_than_it(code: object) -> None:
    found = verdict(404, {"code": code, "msg": "Not Found"})
    assert isinstance(found, Refused)
    assert found.failure.message == "Not Found"
    assert isinstance(verdict(404, {"code": 99999, "msg": "Not Found"}), Unknown)
    assert isinstance(verdict(409, {"code": 409, "msg": "Conflict"}), Unknown)


@pytest.mark.parametrize("code", ["1007", "421", "1002", "1000", "", "99999"])
@pytest.mark.parametrize("status", [100, 302, 500, 502, 503, 504, 520])
def test_other_statuses_prove_nothing_whatever_the_code(status: int, code: str) -> None:
    assert isinstance(verdict(status, refusal(code)), Unknown)


@pytest.mark.parametrize("body", [b"Too Many Requests", {}, refusal("1003"), refusal("1007"), refusal("-1")])
def test_429_is_refused_for_now(body: object) -> None:
    found = verdict(429, body)
    assert isinstance(found, RefusedForNow)
    assert (found.failure.code, found.retry_after, found.tries) == ("rate_limited", None, None)


NO_WAITS = ["0", "-1", "1e3", "9" * 9, "9" * 5000, "Wed, 21 Oct 2026 07:28:00 GMT", "\u0667", ""]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), *((no_wait, None) for no_wait in NO_WAITS)],
)
def test_retry_after_is_heeded_where_it_is_a_wait(header: str, seconds: float | None) -> None:
    found = verdict(429, b"", {"Retry-After": header})
    assert isinstance(found, RefusedForNow)
    assert found.retry_after == seconds
    full = verdict(200, refusal("415"), {"retry-after": header})
    assert isinstance(full, RefusedForNow)
    assert full.retry_after == (seconds or 30.0)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"code": -1, "msg": "ApiKey verification failed"}),
        (401, {"code": "-1", "msg": "ApiKey verification failed"}),
        (401, {"errorCode": "-1", "errorMessage": "ApiKey verification failed"}),
        (401, {"code": 401, "message": "ApiKey verification failed", "data": None}),
        (200, {"code": 401, "message": "ApiKey verification failed", "data": None}),
    ],
)
def test_key_that_the_gateway_refuses_is_tried_three_times(status: int, body: object) -> None:
    found = verdict(status, body)
    assert isinstance(found, RefusedForNow)
    assert (found.failure.code, found.tries) == ("provider_auth_failed", 3)
    assert found.failure.message.startswith("ApiKey verification failed")


def test_known_code_counts_with_any_4xx() -> None:
    found = verdict(400, refusal("1014"))
    assert isinstance(found, Refused)
    assert (found.failure.code, found.alarm) == ("wrong_key_kind", True)
    assert isinstance(verdict(400, refusal("1000")), Unknown)
    assert isinstance(verdict(401, refusal("1002")), Refused)


def test_one_answer_is_no_verdict_on_several_tasks() -> None:
    found = runninghub.read_submission([OURS, OTHER], answer(200, ACCEPTED))
    assert [type(each) for each in found.values()] == [Unknown, Unknown]
    assert runninghub.read_submission([], answer(200, ACCEPTED)) == {}


def test_hosts_of_results_are_those_below_the_two_domains() -> None:
    good = ["rh-images-1252422369.cos.ap-beijing.myqcloud.com", "rh-images.xiaoyaoyou.com", "A.MYQCLOUD.COM"]
    bad = [
        "",
        "myqcloud.com",
        "xiaoyaoyou.com",
        ".myqcloud.com",
        "evilmyqcloud.com",
        "a.myqcloud.com.evil.com",
    ]
    bad += [
        "a.myqcloud.com\n",
        "x@a.myqcloud.com",
        "a.myqcloud.com:443",
        "a.myqcloud.com/",
        "a..myqcloud.com",
    ]
    bad += ["a." * 130 + "myqcloud.com", "ä.myqcloud.com", "runninghub.ai"]
    assert all(map(runninghub.is_result_host, good))
    assert not any(map(runninghub.is_result_host, bad))


IDS = [THEIRS, int(THEIRS), OTHER, OURS, "abc"]
CODES = ["", "0", 0, "1000", 805, "1501", 421, -1, "1004", "x", "\ud800"]
WORDS = ["SUCCESS", "FAILED", "RUNNING", "CANCEL", "TASK_END", URL, "0.14", '{"taskId": "1"}', "[]", "{"]
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=20)
VALUES = SCALARS | st.sampled_from([*IDS, *CODES, *WORDS])
TASK = [
    "taskId",
    "task_id",
    "status",
    "taskStatus",
    "errorCode",
    "errorMessage",
    "failedReason",
    "promptTips",
]
WRAPPING = ["code", "msg", "message", "data", "event", "eventData", "node_name", "exception_message"]
RESULTS = [
    "results",
    "url",
    "fileUrl",
    "text",
    "outputType",
    "nodeId",
    "usage",
    "consumeMoney",
    "taskCostTime",
]
NAMES = st.sampled_from([*TASK, *WRAPPING, *RESULTS])
JSON = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=6)
        | st.dictionaries(NAMES, inner, max_size=4).map(json.dumps)
    ),
    max_leaves=25,
)
BODIES = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())
STATUSES = st.sampled_from([100, 200, 201, 302, *REFUSED_BY_HTTP, 401, 402, 408, 429, 500, 503])


@given(status=STATUSES, body=BODIES)
def test_any_answer_gives_a_verdict(status: int, body: bytes) -> None:
    found = verdict(status, body)
    str(found).encode()
    if status >= 500 or status < 200:
        assert isinstance(found, Unknown)
    if isinstance(found, Accepted):
        assert status in (200, 201)
        assert TASK_ID.fullmatch(found.task_id)


@given(
    status=st.integers(100, 599),
    task_id=st.integers(10**18, 10**19) | st.integers(10**18, 10**19).map(str),
    extra=st.dictionaries(
        NAMES.filter(lambda name: name not in ("taskId", "task_id", "data", "eventData")), JSON
    ),
)
def test_answer_that_names_a_task_is_never_a_refusal(
    status: int, task_id: object, extra: dict[str, object]
) -> None:
    found = verdict(status, {**extra, "taskId": task_id})
    assert found.task_id == str(task_id) if isinstance(found, Accepted) else isinstance(found, Unknown)
    assert isinstance(found, Accepted) == (200 <= status < 300)


@given(task_id=st.integers(2**53, 10**25 - 1))
def test_ids_are_exact_whatever_their_size(task_id: int) -> None:
    assert (
        verdict(200, {"taskId": task_id}) == verdict(200, {"taskId": str(task_id)}) == Accepted(str(task_id))
    )
