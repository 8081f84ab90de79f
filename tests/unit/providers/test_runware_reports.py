"""What Runware's look-ups and webhooks say of tasks, in each form they are known to take."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given

from framehook.jobs import ResultFile, Task
from framehook.providers.contract import (
    Failed,
    HttpResponse,
    Report,
    StillRunning,
    Succeeded,
    UnreadableAnswer,
)
from framehook.providers.runware import provider as runware
from tests.unit.providers.test_runware_submission import JSON, STATUSES, A, B

URL = "https://vm.runware.ai/video/x.mp4"
VIDEO = {
    "taskType": "videoInference",
    "taskUUID": A,
    "videoUUID": "93666777",
    "videoURL": URL,
    "seed": 443404476,
    "cost": 4,
    "outputs": {"videoId": "video_69c5"},
}
TOLD = Succeeded(A, (ResultFile(url=URL, provider_id="93666777"),), 443404476, "video_69c5", 4_000_000)
TIMEOUT = {"code": "timeoutProvider", "message": "too slow", "taskType": "videoInference", "taskUUID": A}


def webhook(body: object, *ids: str) -> list[Report]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(runware.read_webhook(raw, [Task(each, slot) for slot, each in enumerate(ids or (A,))], None))


def looked_up(body: object, *ids: str, status: int = 200) -> list[Report]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(runware.read_look_up(ids or (A,), HttpResponse(status, {}, raw)))


def item(**more: object) -> dict[str, object]:
    return {"taskType": "videoInference", "taskUUID": A, **more}


def test_look_up_asks_for_every_task_by_its_id() -> None:
    (inquiry,) = runware.look_ups("openai:3@2", [A, B], "key")
    request = inquiry.request
    assert json.loads(request.body) == [{"taskType": "getResponse", "taskUUID": each} for each in (A, B)]
    assert request.headers["Authorization"] == "Bearer key"


@pytest.mark.parametrize("body", [{"data": [VIDEO]}, VIDEO, [VIDEO], {"data": VIDEO, "errors": []}])
def test_video_is_read_wrapped_and_flat(body: object) -> None:
    assert webhook(body) == looked_up(body) == [TOLD]


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [TIMEOUT]},
        {**TIMEOUT, "status": "error"},
        TIMEOUT,
        {"error": TIMEOUT},
        {"error": {"code": "timeoutProvider", "message": "too slow"}, "taskUUID": A},
        {"data": [item(status="error", error={"code": "timeoutProvider", "message": "too slow"})]},
        {"data": [], "errors": TIMEOUT},
    ],
)
def test_failure_is_read_in_every_form(body: object) -> None:
    for reports in (webhook(body), looked_up(body)):
        [report] = reports
        assert isinstance(report, Failed)
        assert report.failure.code == "provider_timeout"
        assert (report.failure.provider_code, report.failure.message) == ("timeoutProvider", "too slow")


@pytest.mark.parametrize(
    "status", ["processing", "queued", "pending", "scheduled", "waiting", "newWord", None, 7]
)
def test_task_without_an_end_is_still_running(status: object) -> None:
    body = {"data": [item(status=status, progress=40, videoURL=None)]}
    assert webhook(body) == looked_up(body) == [StillRunning(A)]


def test_preview_of_a_running_task_is_no_result() -> None:
    assert webhook(item(status="processing", imageURL=URL)) == [StillRunning(A)]


def test_cost_of_zero_means_not_priced() -> None:
    [report] = webhook({**VIDEO, "cost": 0})
    assert isinstance(report, Succeeded)
    assert report.cost is None


@pytest.mark.parametrize(
    ("fields", "files"),
    [
        ({"imageURL": URL, "imageUUID": "i"}, (ResultFile(url=URL, provider_id="i"),)),
        ({"audioURL": URL, "audioUUID": "a"}, (ResultFile(url=URL, provider_id="a"),)),
        ({"maskImageURL": URL, "maskImageUUID": "m"}, (ResultFile(url=URL, provider_id="m"),)),
        ({"guideImageURL": URL}, (ResultFile(url=URL),)),
        (
            {"outputs": {"files": [{"uuid": "1", "url": URL}, {"url": URL + "2"}, {"url": 3}, 4]}},
            (ResultFile(url=URL, provider_id="1"), ResultFile(url=URL + "2")),
        ),
        ({"text": "hello", "usage": {"x": 1}}, (ResultFile(text="hello", media_type="text/plain"),)),
        ({"text": "\ud800"}, (ResultFile(text="?", media_type="text/plain"),)),
        ({"status": "success", "inputImageURL": URL}, ()),
        ({"imageDataURI": "data:image/png;base64,AAAA"}, ()),
        ({"imageBase64Data": "AAAA"}, ()),
        ({"videoURL": "ftp://x/y"}, ()),
        ({"videoURL": "https://x/" + "y" * 5000}, ()),
        ({"videoURL": "https://x/ y"}, (ResultFile(url="https://x/%20y"),)),
        ({"videoURL": "https://x/\ny"}, ()),
    ],
)
def test_files_of_each_medium(fields: dict[str, object], files: tuple[ResultFile, ...]) -> None:
    [report] = webhook(item(**fields))
    assert isinstance(report, Succeeded)
    assert report.files == files


def test_structured_result_is_kept_as_json() -> None:
    body = {"taskType": "caption", "taskUUID": A, "cost": 0.1, "structuredData": {"age": 3}}
    [report] = webhook(body)
    assert isinstance(report, Succeeded)
    [file] = report.files
    assert (json.loads(file.text or ""), file.media_type) == (
        {"structuredData": {"age": 3}},
        "application/json",
    )


def test_unknown_fields_of_a_video_task_are_no_result() -> None:
    assert webhook(item(somethingNew={"x": 1})) == [StillRunning(A)]


def test_several_results_of_one_task_are_one_report() -> None:
    other = {**VIDEO, "videoUUID": "other", "videoURL": URL + "2"}
    [report] = looked_up({"data": [VIDEO, VIDEO, other, item(status="processing")], "errors": [TIMEOUT]})
    assert isinstance(report, Succeeded)
    assert [file.provider_id for file in report.files] == ["93666777", "other"]
    assert report.cost == 8_000_000


def test_task_that_also_runs_has_not_failed() -> None:
    assert looked_up({"data": [item(status="processing")], "errors": [TIMEOUT]}) == [StillRunning(A)]


def test_ids_and_seeds_out_of_bounds_are_left_out() -> None:
    [report] = webhook({**VIDEO, "videoUUID": "x" * 999, "seed": 2**80, "outputs": {"videoId": ["no"]}})
    assert report == Succeeded(A, (ResultFile(url=URL),), cost=4_000_000)


def test_reports_of_other_tasks_are_ignored() -> None:
    body = {"data": [{**VIDEO, "taskUUID": B}], "errors": [{**TIMEOUT, "taskUUID": "nobody's"}]}
    assert webhook(body) == looked_up(body) == []
    assert [report.task_id for report in webhook(body, A, B)] == [B]


@pytest.mark.parametrize("code", ["conflictTaskUUID", "webhookTimeout", "uploadFailed"])
def test_webhook_about_something_else_shows_that_the_task_is_alive(code: str) -> None:
    assert webhook({"errors": [{"code": code, "taskUUID": A}]}) == [StillRunning(A)]


@pytest.mark.parametrize(
    "body", [{**VIDEO, "error": {"code": "uploadFailed"}}, {**VIDEO, "code": "uploadFailed"}]
)
def test_result_with_a_failed_upload_is_a_result(body: object) -> None:
    assert webhook(body) == looked_up(body) == [TOLD]


def test_failed_upload_without_a_result_is_a_failure_by_look_up() -> None:
    [report] = looked_up({"errors": [{"code": "uploadFailed", "taskUUID": A}]})
    assert isinstance(report, Failed)


def test_failure_keeps_its_cost() -> None:
    [report] = webhook({"errors": [{**TIMEOUT, "cost": 0.5}]})
    assert isinstance(report, Failed)
    assert report.cost == 500_000


def test_webhook_without_id_belongs_to_the_only_task() -> None:
    nameless = {key: value for key, value in VIDEO.items() if key != "taskUUID"}
    assert webhook(nameless) == [TOLD]
    [report] = webhook({"error": "something broke"})
    assert isinstance(report, Failed)
    assert report.failure.code == "provider_error"
    for body in (nameless, {"error": "something broke"}):
        with pytest.raises(UnreadableAnswer):
            webhook(body, A, B)


UNREADABLE = [b"", b"no", b"\xff", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b" " * (9 * 1024 * 1024)]
SAYS_NOTHING = [b"1", b'"text"', b"null", b"{}", b"[]", b'{"data": []}', b'{"hello": 1}']


@pytest.mark.parametrize("body", [*UNREADABLE, *SAYS_NOTHING])
def test_webhook_nobody_understands_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        webhook(body)


@pytest.mark.parametrize("body", [{"data": []}, {"data": [], "errors": []}, []])
def test_look_up_of_an_unknown_task_is_silent(body: object) -> None:
    assert looked_up(body) == []


ABOUT_THE_CALL = ["rateLimitExceeded", "invalidApiKey", "insufficientCredits", "internalServerError"]
ABOUT_NO_TASK = ["taskExpired", "taskFailedOrNotFound", "conflictTaskUUID", "webhookTimeout"]


@pytest.mark.parametrize("code", [*ABOUT_THE_CALL, *ABOUT_NO_TASK, "invalidTaskUUID", "somethingNew"])
def test_error_about_the_look_up_is_no_verdict(code: str) -> None:
    """Nor does it say that there is no such task: nothing may be sent again for it."""
    with pytest.raises(UnreadableAnswer):
        looked_up({"errors": [{"code": code, "taskUUID": A}]})


def test_unknown_task_in_a_look_up_is_silence() -> None:
    assert looked_up({"errors": [{"code": "taskNotFound", "taskUUID": A}]}) == []


@pytest.mark.parametrize("code", ["taskExpired", "conflictTaskUUID", "webhookTimeout"])
def test_marked_error_that_says_nothing_of_the_task_is_no_verdict(code: str) -> None:
    with pytest.raises(UnreadableAnswer):
        looked_up({"errors": [{"code": code, "taskUUID": A, "status": "error"}]})


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("code", ["providerRateLimitExceeded", "somethingNew", "invalidProviderContent"])
def test_marked_error_is_a_verdict(code: str, status: int) -> None:
    [report] = looked_up({"errors": [{"code": code, "taskUUID": A, "status": "error"}]}, status=status)
    assert isinstance(report, Failed)


def test_error_without_id_in_a_look_up_is_no_verdict() -> None:
    with pytest.raises(UnreadableAnswer):
        looked_up({"errors": [{"code": "timeoutProvider"}]})


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"errors": [TIMEOUT]}),
        (401, {"errors": [{"code": "invalidApiKey"}]}),
        (429, []),
        (503, {"data": []}),
    ],
)
def test_refused_look_up_is_unreadable(status: int, body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        looked_up(body, status=status)


@given(body=JSON, status=STATUSES)
def test_any_json_is_reported_of_our_tasks_once_or_unreadable(body: object, status: int) -> None:
    reads: list[Callable[[], list[Report]]] = [
        lambda: webhook(body, A, B),
        lambda: webhook(body),
        lambda: looked_up(body, A, status=status),
    ]
    for read in reads:
        try:
            reports = read()
        except UnreadableAnswer:
            continue
        ids = [report.task_id for report in reports]
        assert len(ids) == len(set(ids))
        assert set(ids) <= {A, B}
        json.dumps([str(report) for report in reports]).encode()
