"""land_output: the bucket's notification in; the file is checked and promoted."""

from __future__ import annotations

from typing import Any

import pytest

from framehook.errors import Unavailable
from framehook.jobs import Status
from framehook.landing import Landing
from functions.land_output import app
from tests.fakes.stack import BUCKET, OWNER, InMemoryStack
from tests.sample_events import JOB_ID, SampleContext, sample_event
from tests.unit.edges import sample_job
from tests.unit.media_samples import MP4

INCOMING = f"incoming/{JOB_ID}/1/0"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> InMemoryStack:
    stack = InMemoryStack()
    sample_job(stack)

    def landing(bucket: str) -> Landing:
        assert bucket == BUCKET
        return stack.landing

    monkeypatch.setattr(app, "landing", landing)
    return stack


def call(event: dict[str, Any] | None = None) -> None:
    app.handler(event or sample_event("land_output", "upload_arrived"), SampleContext())


def test_handler_upload_is_promoted(stack: InMemoryStack) -> None:
    stack.media.put(INCOMING, MP4, "")
    call()
    call()
    assert list(stack.media.objects) == [f"outputs/{OWNER}/{JOB_ID}/0.mp4"]
    assert stack.jobs.outputs[JOB_ID, 0, 1].landed is not None
    assert stack.job(JOB_ID).status is Status.RUNNING


def test_handler_key_is_decoded_and_a_foreign_one_left_alone(stack: InMemoryStack) -> None:
    event = sample_event("land_output", "upload_arrived")
    event["Records"][0]["s3"]["object"]["key"] = "incoming/a+b%2Fc.mp4"
    stack.media.put("incoming/a b/c.mp4", MP4, "")
    call(event)
    assert list(stack.media.objects) == ["incoming/a b/c.mp4"]


def test_handler_table_out_of_order_raises(stack: InMemoryStack) -> None:
    stack.jobs.trouble.fail_next()
    with pytest.raises(Unavailable):
        call()
