"""What a call of RunningHub on our webhook says of a task, in each form it is known to take."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from framehook.jobs import Task
from framehook.providers.contract import Failed, Report, StillRunning, Succeeded, UnreadableAnswer
from framehook.providers.runninghub import provider as runninghub
from framehook.providers.runninghub.answers import TASK_ID
from tests.sample_events import sample_event
from tests.unit.providers.test_runninghub_look_ups import (
    BROKEN,
    DONE,
    MEASURED,
    OUTPUTS,
    STOPPED,
    USAGE,
    looked_up,
    only,
    record,
)
from tests.unit.providers.test_runninghub_submission import BODIES, JSON, OTHER, OURS, STATUSES, THEIRS, URL


def webhook(body: object, about: str | None = THEIRS, *others: str) -> list[Report]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    tasks = [Task(each, slot) for slot, each in enumerate([*([about] if about else []), *others])]
    return list(runninghub.read_webhook(raw, tasks, tasks[0] if about else None))


def event(data: object, **more: object) -> dict[str, object]:
    return {"event": "TASK_END", "taskId": THEIRS, "eventData": data, **more}


@pytest.mark.parametrize(
    "body",
    [
        event(DONE),
        {"eventData": DONE, "event": "TASK_END", "taskId": int(THEIRS)},
        event(json.dumps(DONE)),
        event(json.dumps(json.dumps(DONE))),
        event({"data": {"status": "SUCCESS", "results": DONE["results"], "usage": USAGE}}),
        event(json.dumps({"code": 0, "data": {**DONE, "taskId": int(THEIRS)}})),
        event(DONE, event="task_end"),
        json.dumps(event(DONE)),
        DONE,
        {"taskId": THEIRS, "status": "SUCCESS", "results": DONE["results"], "usage": USAGE},
        {"status": "SUCCESS", "results": DONE["results"], "usage": USAGE},
        dict(reversed(event(DONE).items())),
    ],
)
@pytest.mark.parametrize("about", [OURS, THEIRS])
def test_webhook_of_a_success_is_read_in_every_form(body: Any, about: str) -> None:
    report = only(webhook(body, about))
    assert isinstance(report, Succeeded)
    names_it = about == OURS and THEIRS in json.dumps(body)
    assert (report.task_id, report.named) == (about, THEIRS if names_it else None)
    assert ([file.url for file in report.files], report.cost, report.usage) == ([URL], 140_000, MEASURED)


@pytest.mark.parametrize("body", [event(json.dumps(OUTPUTS)), event(OUTPUTS), OUTPUTS])
def test_webhook_of_an_old_success_is_read(body: object) -> None:
    report = only(webhook(body))
    assert isinstance(report, Succeeded)
    assert [(file.url, file.media_type, file.provider_id) for file in report.files] == [
        (URL, "video/mp4", "9"),
        (URL + "2", "image/png", "12"),
    ]


def test_old_success_without_files_is_a_success() -> None:
    assert webhook(event('{"code": 0, "msg": "success", "data": []}')) == [Succeeded(THEIRS, ())]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (event(BROKEN), "provider_error"),
        (event(json.dumps(BROKEN)), "provider_error"),
        (event(json.dumps(STOPPED)), "provider_error"),
        (event({**BROKEN, "errorCode": "1501"}), "content_refused"),
        (event('{"code": 1505, "msg": "no", "data": null}'), "content_refused"),
        (event('{"code": 812, "msg": "no", "data": null}'), "no_credit"),
        (BROKEN, "provider_error"),
    ],
)
def test_webhook_of_a_failure_is_doubtful(body: object, code: str) -> None:
    report = only(webhook(body, OURS))
    assert isinstance(report, Failed)
    assert (report.failure.code, report.doubtful_for, report.named) == (code, 10, THEIRS)


@pytest.mark.parametrize(
    "body",
    [
        event({**DONE, "status": "RUNNING"}),
        event(DONE, event="TASK_START"),
        event(None, event="TASK_PROGRESS"),
        event('{"code": 804, "msg": "", "data": null}'),
        event({**DONE, "status": "NEW_WORD"}),
    ],
)
def test_webhook_without_an_end_shows_that_the_task_is_alive(body: object) -> None:
    assert webhook(body) == [StillRunning(THEIRS)]
    assert webhook(body, OURS) == [StillRunning(OURS, THEIRS)]


@pytest.mark.parametrize("body", [event(None), event({}), event('{"code": 802}'), {"taskId": THEIRS}])
def test_webhook_that_tells_only_the_name_is_still_news_of_it(body: object) -> None:
    assert webhook(body, OURS) == [StillRunning(OURS, THEIRS)]
    with pytest.raises(UnreadableAnswer):
        webhook(body, THEIRS)


def test_webhook_without_any_name_is_about_the_task_of_its_url() -> None:
    assert only(webhook({"status": "SUCCESS", "results": []}, OURS)) == Succeeded(OURS, ())


def test_webhook_whose_url_names_no_task_is_matched_by_its_id() -> None:
    assert only(webhook(event(DONE), None, OURS, THEIRS)).task_id == THEIRS
    for ids in ((OURS,), (OTHER,), ()):
        with pytest.raises(UnreadableAnswer):
            webhook(event(DONE), None, *ids)
    with pytest.raises(UnreadableAnswer):
        webhook({"status": "SUCCESS", "results": []}, None, THEIRS)


@pytest.mark.parametrize(("about", "others"), [(OTHER, ()), (OTHER, (THEIRS,)), (OURS, (THEIRS,))])
def test_result_on_a_tasks_own_url_is_its_own_under_whatever_name(
    about: str, others: tuple[str, ...]
) -> None:
    report = only(webhook(event(DONE), about, *others))
    assert isinstance(report, Succeeded)
    assert (report.task_id, report.named) == (about, None)
    with pytest.raises(UnreadableAnswer):
        webhook(event({**DONE, "status": "FAILED"}), about, *others)


@pytest.mark.parametrize("about", [OURS, THEIRS])
@pytest.mark.parametrize(
    "others",
    [
        {"parentTaskId": OTHER},
        {"parentTaskId": int(OTHER), "taskUsageList": [{"taskId": int(OTHER), "parentTaskId": int(THEIRS)}]},
        {"taskUsageList": [{"taskId": each, "taskStatus": "FAILED"} for each in (OTHER, THEIRS)]},
        {"taskUsageList": {"taskId": OTHER}, "clientId": OTHER},
    ],
)
def test_ids_of_related_tasks_are_not_the_tasks(others: dict[str, Any], about: str) -> None:
    named = THEIRS if about == OURS else None
    for body in (event({**DONE, **others}), event(json.dumps({**DONE, **others})), event(DONE, **others)):
        report = only(webhook(body, about, OTHER))
        assert isinstance(report, Succeeded)
        assert (report.task_id, report.named, report.cost) == (about, named, 140_000)
    nameless = {**DONE, **others, "taskId": None}
    report = only(webhook({"event": "TASK_END", "eventData": nameless}, about))
    assert (report.task_id, report.named) == (about, None)


def test_number_that_is_no_number_spoils_no_result() -> None:
    body = json.dumps(event(DONE)).replace('"0.14"', "NaN").encode()
    assert isinstance(only(webhook(body)), Succeeded)


def test_webhook_that_names_two_tasks_is_unreadable() -> None:
    with pytest.raises(UnreadableAnswer):
        webhook(event({**DONE, "taskId": OTHER}), OURS)


def test_result_with_an_unusable_id_is_taken_for_the_task_of_its_url() -> None:
    assert isinstance(only(webhook(event(DONE, taskId="abc"), THEIRS)), Succeeded)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"no",
            b"<html>",
            b"\xff",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"9" * 5000,
            b" " * (8 * 1024**2 + 1),
        ),
        *(
            b"1",
            b"null",
            b"[]",
            b'"text"',
            b"{}",
            b'{"hello": 1}',
            b'{"event": "TASK_END"}',
            b'{"taskId": NaN}',
        ),
        *(
            event("{"),
            event("no"),
            event(7),
            event([DONE]),
            event("[]"),
            event("NaN"),
            event('{"status": NaN}'),
        ),
        *({**DONE, "status": None}, {**DONE, "status": 7}, event({"code": 0, "data": None})),
    ],
)
def test_webhook_nobody_understands_is_unreadable(body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        webhook(body)


def test_body_of_three_megabytes_is_read() -> None:
    padded = {**DONE, "promptTips": "x" * (3 * 1024 * 1024)}
    for body in (event(padded), event(json.dumps(padded))):
        assert isinstance(only(webhook(body, OURS)), Succeeded)


@pytest.mark.parametrize(
    ("case", "report"),
    [
        ("success", Succeeded),
        ("failure", Failed),
        ("comfyui-failure", Failed),
        ("old-success", Succeeded),
        ("old-failure", Failed),
    ],
)
def test_sample_events_are_read(case: str, report: type[Succeeded | Failed]) -> None:
    sample = sample_event("receive_webhook", f"runninghub-{case}")
    assert sample["pathParameters"]["attempt"] == "1.0"
    found = only(webhook(sample["body"].encode(), OURS))
    assert isinstance(found, report)
    assert found.named == str(json.loads(sample["body"])["taskId"])


@given(body=JSON, status=STATUSES)
def test_any_json_is_one_report_of_our_task_or_unreadable(body: object, status: int) -> None:
    reads: list[tuple[str, Callable[[], list[Report]]]] = [
        (THEIRS, lambda: looked_up(body)),
        (THEIRS, lambda: looked_up(body, status=status)),
        (THEIRS, lambda: looked_up(record(body))),
        (THEIRS, lambda: webhook(body)),
        (THEIRS, lambda: webhook(event(body))),
        (THEIRS, lambda: webhook(event(body), None, OURS, THEIRS)),
        (OURS, lambda: webhook(body, OURS, OTHER)),
    ]
    for task_id, read in reads:
        try:
            reports = read()
        except UnreadableAnswer as unreadable:
            str(unreadable).encode()
            continue
        report = only(reports)
        assert report.task_id == task_id
        named = getattr(report, "named", None)
        assert named is None or (task_id == OURS and named != OTHER and TASK_ID.fullmatch(named))
        str(report).encode()


@given(body=BODIES)
def test_any_bytes_are_read_or_unreadable(body: bytes) -> None:
    reads: list[Callable[[], list[Report]]] = [
        lambda: looked_up(body),
        lambda: webhook(body),
        lambda: webhook(body, None),
    ]
    for read in reads:
        try:
            assert len(read()) == 1
        except UnreadableAnswer:
            continue
