"""receive_webhook: a provider's call in, an answer for API Gateway out."""

from __future__ import annotations

import pytest

from framehook.jobs import Status
from functions.receive_webhook import app
from tests.fakes.stack import InMemoryStack
from tests.sample_events import JOB_ID, SampleContext, sample_event
from tests.unit.edges import sample_job


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> InMemoryStack:
    stack = InMemoryStack()
    sample_job(stack)
    monkeypatch.setattr(app, "completion", lambda: stack.completion)
    return stack


def call(case: str) -> int:
    answer = app.handler(sample_event("receive_webhook", case), SampleContext())
    assert answer["headers"] == {"Content-Type": "application/json"}
    return int(answer["statusCode"])


@pytest.mark.parametrize(
    ("case", "code", "status"),
    [
        ("success_wrapped", 200, Status.STORING),
        ("success_flat", 200, Status.STORING),
        ("failure", 200, Status.FAILED),
        ("garbage", 200, Status.RUNNING),
        ("malformed_path", 404, Status.RUNNING),
    ],
)
def test_handler_recorded_call_moves_the_job(
    stack: InMemoryStack, case: str, code: int, status: Status
) -> None:
    assert (call(case), stack.job(JOB_ID).status) == (code, status)
    assert (call(case), stack.job(JOB_ID).status) == (code, status)


def test_handler_table_out_of_order_is_503(stack: InMemoryStack) -> None:
    stack.jobs.trouble.fail_next()
    assert call("success_wrapped") == 503
