"""fetch_output: one output's place in; the file is streamed into `incoming/`."""

from __future__ import annotations

import pytest

from framehook.errors import Unavailable
from framehook.jobs import Output, OutputRecord, OutputState, ResultFile, Status
from functions.fetch_output import app
from tests.fakes.stack import VIDEO_URL, InMemoryStack
from tests.sample_events import JOB_ID, SampleContext, sample_event
from tests.unit.edges import sample_job
from tests.unit.media_samples import MP4


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> InMemoryStack:
    stack = InMemoryStack()
    sample_job(stack, status=Status.STORING, outputs=(Output(0, state=OutputState.TO_FETCH),))
    stack.jobs.outputs[JOB_ID, 0, 1] = OutputRecord(0, result=ResultFile(url=VIDEO_URL))
    monkeypatch.setattr(app, "fetching", lambda: stack.fetching)
    return stack


def call() -> None:
    app.handler(sample_event("fetch_output", "one_output"), SampleContext())


def test_handler_result_is_brought_under_incoming(stack: InMemoryStack) -> None:
    stack.downloader.bodies[VIDEO_URL] = MP4
    call()
    assert stack.media.objects[f"incoming/{JOB_ID}/1/0"].body == MP4


def test_handler_result_that_can_not_be_had_ends_the_job(stack: InMemoryStack) -> None:
    call()
    assert stack.job(JOB_ID).outputs[0].state is OutputState.LOST


def test_handler_source_out_of_order_raises(stack: InMemoryStack) -> None:
    stack.downloader.bodies[VIDEO_URL] = Unavailable("the host did not answer")
    with pytest.raises(Unavailable):
        call()
    assert stack.media.objects == {}
