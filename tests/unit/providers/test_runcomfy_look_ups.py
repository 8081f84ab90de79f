"""What RunComfy's results and status answers say of a task, in each form they are known to take."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from framehook.errors import Failure
from framehook.providers.contract import (
    Failed,
    KeyRefused,
    Missing,
    Report,
    StillRunning,
    Succeeded,
    UnknownState,
    UnreadableAnswer,
)
from framehook.providers.runcomfy.provider import PROVIDER
from tests.unit.providers.runcomfy_payloads import (
    BAD_TOKEN,
    BODIES,
    DEPLOYMENT,
    DONE,
    FAILED,
    IN_QUEUE,
    MODEL,
    NO_CREDIT,
    NOT_FOUND,
    NOT_READY,
    OTHER,
    OURS,
    PICTURE,
    PRICED,
    RUN_DONE,
    RUN_FAILED,
    STATUSES,
    THEIRS,
    TIMES,
    VIDEO,
    answer,
    asked_again,
    looked_up,
    only,
)

type Ask = Callable[..., list[Report]]

BOTH = pytest.mark.parametrize("ask", [looked_up, asked_again])
DEPLOYED = "/prod/v2/deployments/99999999-8888-4777-8666-555555555555/requests"


def test_look_up_asks_for_the_result_of_every_task_that_has_a_name_of_theirs() -> None:
    found = PROVIDER.look_ups(MODEL, [OURS, THEIRS, OTHER], "secret")
    assert [each.task_ids for each in found] == [(THEIRS,), (OTHER,)]
    request = found[0].request
    assert (request.method, request.service, request.body) == ("GET", "", b"")
    assert request.path == f"/v1/requests/{THEIRS}/result?include_cost=true"
    assert request.headers == {"Authorization": "Bearer secret", "Accept": "application/json"}
    assert PROVIDER.look_ups(MODEL, [OURS], "secret") == []


def test_look_up_of_a_deployment_goes_to_its_own_service() -> None:
    [found] = PROVIDER.look_ups(DEPLOYMENT, [THEIRS], "secret")
    assert (found.request.path, found.request.service) == (f"{DEPLOYED}/{THEIRS}/result", "serverless")


def test_second_question_is_for_the_status() -> None:
    of_model = PROVIDER.second_question(MODEL, THEIRS, "secret")
    of_deployment = PROVIDER.second_question(DEPLOYMENT, THEIRS, "secret")
    assert of_model is not None
    assert (of_model.method, of_model.path, of_model.service) == ("GET", f"/v1/requests/{THEIRS}/status", "")
    assert of_deployment is not None
    assert (of_deployment.path, of_deployment.service) == (f"{DEPLOYED}/{THEIRS}/status", "serverless")
    assert PROVIDER.second_question(MODEL, OURS, "secret") is None


@pytest.mark.parametrize("task_id", [OURS, "~", "a/b", "..", "a?b", "x" * 129, "", THEIRS + "\n"])
def test_name_that_is_none_of_theirs_is_never_asked_for(task_id: str) -> None:
    for offering in (MODEL, DEPLOYMENT):
        assert PROVIDER.look_ups(offering, [task_id], "secret") == []
        assert PROVIDER.second_question(offering, task_id, "secret") is None
        assert PROVIDER.cancellation(offering, task_id, "secret") is None


@pytest.mark.parametrize(
    "body",
    [
        *(
            DONE,
            {**DONE, "status": "completed"},
            {**DONE, "status": "SUCCEEDED"},
            {**DONE, "status": " Success "},
        ),
        *({**DONE, "error": None}, {**DONE, "error_code": 0}, {**DONE, "message": "finished"}),
        *({**DONE, "error": "a warning"}, {**DONE, "error_code": 404001}, {**DONE, "new": {"field": [1]}}),
        {"status": "succeeded", "output": {"video": VIDEO}},
        {"status": "succeeded", "output": {"video": VIDEO}, "error_code": 400005},
        {**DONE, "input": {"input_reference": "https://example.com/in.png"}, "created_at": 7},
    ],
)
def test_result_of_a_finished_task_is_read_in_every_form(body: object) -> None:
    report = only(looked_up(body))
    assert isinstance(report, Succeeded)
    assert (report.task_id, report.named, report.cost) == (THEIRS, None, None)
    assert [(file.url, file.media_type) for file in report.files] == [(VIDEO, "video/mp4")]


def test_result_of_a_deployment_is_read_by_node() -> None:
    report = only(looked_up(RUN_DONE))
    assert [(file.url, file.media_type, file.provider_id) for file in report.files] == [
        (PICTURE, "image/png", "58")
    ]


def test_price_of_a_result_is_kept() -> None:
    report = only(looked_up(PRICED))
    assert ([file.url for file in report.files], report.cost) == ([VIDEO], 1_200_000)
    failed = only(looked_up({**FAILED, "cost": 0.25}))
    assert failed.cost == 250_000


@pytest.mark.parametrize(
    ("cost", "micros"),
    [
        (0.1, 100_000),
        (0.3, 300_000),
        (0.000001, 1),
        (1e-9, 0),
        (0, 0),
        (2, 2_000_000),
        (999_999.99, 999_999_990_000),
    ],
)
def test_price_is_exact(cost: float, micros: int) -> None:
    assert only(looked_up({**DONE, "cost": cost})).cost == micros


@pytest.mark.parametrize(
    "cost", [True, None, -0.5, 1e300, 10**4000, 1_000_000, float("nan"), float("inf"), "1.2", [], {}]
)
def test_price_that_is_none_is_unknown(cost: object) -> None:
    report = only(looked_up({**DONE, "cost": cost}))
    assert isinstance(report, Succeeded)
    assert report.cost is None


@pytest.mark.parametrize("code", [None, 0, "0", 0.0, "", " ", "null", 200, False, True, {}, []])
def test_code_may_say_that_there_is_no_error(code: object) -> None:
    body = {"request_id": THEIRS, "status": "completed", "error_code": code, "error": {"errorCode": code}}
    assert looked_up(body) == [Succeeded(THEIRS, ())]
    assert isinstance(only(looked_up({**body, "error_code": {"code": 1}})), Failed)


@pytest.mark.parametrize("output", [None, "", [], {}, {"video": None}, {"video": ""}, 7, {"input": VIDEO}])
def test_success_without_files_is_a_success_without_files(output: object) -> None:
    assert looked_up({**DONE, "output": output}) == [Succeeded(THEIRS, ())]
    assert looked_up({**DONE, "output": output, "status": "completed", "message": "ok"}) == [
        Succeeded(THEIRS, ())
    ]


def test_success_without_files_and_with_an_error_is_a_failure() -> None:
    for more in (
        {"error": "out of memory"},
        {"error_message": "out of memory"},
        {"error": [{"error": "out of memory"}]},
    ):
        report = only(looked_up({"request_id": THEIRS, "status": "completed", **more}))
        assert report == Failed(THEIRS, Failure("provider_error", "out of memory"))


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (FAILED, "model refused the prompt", None),
        (RUN_FAILED, "execution failed", "99999"),
        ({**RUN_FAILED, "status": "ERROR"}, "execution failed", "99999"),
        ({"request_id": THEIRS, "status": "failed"}, "RunComfy did not say why", None),
        ({"status": "failed", "error": "no"}, "no", None),
        ({"status": "failed", "error": {"errorCode": 99999}}, "RunComfy did not say why", "99999"),
        ({**FAILED, "error_code": 500001}, "model refused the prompt", "500001"),
        ({**FAILED, "error_code": 500404}, "model refused the prompt", "500404"),
    ],
)
def test_failed_result_is_certain_at_once(body: object, message: str, code: str | None) -> None:
    assert looked_up(body) == [Failed(THEIRS, Failure("provider_error", message, code))]


@pytest.mark.parametrize("word", ["cancelled", "canceled", "CANCELLED"])
def test_cancelled_task_is_one_failure_of_its_own(word: str) -> None:
    body = {"request_id": THEIRS, "status": word, **TIMES}
    stopped = Failure("provider_cancelled", "the task was cancelled at RunComfy")
    assert looked_up(body) == [Failed(THEIRS, stopped)]
    assert only(looked_up({**body, "error_code": 99999})).failure.provider_code == "99999"
    assert asked_again(body) == [Failed(THEIRS, stopped, doubtful_for=10)]


ALIVE = ["in_queue", "in_progress", "pending", "waiting", "starting", "processing", "queued", "running"]


@BOTH
@pytest.mark.parametrize("word", [*ALIVE, "In_Progress", "IN_QUEUE"])
def test_task_under_way_is_running(ask: Ask, word: str) -> None:
    assert ask({"request_id": THEIRS, "status": word}) == [StillRunning(THEIRS)]
    assert ask({"status": word, "queue_position": 0, "log_url": "https://x", "instance_id": "1"}) == [
        StillRunning(THEIRS)
    ]
    assert ask(IN_QUEUE) == [StillRunning(THEIRS)]


@pytest.mark.parametrize("word", ["completed", "succeeded", "success", "COMPLETED"])
@pytest.mark.parametrize("told", [{}, {"error": "no"}, DONE])
def test_status_never_tells_how_a_task_ended_well(word: str, told: dict[str, object]) -> None:
    """It is no sign of life either: a job at its deadline waits for the result then."""
    with pytest.raises(UnreadableAnswer, match="has ended"):
        asked_again({**told, "request_id": THEIRS, "status": word})


def test_failed_status_is_doubtful_for_ten_seconds() -> None:
    report = only(asked_again({"request_id": THEIRS, "status": "failed", "error": "Model run failed"}))
    assert report == Failed(THEIRS, Failure("provider_error", "Model run failed"), doubtful_for=10)


@BOTH
@pytest.mark.parametrize("other", [OTHER, "elsewhere", "a.b", 7, True, {}])
def test_answer_about_another_task_is_unreadable(ask: Ask, other: object) -> None:
    for body in (DONE, FAILED, IN_QUEUE):
        with pytest.raises(UnreadableAnswer, match="another task"):
            ask({**body, "request_id": other})


def test_look_up_of_several_tasks_is_unreadable() -> None:
    with pytest.raises(UnreadableAnswer):
        PROVIDER.read_look_up([THEIRS, OTHER], answer(DONE))
    with pytest.raises(UnreadableAnswer):
        PROVIDER.read_look_up([], answer(DONE))


@BOTH
@pytest.mark.parametrize("word", ["archived", "paused", "in progress", "x" * 500, "\ud800"])
def test_unknown_word_is_no_end_and_raises_an_alarm(ask: Ask, word: str) -> None:
    for body in ({"request_id": THEIRS, "status": word}, {**DONE, "status": word, "error": "no"}):
        with pytest.raises(UnknownState) as unknown:
            ask(body)
        assert unknown.value.alarm
        str(unknown.value).encode()
        assert len(str(unknown.value)) < 200


@BOTH
@pytest.mark.parametrize(
    "body", [{}, {"request_id": THEIRS}, {"status": None}, {"status": 7}, {"status": ""}]
)
def test_answer_that_says_nothing_is_unreadable(ask: Ask, body: object) -> None:
    with pytest.raises(UnreadableAnswer) as nothing:
        ask(body)
    assert not nothing.value.alarm


@BOTH
@pytest.mark.parametrize(
    ("body", "status"),
    [
        *(
            (body, 404)
            for body in (b"", NOT_FOUND, {"detail": "Not Found"}, {"error_code": 404}, {"error_code": 99})
        ),
        *((NOT_FOUND, status) for status in (200, 400, 403)),
        ({"status": "error", **NOT_FOUND}, 200),
    ],
)
def test_request_that_is_not_there_is_missing(ask: Ask, body: object, status: int) -> None:
    assert ask(body, status) == [Missing(THEIRS)]


@BOTH
@pytest.mark.parametrize(
    ("body", "status"),
    [
        *((body, 401) for body in (b"", b"<html>", {"message": "Unauthorized"}, {"error_code": 99999})),
        *((body, 403) for body in (b"", {"message": "Forbidden"})),
        *((BAD_TOKEN, status) for status in (200, 400, 401, 403, 404)),
        *(({"error_code": code}, 200) for code in (401001, 403009, 401)),
        ({"status": "error", **BAD_TOKEN}, 200),
        ({"status": "failed", **BAD_TOKEN}, 200),
    ],
)
def test_refused_token_is_about_the_key_alone(ask: Ask, body: object, status: int) -> None:
    with pytest.raises(KeyRefused):
        ask(body, status)


@BOTH
@pytest.mark.parametrize("code", [403001, 403003])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
@pytest.mark.parametrize("word", [{}, {"status": "failed"}, {"status": "error"}, {"status": "cancelled"}])
def test_task_that_the_key_may_not_see_is_told_nothing_of(
    ask: Ask, code: int, status: int, word: dict[str, object]
) -> None:
    with pytest.raises(UnreadableAnswer) as nothing:
        ask({"error_code": code, "error_message": "no", **word}, status)
    assert not isinstance(nothing.value, KeyRefused)
    assert not nothing.value.alarm


@BOTH
@pytest.mark.parametrize("body", [b"", b"Too Many Requests", DONE, {"error_code": 429001}, NOT_FOUND])
@pytest.mark.parametrize(("header", "wait"), [("30", 30.0), ("soon", None)])
def test_429_is_waited_for(ask: Ask, body: object, header: str, wait: float | None) -> None:
    with pytest.raises(UnreadableAnswer) as limited:
        ask(body, 429, {"Retry-After": header})
    assert (limited.value.retry_after, limited.value.alarm) == (wait, False)


@BOTH
def test_code_of_the_family_429_is_waited_for_too(ask: Ask) -> None:
    with pytest.raises(UnreadableAnswer) as limited:
        ask({"error_code": 429001}, 200, {"retry-after": "5"})
    assert limited.value.retry_after == 5.0


@BOTH
@pytest.mark.parametrize("body", [b"", b"<html>", DONE, FAILED, NOT_FOUND, BAD_TOKEN])
@pytest.mark.parametrize("status", [100, 302, 500, 502, 503, 504])
def test_answer_of_a_gateway_is_unreadable(ask: Ask, body: object, status: int) -> None:
    with pytest.raises(UnreadableAnswer) as unreadable:
        ask(body, status, {"Retry-After": "8"})
    assert (unreadable.value.retry_after, unreadable.value.alarm) == (8.0, False)


@BOTH
@pytest.mark.parametrize("body", [b"", b"<html>", b"[", b"[]", b"null", b"\xff", b"[" * 100_000, b"9" * 5000])
def test_2xx_that_is_no_json_object_is_unreadable(ask: Ask, body: bytes) -> None:
    with pytest.raises(UnreadableAnswer) as unreadable:
        ask(body, 200, {"Retry-After": "8"})
    assert unreadable.value.retry_after == 8.0


@BOTH
@pytest.mark.parametrize(
    ("body", "status"),
    [
        *((NOT_READY, status) for status in (200, 400, 404, 409, 401)),
        *((body, 400) for body in (b"", b"not ready", {}, {"error_code": 400}, NO_CREDIT, DONE, FAILED)),
        *((b"", status) for status in (402, 405, 408, 409, 410, 413, 415, 422, 425, 451, 499)),
        *(({"error_code": code}, 200) for code in (400001, 422001, 500001, 99999, 10003)),
        *(({key: "no"}, 200) for key in ("error", "error_message", "message", "detail")),
        ({"status": "error", **NOT_READY}, 200),
        ({"error_code": 10003}, 404),
    ],
)
def test_result_that_is_not_there_yet_is_silent_so_that_the_status_is_asked(
    ask: Ask, body: object, status: int
) -> None:
    assert ask(body, status) == []


@given(status=STATUSES, body=BODIES)
def test_any_answer_is_at_most_one_report_of_our_task_or_unreadable(status: int, body: bytes) -> None:
    for ask in (looked_up, asked_again):
        try:
            reports = ask(body, status)
        except UnreadableAnswer as unreadable:
            str(unreadable).encode()
            continue
        assert all(report.task_id == THEIRS for report in reports)
        assert len(reports) <= 1
        str(reports).encode()
        if status >= 300:
            assert reports in ([], [Missing(THEIRS)])
