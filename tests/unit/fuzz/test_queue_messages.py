"""Whatever is on the Jobs queue: a job or a dead letter of each message, however often it comes; nothing is blocked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framehook.jobs import Job, Status
from tests.fakes import RecordingDeadLetters
from tests.fakes import runcomfy_answers as comfy
from tests.fakes.stack import KEYS, OWNER, PLENTY, InMemoryStack
from tests.sample_events import Event, messages
from tests.unit.edges import ASKED, queue_edge
from tests.unit.fuzz.json_values import DEEP, TEXTS, VALUES, changed, every_change
from tests.unit.fuzz.watched import Agreeable, assert_storable, held

ORIGINAL = "original_message_id"
RUN = {"nodeInfoList": [{"nodeId": "6", "fieldName": "text", "fieldValue": "a fox"}]}
MESSAGES: tuple[dict[str, Any], ...] = (
    {**ASKED, "owner": OWNER, "idempotency_key": "order-17", "metadata": {"order": "17"}},
    {**ASKED, "provider": ["runcomfy", "runninghub"]},
    {"model": "runninghub/workflow/1904136902449209346", "input": RUN, "owner": "studio"},
    {"model": f"runcomfy/deployment/{comfy.DEPLOYMENT}", "input": {"prompt": "a fox"}},
    {"job_id": "3b0f2c5e-7d0a-4c4e-9f3b-5a1d2e6c8f70"},
)
texts = st.text(max_size=80) | st.sampled_from(
    ["", " ", "null", "{}", "[]", "\ufeff{}", DEEP, '{"a":' * 90_000]
)
bodies = st.sampled_from(MESSAGES).flatmap(lambda body: changed(body, 2)).map(json.dumps)
bodies |= VALUES.map(json.dumps) | texts
attributes = st.none() | st.dictionaries(
    st.just(ORIGINAL) | TEXTS,
    st.fixed_dictionaries(
        {"dataType": st.sampled_from(["String", "Number", "Binary", "String.x"])},
        optional={"stringValue": TEXTS | st.just("x" * 250_000), "binaryValue": st.just("AAAA")},
    ),
    max_size=2,
)


class Consumer:
    """The queue's edge over a stack whose providers take whatever they get."""

    def __init__(self) -> None:
        self.providers = {account: Agreeable(account) for account in KEYS}
        self.stack = InMemoryStack(transports=self.providers)
        self.letters = RecordingDeadLetters()
        self.edge = queue_edge(self.stack, self.letters)

    def take(self, event: Event) -> list[str]:
        """The messages that are to come again."""
        answer = self.edge.take(event, lambda: PLENTY)
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    @property
    def jobs(self) -> list[Job]:
        return list(self.stack.jobs.jobs.values())

    @property
    def paid(self) -> int:
        return sum(len(provider.requests) for provider in self.providers.values())

    def check(self) -> None:
        """Nothing was paid for but the tasks of running jobs; what is stored can be stored."""
        running = [job for job in self.jobs if job.status is Status.RUNNING]
        assert {job.status for job in self.jobs} <= {Status.RUNNING, Status.FAILED}
        assert self.paid <= sum(len(job.tasks) for job in running)
        assert all(not job.tasks and job.error for job in self.jobs if job not in running)
        assert_storable(self.stack)


def _named(body: str) -> bool:
    """Whether this only names a job, which there is not."""
    try:
        return list(json.loads(body)) == ["job_id"]
    except (ValueError, TypeError, RecursionError):
        return False


@settings(max_examples=500, deadline=None)
@given(bodies, attributes)
def test_any_message_is_one_job_or_one_letter_however_often_it_comes(
    body: str, given_attributes: Any
) -> None:
    consumer, event = Consumer(), messages(body)
    event["Records"][0]["messageAttributes"] = given_attributes
    assert consumer.take(event) == []
    assert len(consumer.jobs) + len(consumer.letters.letters) == 1 or _named(body)
    before, paid = held(consumer.stack), consumer.paid
    assert consumer.take(event) == []
    assert (held(consumer.stack), consumer.paid) == (before, paid)
    consumer.check()


