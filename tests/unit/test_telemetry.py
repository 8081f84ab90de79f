"""One line per invocation, and nothing in it that opens a door: no event, no token, no key, no prompt."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from framehook.errors import Unavailable
from framehook.telemetry import note, observed
from framehook.webhook_edge import answer
from tests.fakes.stack import InMemoryStack
from tests.sample_events import API_KEY, JOB_ID, TOKEN, Event, SampleContext, rest_call, sample_event
from tests.unit.edges import Api, queue_edge, sample_job, stream_edge

PROMPT = "A fox runs through fresh snow"
type Handle = Callable[[Event], Any]
type Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The lines logged since, read as JSON."""
    observed(lambda _event, _context: None)(None, None)  # makes the logger, if nothing has yet
    (handler,) = logging.getLogger("framehook").handlers
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    handler.setStream(before)


def run(handle: Handle, event: Event) -> Any:
    return observed(lambda given, _context: handle(given))(event, SampleContext())


def test_invocation_writes_one_line_with_its_facts(lines: Lines) -> None:
    run(lambda _event: note(job_id=JOB_ID, outcome="taken"), {})
    (line,) = lines()
    assert (line["level"], line["message"]) == ("INFO", "done")
    assert (line["job_id"], line["outcome"]) == (JOB_ID, "taken")
    assert line["request_id"] == SampleContext().aws_request_id
    assert line["milliseconds"] >= 0


def test_invocation_failed_writes_one_line_with_the_stack_and_raises(lines: Lines) -> None:
    def fail(_event: Event) -> None:
        note(job_id=JOB_ID)
        raise Unavailable("the table did not answer")

    with pytest.raises(Unavailable):
        run(fail, {})
    (line,) = lines()
    assert (line["level"], line["message"], line["job_id"]) == ("ERROR", "failed", JOB_ID)
    assert "Unavailable" in line["exception"]


def test_facts_of_one_invocation_are_not_told_by_the_next(lines: Lines) -> None:
    run(lambda _event: note(job_id=JOB_ID), {})
    run(lambda _event: None, {})
    assert "job_id" not in lines()[1]


def test_note_outside_an_invocation_is_nothing(lines: Lines) -> None:
    note(job_id=JOB_ID)
    assert lines() == []


def test_handler_keeps_its_name_and_answer() -> None:
    @observed
    def handler(event: Any, context: Any) -> Any:
        """Documented."""
        return event, context

    assert (handler.__name__, handler.__doc__) == ("handler", "Documented.")
    assert handler(1, 2) == (1, 2)


def taken_by_queue(stack: InMemoryStack) -> Handle:
    return lambda event: queue_edge(stack).take(event, lambda: 100_000)


WEBHOOKS = ["success_wrapped", "success_flat", "failure", "garbage", "malformed_path"]
MESSAGES = ["new_job", "invalid_job", "unreadable", "mixed_batch", "sent_again", "stored_job"]
CALLS = [
    "submit_job",
    "submit_job_with_key",
    "submit_job_wrong_size",
    "list_jobs",
    "show_job",
    "cancel_job",
    "show_model",
    "no_such_resource",
]


def edge_of(function: str, stack: InMemoryStack) -> Handle:
    match function:
        case "receive_webhook":
            return lambda event: answer(stack.completion, event)
        case "submit_job":
            return taken_by_queue(stack)
        case "serve_api":
            return Api(stack).send
        case _:
            return stream_edge(stack).take


@pytest.mark.parametrize(
    ("function", "case"),
    [
        *(("receive_webhook", case) for case in WEBHOOKS),
        *(("submit_job", case) for case in MESSAGES),
        *(("serve_api", case) for case in CALLS),
        *(("publish_change", case) for case in ("job_accepted", "poison_between", "job_expired")),
    ],
)
@pytest.mark.parametrize("trouble", [False, True])
def test_log_never_holds_what_the_event_keeps_secret(
    lines: Lines, function: str, case: str, trouble: bool
) -> None:
    stack = InMemoryStack()
    sample_job(stack)
    handle = edge_of(function, stack)
    for _ in range(2):
        stack.acknowledge()
    if trouble:
        stack.jobs.trouble.fail_next(9)
    try:
        run(handle, sample_event(function, case))
    except Unavailable:
        assert trouble
    written = json.dumps(lines())
    assert len([line for line in lines() if line["message"] in ("done", "failed")]) == 1
    for secret in (TOKEN, API_KEY, PROMPT, "webhooks/", "Bearer"):
        assert secret not in written


def test_defect_is_logged_with_its_stack_and_without_the_request(lines: Lines) -> None:
    api = Api()
    job = sample_job(api.stack)
    del api.stack.jobs.requests[job.id]
    run(api.send, rest_call("GET", f"/v1/jobs/{job.id}"))
    error, done = lines()
    assert (error["level"], done["level"]) == ("ERROR", "INFO")
    assert "KeyError" in error["exception"]
    assert API_KEY not in json.dumps(error)
