"""What RunningHub's look-ups and its records of webhooks say of a task, in each form they are known to take."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from framehook.errors import Failure
from framehook.providers.contract import (
    Failed,
    HttpResponse,
    Missing,
    Report,
    StillRunning,
    Succeeded,
    UnreadableAnswer,
)
from framehook.providers.runninghub import provider as runninghub
from framehook.providers.runninghub.errors import MEANINGS
from tests.unit.providers.test_runninghub_submission import OTHER, OURS, THEIRS, URL

NODE: dict[str, object] = {
    "current_outputs": "{}",
    "exception_type": "TypeError",
    "node_name": "SONIC_PreData",
    "current_inputs": '{"webhook": "https://secret"}',
    "traceback": '["..."]',
    "node_id": "276",
    "exception_message": "missing 2 required positional arguments",
}
USAGE = {"consumeMoney": None, "consumeCoins": None, "taskCostTime": "0", "thirdPartyConsumeMoney": "0.14"}
MEASURED = (("task_cost_time", "0"), ("third_party_consume_money", "0.14"))
DONE = {
    "taskId": THEIRS,
    "status": "SUCCESS",
    "errorCode": "",
    "errorMessage": "",
    "results": [{"url": URL, "outputType": "mp4", "text": None}],
    "clientId": "",
    "promptTips": "",
    "failedReason": {},
    "usage": USAGE,
    "parentTaskId": None,
    "taskUsageList": [
        {"taskId": 2013508786110730000, "parentTaskId": None, "taskStatus": "SUCCESS", "usage": USAGE}
    ],
}
BROKEN = {
    "taskId": THEIRS,
    "status": "FAILED",
    "errorCode": "1000",
    "errorMessage": "unknown error",
    "results": None,
}
OUTPUTS = {
    "code": 0,
    "msg": "success",
    "data": [
        {"fileUrl": URL, "fileType": "mp4", "taskCostTime": 83, "nodeId": "9", "consumeMoney": None},
        {
            "fileUrl": URL + "2",
            "fileType": "png",
            "taskCostTime": "84",
            "nodeId": "12",
            "consumeMoney": "0.5",
        },
    ],
}
STOPPED = {"code": 805, "msg": "APIKEY_TASK_STATUS_ERROR", "data": {"failedReason": NODE}}
MISSING = {"code": 1, "msg": "webhook event not exists", "data": None}


def looked_up(body: object, task_id: str = THEIRS, status: int = 200) -> list[Report]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(runninghub.read_look_up([task_id], HttpResponse(status, {}, raw)))


def record(event: object) -> dict[str, object]:
    """What getWebhookDetail answers."""
    data = {
        "id": "1904444422778503169",
        "userApiKey": "******************",
        "taskId": THEIRS,
        "webhookUrl": "https://your-webhook-url",
        "eventData": event,
        "callbackStatus": "FAILED",
        "callbackResponse": 'I/O error on POST request for "https://your-webhook-url"',
        "retryCount": 3,
    }
    return {"code": 0, "msg": "success", "data": data}


def only(reports: list[Report]) -> Any:
    [report] = reports
    return report


def test_look_up_asks_for_every_task_that_has_an_id_of_theirs() -> None:
    found = runninghub.look_ups("workflow/1", [OURS, THEIRS, OTHER], "secret")
    assert [each.task_ids for each in found] == [(THEIRS,), (OTHER,)]
    request = found[0].request
    assert (request.method, request.path) == ("POST", "/openapi/v2/query")
    assert json.loads(request.body) == {"taskId": THEIRS}
    assert request.headers["Authorization"] == "Bearer secret"
    assert runninghub.look_ups("workflow/1", [OURS], "secret") == []


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (runninghub.second_question, "/task/openapi/getWebhookDetail"),
        (runninghub.cancellation, "/task/openapi/cancel"),
    ],
)
def test_old_calls_have_the_key_in_body_and_header(make: Callable[[str, str, str], Any], path: str) -> None:
    request = make("workflow/1", THEIRS, "secret")
    assert (request.method, request.path) == ("POST", path)
    assert json.loads(request.body) == {"apiKey": "secret", "taskId": THEIRS}
    assert request.headers["Authorization"] == "Bearer secret"
    assert make("workflow/1", OURS, "secret") is None


@pytest.mark.parametrize(
    "body",
    [
        DONE,
        {**DONE, "status": "success"},
        {**DONE, "errorCode": "1000"},
        {**DONE, "errorCode": None, "taskId": int(THEIRS)},
        {key: value for key, value in DONE.items() if key != "taskId"},
        {"code": 0, "msg": "success", "data": DONE},
        record(json.dumps(DONE)),
        record(DONE),
        record(json.dumps(json.dumps(DONE))),
    ],
)
def test_finished_task_is_read_in_every_form(body: object) -> None:
    report = only(looked_up(body))
    assert isinstance(report, Succeeded)
    assert (report.task_id, report.named, report.cost, report.usage) == (THEIRS, None, 140_000, MEASURED)
    assert [(file.url, file.media_type) for file in report.files] == [(URL, "video/mp4")]


def test_record_of_an_old_webhook_is_read() -> None:
    report = only(looked_up(record(json.dumps(OUTPUTS))))
    assert isinstance(report, Succeeded)
    assert [file.provider_id for file in report.files] == ["9", "12"]
    assert (report.cost, report.usage) == (500_000, (("consume_money", "0.5"), ("task_cost_time", "83")))


@pytest.mark.parametrize("results", [None, [], {}, [{}], "x", 7])
def test_success_without_results_is_a_success_without_files(results: object) -> None:
    assert only(looked_up({"taskId": THEIRS, "status": "SUCCESS", "results": results})) == Succeeded(
        THEIRS, ()
    )


@pytest.mark.parametrize(
    ("body", "code", "provider_code", "message"),
    [
        (BROKEN, "provider_error", "1000", "unknown error"),
        ({**BROKEN, "status": "Failed", "errorCode": 1000}, "provider_error", "1000", "unknown error"),
        (
            {**BROKEN, "errorCode": "", "errorMessage": ""},
            "provider_error",
            None,
            "RunningHub did not say why",
        ),
        ({**BROKEN, "errorCode": "", "msg": "success"}, "provider_error", None, "unknown error"),
        ({**BROKEN, "errorCode": "1501"}, "content_refused", "1501", "unknown error"),
        ({**BROKEN, "errorCode": "1505"}, "content_refused", "1505", "unknown error"),
        ({**BROKEN, "errorCode": "1504"}, "provider_timeout", "1504", "unknown error"),
        ({**BROKEN, "errorCode": "1004"}, "task_not_found", "1004", "unknown error"),
        ({**BROKEN, "errorCode": "new"}, "provider_error", "new", "unknown error"),
        (STOPPED, "provider_error", "805", None),
        (record(json.dumps(STOPPED)), "provider_error", "805", None),
        (record(json.dumps(BROKEN)), "provider_error", "1000", "unknown error"),
        (record('{"code": 1501, "msg": "no", "data": null}'), "content_refused", "1501", "no"),
    ],
)
def test_failed_task_is_doubtful_for_ten_seconds(
    body: object, code: str, provider_code: str | None, message: str | None
) -> None:
    report = only(looked_up(body))
    assert isinstance(report, Failed)
    assert (report.task_id, report.doubtful_for) == (THEIRS, 10)
    assert (report.failure.code, report.failure.provider_code) == (code, provider_code)
    assert message in (None, report.failure.message)


NO_REASONS: list[object] = [{}, None, "", "{", [], 7, {"node_name": 7}]


@pytest.mark.parametrize(
    ("reason", "added"),
    [
        (NODE, ": SONIC_PreData: missing 2 required positional arguments"),
        (json.dumps(NODE), ": SONIC_PreData: missing 2 required positional arguments"),
        ({"exception_message": "see https://x/secret"}, ": see <url>"),
        ({"node_name": "LoadImage"}, ": LoadImage"),
        ("out of memory", ": out of memory"),
        *[(reason, "") for reason in NO_REASONS],
    ],
)
def test_reason_of_a_comfyui_failure_is_in_the_message(reason: object, added: str) -> None:
    report = only(looked_up({**BROKEN, "failedReason": reason}))
    assert report.failure == Failure("provider_error", f"unknown error{added}", "1000")


def test_failure_has_its_cost_and_usage() -> None:
    report = only(looked_up({**BROKEN, "usage": USAGE | {"consumeMoney": "0.06"}}))
    assert (report.cost, report.usage[0]) == (200_000, ("consume_money", "0.06"))


@pytest.mark.parametrize("status", ["CANCEL", "cancelled", "CANCELED"])
def test_cancelled_task_is_certain(status: str) -> None:
    report = only(looked_up({**DONE, "status": status, "results": None}))
    assert isinstance(report, Failed)
    assert (report.failure.code, report.doubtful_for) == ("provider_cancelled", 0)


@pytest.mark.parametrize(
    "body",
    [
        *({"taskId": THEIRS, "status": each} for each in ("QUEUED", "running", "CREATE", "PENDING", "new")),
        {"taskId": THEIRS, "status": "RUNNING", "errorCode": "1003"},
        {"code": 804, "msg": "APIKEY_TASK_IS_RUNNING", "data": {"netWssUrl": "wss://x?REDACTED"}},
        {"code": 813, "msg": "APIKEY_TASK_IS_QUEUED", "data": None},
        {"taskId": "", "errorCode": "813"},
        {"code": 0, "msg": "success", "data": {"taskId": THEIRS, "taskStatus": "QUEUED"}},
    ],
)
def test_task_without_an_end_is_still_running(body: object) -> None:
    assert looked_up(body) == [StillRunning(THEIRS)]


@pytest.mark.parametrize(
    "body",
    [
        *({"taskId": "", "status": "", "errorCode": each} for each in ("1004", "423", 807)),
        {"code": 807, "msg": "APIKEY_TASK_NOT_FOUND", "data": None},
        MISSING,
    ],
)
def test_task_that_is_not_known_is_missing(body: object) -> None:
    assert looked_up(body) == [Missing(THEIRS)]


TELLING = ("804", "805", "807", "813", "423", "1004")


@pytest.mark.parametrize("code", [*(code for code in MEANINGS if code not in TELLING), "-1", "99999"])
def test_error_about_the_look_up_is_no_verdict(code: str) -> None:
    with pytest.raises(UnreadableAnswer):
        looked_up({"taskId": "", "status": "", "errorCode": code, "errorMessage": "no"})


@pytest.mark.parametrize("code", ["1002", "1003", "1011"])
def test_error_about_the_old_look_up_is_no_verdict(code: str) -> None:
    with pytest.raises(UnreadableAnswer):
        looked_up({"code": int(code), "msg": "no", "data": None})


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("body", [DONE, BROKEN, MISSING, b""])
def test_refused_look_up_is_unreadable(status: int, body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        looked_up(body, status=status)


@pytest.mark.parametrize(
    "body",
    [
        {**DONE, "taskId": OTHER},
        {**DONE, "taskId": int(OTHER)},
        {**DONE, "taskId": float(THEIRS)},
        {**DONE, "task_id": OTHER},
        record(json.dumps({**DONE, "taskId": OTHER})),
    ],
)
def test_answer_about_another_task_is_never_taken(body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        looked_up(body)


def test_look_up_of_several_tasks_is_unreadable() -> None:
    with pytest.raises(UnreadableAnswer):
        runninghub.read_look_up([THEIRS, OTHER], HttpResponse(200, {}, json.dumps(DONE).encode()))
