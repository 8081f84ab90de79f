"""What RunningHub's answers to a cancel mean, and what can be cancelled."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from framehook.providers.contract import CancelAnswer, HttpResponse
from framehook.providers.runninghub import provider as runninghub
from framehook.providers.runninghub.errors import MEANINGS
from tests.unit.providers.test_runninghub_submission import BODIES, STATUSES

TOO_LATE = ("423", "805", "807", "1004")


@pytest.mark.parametrize(
    ("model", "possible"),
    [
        ("workflow/1904136902449209346", True),
        ("ai-app/1877265245566922801", True),
        ("workflow/text-to-image", False),
        ("rhart-video-s-official/text-to-video-pro", False),
        ("a/workflow/1", False),
        ("workflow/1\n", False),
    ],
)
def test_only_runs_of_workflows_and_apps_can_be_cancelled(model: str, possible: bool) -> None:
    assert runninghub.can_cancel(model) is possible


def cancelled(body: object, status: int = 200) -> CancelAnswer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return runninghub.read_cancellation(HttpResponse(status, {}, raw))


@pytest.mark.parametrize("code", [0, "0"])
def test_cancel_is_taken_only_with_an_explicit_zero(code: object) -> None:
    body = {"code": code, "msg": "success", "data": None}
    assert cancelled(body) is CancelAnswer.TAKEN
    assert cancelled(body, 302) is cancelled(body, 500) is CancelAnswer.UNCLEAR


@pytest.mark.parametrize("code", [*TOO_LATE, *map(int, TOO_LATE)])
def test_cancel_is_refused_only_where_the_task_is_over_or_not_there(code: object) -> None:
    assert cancelled({"code": code, "msg": "no", "data": None}) is CancelAnswer.REFUSED
    assert cancelled({"code": code, "msg": "no", "data": None}, 404) is CancelAnswer.REFUSED
    assert cancelled({"code": code, "msg": "no", "data": None}, 502) is CancelAnswer.UNCLEAR


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b"[]", {}, {"code": None}, {"code": False}, {"code": ""}, {"msg": "success"}),
        *({"code": each} for each in ("-1", 99999, *(code for code in MEANINGS if code not in TOO_LATE))),
    ],
)
def test_cancel_is_unclear_otherwise(body: object) -> None:
    assert cancelled(body) is CancelAnswer.UNCLEAR


@given(status=STATUSES, body=BODIES)
def test_any_answer_to_a_cancel_is_read(status: int, body: bytes) -> None:
    assert cancelled(body, status) in CancelAnswer
