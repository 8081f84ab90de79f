"""Whatever comes in, the edges answer: no body makes a defect of ours, blocks a queue or costs money."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from framehook.jobs import Status
from framehook.webhook_edge import answer
from tests.fakes import RecordingDeadLetters
from tests.fakes.stack import PLENTY, InMemoryStack
from tests.sample_events import TASK_ID, messages, rest_call, sample_event
from tests.unit.edges import ASKED, Api, queue_edge, sample_job

any_text = st.text(st.characters(), max_size=12)
names = any_text | st.sampled_from(["prompt", "seconds", "size", "image", "count", "url", "error", "data"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text
scalars |= st.sampled_from(
    ["720x1280", "data:image/png;base64,AAAA", "s3://media/inputs/bob/x.png", 4, "runware"]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
fields = st.sampled_from(
    ["model", "input", "provider", "metadata", "owner", "idempotency_key", "job_id", "other"]
)
bodies = st.dictionaries(fields, values, max_size=4)
wire_fields = st.sampled_from(
    ["data", "errors", "error", "taskUUID", "videoURL", "cost", "status", "code", "seed"]
)
reports = st.recursive(
    scalars | st.just(TASK_ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(wire_fields | names, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(bodies, st.booleans())
def test_any_json_over_http_is_accepted_or_refused(body: dict[str, Any], plausible: bool) -> None:
    api = Api()
    answered = api.submit({**ASKED, **body} if plausible else body)
    assert answered.status in (202, 400)
    assert len(api.stack.jobs.jobs) == (answered.status == 202)


@settings(max_examples=150, deadline=None)
@given(bodies, st.booleans())
def test_any_json_on_the_queue_is_a_job_or_a_dead_letter(body: dict[str, Any], plausible: bool) -> None:
    stack, letters = InMemoryStack(), RecordingDeadLetters()
    stack.acknowledge()
    event = messages({**ASKED, **body} if plausible else body)
    assert queue_edge(stack, letters).take(event, lambda: PLENTY) == {"batchItemFailures": []}
    jobs = list(stack.jobs.jobs.values())
    assert len(jobs) + len(letters.letters) == 1  # NaN is Python's, not JSON's
    assert len(stack.runware.requests) == sum(job.status is Status.RUNNING for job in jobs)
    assert all(job.status in (Status.FAILED, Status.RUNNING) for job in jobs)
    for job in jobs:
        json.dumps([job.model, job.error and job.error.message], ensure_ascii=False).encode()


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8")) | reports.map(json.dumps))
def test_any_authentic_call_is_200(body: str) -> None:
    stack = InMemoryStack()
    sample_job(stack)
    event = sample_event("receive_webhook", "success_wrapped") | {"body": body}
    assert answer(stack.completion, event)["statusCode"] == 200


# A control character reaches the API percent-encoded only: no line of a request can hold it.
path_characters = st.characters(codec="utf-8", exclude_categories=["Cc"])


@given(st.text(path_characters, min_size=1), st.sampled_from(["GET", "POST", "DELETE"]))
def test_any_path_below_jobs_is_404(path: str, method: str) -> None:
    assume(path.strip("/"))
    assert Api().send(rest_call(method, f"/v1/jobs/{path}")).status == 404
