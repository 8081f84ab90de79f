"""What a call of a RunComfy deployment on our webhook says of a task, in each form it is known to take.

docs.runcomfy.com/serverless/webhooks and docs.runcomfy.com/serverless-lora/webhooks; an older edition has `outputs` and
the state in `status` alone, a newer one `output`, and `status` and/or `outcome`.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from framehook.providers.contract import (
    Failed,
    StillRunning,
    Succeeded,
    UnknownState,
    UnreadableAnswer,
)
from framehook.providers.runcomfy.provider import RUNCOMFY
from tests.sample_events import sample_event
from tests.unit.providers.runcomfy_payloads import (
    BODIES,
    DONE,
    NODES,
    OTHER,
    OURS,
    PICTURE,
    RUN_ERROR,
    THEIRS,
    TIMES,
    VIDEO,
    only,
    webhook,
)

CALL = {"request_id": THEIRS, "deployment_id": "99999999-8888-4777-8666-555555555555", **TIMES}
COMFYUI = {**CALL, "status": "succeeded", "outputs": NODES}
LORA = {**CALL, "status": "succeeded", "output": {"images": [PICTURE]}}
NEWER = {**LORA, "status": "completed", "outcome": "succeeded"}
BROKEN = {**CALL, "status": "failed", "error": {**RUN_ERROR, "details": "node 6"}}
STOPPED = {**CALL, "status": "cancelled"}


@pytest.mark.parametrize(
    "body",
    [
        *(
            COMFYUI,
            LORA,
            NEWER,
            {**NEWER, "outputs": NODES, "output": None},
            {**COMFYUI, "status": "Completed"},
        ),
        *(
            {**LORA, "outcome": "SUCCESS", "status": None},
            {**NEWER, "status": "failed"},
            {**LORA, "outcome": ""},
        ),
        *({**LORA, "error": "a warning"}, {**LORA, "later": {"a": 1}}, dict(reversed(LORA.items()))),
        {**LORA, "output": {"images": [PICTURE], "input": {"image": VIDEO}}, "input": VIDEO},
        {key: value for key, value in LORA.items() if key != "deployment_id"},
    ],
)
@pytest.mark.parametrize("about", [OURS, THEIRS])
def test_webhook_of_a_success_is_taken_at_its_word_in_every_form(body: Any, about: str) -> None:
    report = only(webhook(body, about))
    assert isinstance(report, Succeeded)
    assert (report.task_id, report.named) == (about, THEIRS if about == OURS else None)
    assert [(file.url, file.media_type) for file in report.files] == [(PICTURE, "image/png")]


@pytest.mark.parametrize("output", [None, [], {}, "", 7])
def test_success_without_files_is_left_to_a_look_up(output: object) -> None:
    for body in (
        {**LORA, "output": output},
        {**NEWER, "output": output},
        {**LORA, "output": output, "error": {}},
    ):
        assert webhook(body) == [Succeeded(THEIRS, ())]


@pytest.mark.parametrize("body", [{**LORA, "output": None}, {**NEWER, "output": None}])
def test_success_without_files_and_with_an_error_is_a_doubtful_failure(body: dict[str, Any]) -> None:
    report = only(webhook({**body, "error": [RUN_ERROR]}))
    assert isinstance(report, Failed)
    assert (report.failure.message, report.doubtful_for) == ("execution failed", 1)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (BROKEN, "provider_error", "execution failed: node 6"),
        (
            {**BROKEN, "status": "completed", "outcome": "failed"},
            "provider_error",
            "execution failed: node 6",
        ),
        ({**BROKEN, "status": "error"}, "provider_error", "execution failed: node 6"),
        ({**BROKEN, "error": {"type": "OutOfMemory", "message": "no memory"}}, "provider_error", "no memory"),
        ({**CALL, "status": "failed"}, "provider_error", "RunComfy did not say why"),
        (STOPPED, "provider_cancelled", "the task was cancelled at RunComfy"),
        ({**STOPPED, "status": "canceled"}, "provider_cancelled", "the task was cancelled at RunComfy"),
        ({**STOPPED, "outcome": "cancelled", "status": "completed"}, "provider_cancelled", None),
    ],
)
@pytest.mark.parametrize("about", [OURS, THEIRS])
def test_webhook_of_a_bad_end_is_settled_by_a_look_up(
    body: object, code: str, message: str | None, about: str
) -> None:
    report = only(webhook(body, about))
    assert isinstance(report, Failed)
    assert (report.failure.code, report.doubtful_for) == (code, 1)
    assert (report.task_id, report.named) == (about, THEIRS if about == OURS else None)
    assert message in (None, report.failure.message)


@pytest.mark.parametrize(
    "body",
    [
        *({**CALL, "status": "in_queue", "queue_position": 2}, {**CALL, "status": "in_progress"}),
        *({**CALL, "status": "starting"}, {**CALL, "status": None, "outcome": "IN_PROGRESS"}),
    ],
)
def test_intermediate_call_proves_that_the_task_was_accepted(body: object) -> None:
    assert webhook(body) == [StillRunning(THEIRS)]
    assert webhook(body, OURS) == [StillRunning(OURS, THEIRS)]


@pytest.mark.parametrize(
    "body",
    [
        CALL,
        {"request_id": THEIRS},
        {**CALL, "status": 7},
        {**CALL, "status": "new"},
        {**LORA, "outcome": "new"},
    ],
)
def test_webhook_that_tells_only_the_name_is_still_news_of_it(body: object) -> None:
    assert webhook(body, OURS) == [StillRunning(OURS, THEIRS)]
    with pytest.raises(UnreadableAnswer):
        webhook(body, THEIRS)


@pytest.mark.parametrize("body", [{**CALL, "status": "new"}, {**LORA, "outcome": "new"}])
def test_word_that_is_not_known_is_no_end_and_raises_an_alarm(body: object) -> None:
    with pytest.raises(UnknownState):
        webhook(body, THEIRS)
    with pytest.raises(UnknownState):
        webhook({"status": "new"}, OURS)


def test_webhook_without_any_name_is_about_the_task_of_its_url() -> None:
    nameless = {key: value for key, value in LORA.items() if key != "request_id"}
    for about in (OURS, THEIRS):
        report = only(webhook(nameless, about))
        assert (report.task_id, report.named) == (about, None)


@pytest.mark.parametrize("about", [OURS, THEIRS])
def test_bad_end_without_any_name_is_about_the_task_of_its_url_too(about: str) -> None:
    nameless = {key: value for key, value in BROKEN.items() if key != "request_id"}
    report = only(webhook(nameless, about))
    assert (type(report), report.task_id, report.named) == (Failed, about, None)


def test_bad_end_with_an_unusable_name_is_news_of_a_task_that_has_none() -> None:
    report = only(webhook({**BROKEN, "request_id": "a.b"}, OURS))
    assert (type(report), report.task_id, report.named) == (Failed, OURS, None)


def test_webhook_of_the_model_api_would_be_harmless() -> None:
    for about in (OURS, THEIRS):
        report = only(webhook(DONE, about))
        assert isinstance(report, Succeeded)
        assert (report.task_id, [file.url for file in report.files]) == (about, [VIDEO])


def test_webhook_whose_url_names_no_task_is_matched_by_its_id() -> None:
    assert only(webhook(LORA, None, OURS, THEIRS)).task_id == THEIRS
    for ids in ((OURS,), (OTHER,), ()):
        with pytest.raises(UnreadableAnswer):
            webhook(LORA, None, *ids)
    with pytest.raises(UnreadableAnswer):
        webhook({"status": "succeeded"}, None, THEIRS)


@pytest.mark.parametrize(("about", "others"), [(OTHER, ()), (OTHER, (THEIRS,)), (OURS, (THEIRS,))])
def test_result_on_a_tasks_own_url_is_its_own_under_whatever_name(
    about: str, others: tuple[str, ...]
) -> None:
    report = only(webhook(LORA, about, *others))
    assert isinstance(report, Succeeded)
    assert (report.task_id, report.named) == (about, None)
    for body in (BROKEN, STOPPED, CALL, {**CALL, "status": "in_queue"}, {**LORA, "output": []}):
        with pytest.raises(UnreadableAnswer):
            webhook(body, about, *others)


@pytest.mark.parametrize("name", ["a.b", "x" * 129, 7, {}, OURS])
def test_result_with_an_unusable_name_is_taken_for_the_task_of_its_url(name: object) -> None:
    for about in (OURS, THEIRS):
        report = only(webhook({**LORA, "request_id": name}, about))
        assert (type(report), report.task_id, report.named) == (Succeeded, about, None)
    with pytest.raises(UnreadableAnswer):
        webhook({**BROKEN, "request_id": name}, THEIRS)


def test_same_call_twice_or_in_another_order_says_the_same() -> None:
    assert webhook(LORA, THEIRS) == webhook(LORA, THEIRS)
    assert webhook({**CALL, "status": "in_progress"}, THEIRS) == [StillRunning(THEIRS)]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"no", b"<html>", b"\xff", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000),
        *(
            b" " * (8 * 1024**2 + 1),
            b"1",
            b"null",
            b"[]",
            b'"text"',
            b"{}",
            b'{"hello": 1}',
            b'{"status": NaN}',
        ),
    ],
)
def test_webhook_nobody_understands_is_unreadable(body: bytes) -> None:
    for about in (OURS, THEIRS, None):
        with pytest.raises(UnreadableAnswer):
            webhook(body, about)


def test_number_that_is_no_number_spoils_no_result() -> None:
    body = (
        b'{"status": "succeeded", "output": "'
        + VIDEO.encode()
        + b'", "queue_position": NaN, "cost": -Infinity}'
    )
    report = only(webhook(body))
    assert isinstance(report, Succeeded)
    assert report.cost is None


@pytest.mark.parametrize(
    ("case", "report"),
    [
        ("in_queue", StillRunning),
        ("in_progress", StillRunning),
        ("success_comfyui", Succeeded),
        ("success_lora", Succeeded),
        ("success_with_outcome", Succeeded),
        ("failure", Failed),
        ("cancelled", Failed),
    ],
)
def test_sample_events_are_read(case: str, report: type[Succeeded | Failed | StillRunning]) -> None:
    sample = sample_event("receive_webhook", f"runcomfy_{case}")
    assert sample["pathParameters"]["provider"] == "runcomfy"
    found = only(webhook(sample["body"].encode(), OURS))
    assert isinstance(found, report)
    assert found.named == THEIRS
    if isinstance(found, Succeeded):
        assert len(found.files) == 1


@given(body=BODIES)
def test_any_call_is_one_report_of_our_task_or_unreadable(body: bytes) -> None:
    for about, others in ((THEIRS, ()), (OURS, (OTHER,)), (None, (THEIRS, OURS))):
        try:
            report = only(webhook(body, about, *others))
        except UnreadableAnswer as unreadable:
            str(unreadable).encode()
            continue
        assert report.task_id == (about or THEIRS)
        named = getattr(report, "named", None)
        assert named is None or (about == OURS and named != OTHER and RUNCOMFY.task_id.fullmatch(named))
        str(report).encode()