@pytest.mark.parametrize("message", MESSAGES[:4], ids=lambda message: str(message["model"])[:16])
def test_any_one_value_of_a_message_changed_blocks_nothing(message: dict[str, Any]) -> None:
    seen = set()
    for body in every_change(message):
        consumer = Consumer()
        assert consumer.take(messages(json.dumps(body), message)) == [], body
        assert 1 <= len(consumer.jobs) <= 2
        assert len(consumer.letters.letters) <= 1
        consumer.check()
        seen |= {job.status for job in consumer.jobs}
    assert seen == {Status.RUNNING, Status.FAILED}


@settings(max_examples=200, deadline=None)
@given(
    bodies,
    st.sampled_from(["get", "get_request", "put_request", "put_new", "replace", "send"]),
    st.booleans(),
    st.integers(1, 3),
)
def test_trouble_brings_the_message_again_and_makes_no_second_job(
    body: str, method: str, applied: bool, calls: int
) -> None:
    consumer, event = Consumer(), messages(body)
    for part in (consumer.stack.jobs, consumer.letters, consumer.stack.media):
        part.trouble.fail_next(calls, method=method, applied=applied)
    tries = 1
    while consumer.take(event):
        tries += 1
        assert tries <= calls + 1
    assert len(consumer.jobs) <= 1
    letters = {letter.body for letter in consumer.letters.letters}
    assert len(consumer.jobs) + len(letters) == 1 or _named(body)
    assert consumer.paid <= sum(len(job.tasks) for job in consumer.jobs)
    assert_storable(consumer.stack)


@pytest.mark.parametrize("levels", [30, 33, 500, 900, 990, 2_000, 5_000, 9_000, 9_990, 20_000, 150_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["lists", "objects"])
def test_message_of_any_depth_is_taken(levels: int, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    consumer = Consumer()
    deep = f"{opening * levels}1{closing * levels}"
    assert consumer.take(messages(f'{{"model": "sora-2-pro", "input": {deep}}}')) == []
    assert [job.status for job in consumer.jobs] + [letter.reason for letter in consumer.letters.letters] in (
        [Status.FAILED],
        ["the body is not valid JSON"],
    )


@pytest.mark.parametrize(
    "original", ["x" * 250_000, "a\x00b", "\ud800", " ", "é" * 90_000, "../..", "-" * 101]
)
@pytest.mark.parametrize("body", [ASKED, {**ASKED, "model": 7}, "{"], ids=["job", "refused", "letter"])
def test_odd_original_id_is_one_job_under_each_id_of_the_message(original: str, body: object) -> None:
    consumer = Consumer()
    for number in (1, 2):
        event = messages(body, first=number)
        attribute = {"stringValue": original, "dataType": "String"}
        event["Records"][0]["messageAttributes"] = {ORIGINAL: attribute}
        assert consumer.take(event) == []
    letters = {letter.message_id for letter in consumer.letters.letters}
    assert (len(consumer.jobs), len(letters)) == ((0, 1) if body == "{" else (1, 0))
    assert all(len(each) <= 100 and each.isascii() for each in letters)
    for job in consumer.jobs:
        assert len(str(consumer.stack.jobs.requests[job.id].metadata)) < 200
    consumer.check()


def test_letter_of_an_odd_original_id_sent_again_is_the_same_job() -> None:
    consumer, event = Consumer(), messages("{")
    event["Records"][0]["messageAttributes"] = {ORIGINAL: {"stringValue": "a b", "dataType": "String"}}
    consumer.take(event)
    (letter,) = consumer.letters.letters
    event["Records"][0]["body"] = json.dumps(ASKED)
    assert consumer.take(event) == []
    again = messages(ASKED, first=2)
    again["Records"][0]["messageAttributes"] = {
        ORIGINAL: {"stringValue": letter.message_id, "dataType": "String"}
    }
    assert consumer.take(again) == []
    assert (len(consumer.jobs), consumer.paid) == (1, 1)
