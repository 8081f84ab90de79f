"""What letters mean, and that doing it again does no harm: the same job, no second charge, nobody else's function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, override

import pytest

from framehook.adapters.dynamodb_items import job_from_image
from framehook.dead_letters import ChangeLetters, InvocationLetters, JobLetters
from framehook.due_times import MINUTE
from framehook.errors import EventTooLarge, Unavailable
from framehook.identifiers import derive_job_id
from framehook.jobs import Status
from framehook.ports import Letter
from framehook.redriving import PassedOver
from tests.fakes import FakeClock, FakeJobStore, RecordingBus, RecordingDeadLetters, RecordingStarter
from tests.fakes.letters import RecordingInvocations, RecordingJobMessages
from tests.fakes.stack import InMemoryStack
from tests.sample_events import JOB_ID, SampleContext, sample_event
from tests.unit.edges import ASKED, DEFAULT_OWNER, StoreWithUnreadableParts, queue_edge, sample_job
from tests.unit.media_samples import MP4

DAY = 24 * 60 * MINUTE
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:"
HOSTILE = [
    "",
    "{",
    "null",
    "[]",
    "7",
    '"text"',
    "{}",
    "NaN",
    "[" * 100_000,
    '{"requestContext": 7}',
    '{"requestContext": {"functionArn": 7}, "requestPayload": {}}',
    '{"requestContext": {"functionArn": "arn"}}',
    f'{{"requestContext": {{"functionArn": "{ARN}land"}}, "requestPayload": "text"}}',
    f'{{"requestContext": {{"functionArn": "{ARN}land"}}, "requestPayload": NaN}}',
    '{"job_id": "../x", "due_at": 1}',
    f'{{"job_id": "{JOB_ID}", "due_at": true}}',
    f'{{"job_id": "{JOB_ID}", "due_at": 1.5}}',
    f'{{"job_id": "{JOB_ID}", "due_at": "1"}}',
    '{"dynamodb": 7}',
    '{"dynamodb": []}',
    '{"dynamodb": {"NewImage": 7}}',
    '{"dynamodb": {"NewImage": {"S": "x"}}}',
    '{"dynamodb": {"OldImage": {"pk": {"S": "JOB#1"}}}}',
    '{"dynamodb": {"NewImage": {"pk": {"S": "JOB#1"}, "sk": {"S": "STATE"}}',
]


def letter(
    body: object, attributes: Mapping[str, str] | None = None, *, at: int = FakeClock().now() - MINUTE
) -> Letter:
    text = body if isinstance(body, str) else json.dumps(body)
    return Letter("letter-1", text, at, dict(attributes or {}), "receipt")


def reason_for(read: Any, given: Letter) -> str:
    with pytest.raises(PassedOver) as passed:
        read(given)()
    return passed.value.reason


class TestJobLetters:
    @pytest.fixture
    def messages(self) -> RecordingJobMessages:
        return RecordingJobMessages()

    @pytest.fixture
    def letters(self, messages: RecordingJobMessages) -> JobLetters:
        return JobLetters(messages, FakeClock(), None)

    def test_message_is_sent_as_it_was_under_its_own_id(
        self, letters: JobLetters, messages: RecordingJobMessages
    ) -> None:
        letters.read(letter('{ "model": 1 }', at=5))()
        assert messages.sent == [('{ "model": 1 }', "letter-1", 5)]

    def test_reading_alone_sends_nothing(self, letters: JobLetters, messages: RecordingJobMessages) -> None:
        letters.read(letter("{}"))
        assert messages.sent == []

    def test_id_and_time_of_its_first_send_win(
        self, letters: JobLetters, messages: RecordingJobMessages
    ) -> None:
        told = {"original_message_id": "id-0", "original_sent_at": "3"}
        letters.read(letter("{}", told, at=5))()
        assert messages.sent == [("{}", "id-0", 3)]

    def test_message_that_nobody_can_read_stays(self, letters: JobLetters) -> None:
        assert reason_for(letters.read, letter("{not json")) == "unreadable"

    @pytest.mark.parametrize("time", ["", "soon", "-1", "1e3", "٣", "9" * 400, "99999999999999"])
    def test_time_that_can_not_be_is_not_believed(
        self, letters: JobLetters, messages: RecordingJobMessages, time: str
    ) -> None:
        letters.read(letter("{}", {"original_sent_at": time}, at=5))()
        assert messages.sent == [("{}", "letter-1", 5)]

    def test_message_whose_job_may_be_forgotten_is_not_sent(self, messages: RecordingJobMessages) -> None:
        clock = FakeClock()
        letters = JobLetters(messages, clock, 7 * DAY)
        young, old = clock.now() - 7 * DAY + 1, clock.now() - 7 * DAY
        letters.read(letter("{}", at=young))()
        assert reason_for(letters.read, letter("{}", at=old)) == "job_may_be_forgotten"
        resent = letter("{}", {"original_sent_at": str(old)}, at=young)
        assert reason_for(letters.read, resent) == "job_may_be_forgotten"
        assert len(messages.sent) == 1

    def test_message_too_large_stays(self) -> None:
        letters = JobLetters(RecordingJobMessages(most_bytes=2), FakeClock(), None)
        assert reason_for(letters.read, letter('{"a": 1}')) == "too_large"

    def test_message_sent_again_any_number_of_times_is_one_job_and_one_paid_call(
        self, letters: JobLetters, messages: RecordingJobMessages
    ) -> None:
        stack, dead = InMemoryStack(), RecordingDeadLetters()
        stack.acknowledge()
        for _ in range(3):
            letters.read(letter(dict(ASKED)))()
        for number, (body, original_id, _) in enumerate(messages.sent):
            event = sample_event("submit_job", "sent_again")
            (record,) = event["Records"]
            record |= {"messageId": f"new-{number}", "body": body}
            record["messageAttributes"]["original_message_id"]["stringValue"] = original_id
            queue_edge(stack, dead).take(event, SampleContext().get_remaining_time_in_millis)
        (job,) = stack.jobs.jobs.values()
        assert job.id == derive_job_id(DEFAULT_OWNER, "sqs:letter-1")
        assert (job.status, len(stack.runware.requests)) == (Status.RUNNING, 1)


class TestInvocationLetters:
    @pytest.fixture
    def invocations(self) -> RecordingInvocations:
        return RecordingInvocations({"land", "fetch", "follow"})

    @pytest.fixture
    def starter(self) -> RecordingStarter:
        return RecordingStarter()

    @pytest.fixture
    def letters(self, invocations: RecordingInvocations, starter: RecordingStarter) -> InvocationLetters:
        return InvocationLetters(invocations, starter)

    @pytest.mark.parametrize("version", ["", ":$LATEST", ":7"])
    def test_failed_invocation_is_repeated_with_its_payload(
        self, letters: InvocationLetters, invocations: RecordingInvocations, version: str
    ) -> None:
        payload = {"job_id": JOB_ID, "index": 0, "text": "\u00e4"}
        told = letter({"requestContext": {"functionArn": f"{ARN}fetch{version}"}, "requestPayload": payload})
        letters.read(told)
        assert invocations.repeated == []
        letters.read(told)()
        assert invocations.repeated == [("fetch", payload)]

    @pytest.mark.parametrize("name", ["sweep", "", "land-2", "LAND", "fetch/../land"])
    def test_invocation_of_any_other_function_stays(
        self, letters: InvocationLetters, invocations: RecordingInvocations, name: str
    ) -> None:
        told = letter({"requestContext": {"functionArn": f"{ARN}{name}"}, "requestPayload": {}})
        assert reason_for(letters.read, told) == "not_this_stack_s"
        assert invocations.repeated == []

    def test_follow_up_message_starts_a_follow_up(
        self, letters: InvocationLetters, starter: RecordingStarter
    ) -> None:
        letters.read(letter({"job_id": JOB_ID, "due_at": 17}))()
        [due] = starter.follow_ups
        assert (due.job_id, due.due_at) == (JOB_ID, 17)

    def test_follow_up_at_a_time_that_is_over_does_nothing(
        self, letters: InvocationLetters, starter: RecordingStarter
    ) -> None:
        stack = InMemoryStack()
        job = stack.running()
        letters.read(letter({"job_id": job.id, "due_at": (job.due_at or 0) - 1}))()
        stack.clock.advance(hours=1)
        [due] = starter.follow_ups
        assert stack.following.follow_up(due) is None
        assert (stack.job(job.id), len(stack.runware.requests)) == (job, 1)

    def test_landing_repeated_lands_the_file_once(
        self, letters: InvocationLetters, invocations: RecordingInvocations
    ) -> None:
        stack = InMemoryStack()
        job = stack.running()
        [task] = stack.sent()
        key = stack.upload(task, MP4)
        payload = {"Records": [{"s3": {"object": {"key": key}}}]}
        told = letter({"requestContext": {"functionArn": f"{ARN}land"}, "requestPayload": payload})
        for _ in range(2):
            letters.read(told)()
        for _, again in invocations.repeated:
            stack.landing.land(again["Records"][0]["s3"]["object"]["key"])
        assert [output.state for output in stack.job(job.id).outputs] == ["landed"]
        assert key not in stack.media.objects

    @pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body[:60])
    def test_body_of_any_form_stays(
        self,
        letters: InvocationLetters,
        invocations: RecordingInvocations,
        starter: RecordingStarter,
        body: str,
    ) -> None:
        assert reason_for(letters.read, letter(body)) == "unreadable"
        assert (invocations.repeated, starter.follow_ups) == ([], [])


class FullBus(RecordingBus):
    @override
    def publish(self, details: object) -> None:
        raise EventTooLarge("an event fits into no request")


class TestChangeLetters:
    @pytest.fixture
    def stack(self) -> InMemoryStack:
        stack = InMemoryStack()
        sample_job(stack)
        return stack

    @pytest.fixture
    def letters(self, stack: InMemoryStack) -> ChangeLetters:
        return ChangeLetters(stack.publication, job_from_image)

    @pytest.fixture
    def record(self) -> dict[str, Any]:
        (record,) = sample_event("publish_change", "job_running")["Records"]
        assert isinstance(record, dict)
        return record

    def test_change_is_announced_as_it_would_have_been(
        self, letters: ChangeLetters, stack: InMemoryStack, record: dict[str, Any]
    ) -> None:
        deed = letters.read(letter(record, {"reason": "stored data can't be read"}))
        assert stack.bus.details == []
        deed()
        deed()
        told = [
            (detail["event_id"], detail["previous_status"], detail["status"]) for detail in stack.bus.details
        ]
        assert told == [(f"{JOB_ID}:2", "submitting", "running")] * 2

    def test_change_of_a_job_that_expired_since_is_done_with(self, record: dict[str, Any]) -> None:
        empty = InMemoryStack()
        ChangeLetters(empty.publication, job_from_image).read(letter(record))()
        assert empty.bus.details == []

    def test_change_that_still_can_not_be_read_stays(self, letters: ChangeLetters) -> None:
        poison = sample_event("publish_change", "poison_between")["Records"][1]
        assert reason_for(letters.read, letter(poison)) == "unreadable"

    def test_record_that_was_cut_off_stays(self, letters: ChangeLetters, record: dict[str, Any]) -> None:
        assert reason_for(letters.read, letter(json.dumps(record)[:700])) == "unreadable"

    @pytest.mark.parametrize(
        ("store", "bus", "reason"),
        [(StoreWithUnreadableParts, RecordingBus, "unreadable"), (FakeJobStore, FullBus, "event_too_large")],
    )
    def test_change_that_can_not_be_told_stays(
        self,
        stack: InMemoryStack,
        record: dict[str, Any],
        store: type[FakeJobStore],
        bus: type[RecordingBus],
        reason: str,
    ) -> None:
        jobs = store()
        jobs.jobs, jobs.requests = stack.jobs.jobs, stack.jobs.requests
        publication = replace(stack.publication, jobs=jobs, bus=bus())
        letters = ChangeLetters(publication, job_from_image)
        assert reason_for(letters.read, letter(record)) == reason
        assert reason_for(lambda _: lambda: letters.announce(JOB_ID), letter("")) == reason

    def test_bus_out_of_order_is_an_outage(
        self, letters: ChangeLetters, stack: InMemoryStack, record: dict[str, Any]
    ) -> None:
        stack.bus.trouble.fail_next()
        with pytest.raises(Unavailable):
            letters.read(letter(record))()

    def test_note_of_lambda_that_the_stream_gave_up_stays_with_a_reason_of_its_own(
        self, letters: ChangeLetters
    ) -> None:
        """As Lambda writes it: docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html"""
        note = {
            "requestContext": {"functionArn": f"{ARN}publish", "condition": "RecordAgeExceeded"},
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000001573689847184-864758bb",
                "startSequenceNumber": "800000000003126276362",
                "endSequenceNumber": "800000000003126276362",
                "approximateArrivalOfFirstRecord": "2023-11-14T00:13:19Z",
                "batchSize": 1,
            },
        }
        assert reason_for(letters.read, letter(note)) == "stream_no_longer_has_it"

    @pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body[:60])
    def test_body_of_any_form_stays(self, letters: ChangeLetters, stack: InMemoryStack, body: str) -> None:
        assert reason_for(letters.read, letter(body)) == "unreadable"
        assert stack.bus.details == []

    def test_job_is_told_as_it_is_now_in_any_status(
        self, stack: InMemoryStack, letters: ChangeLetters
    ) -> None:
        quiet = replace(stack.publication, announced=frozenset())
        job = sample_job(stack, status=Status.STORING)
        ChangeLetters(quiet, job_from_image).announce(JOB_ID)
        letters.announce(JOB_ID)
        first, second = stack.bus.details
        assert first == second
        assert (first["event_id"], first["status"]) == (f"{JOB_ID}:{job.version}", "storing")
        assert first["previous_status"] is None

    @pytest.mark.parametrize("job_id", ["", "../x", "3b0f2c5e-0000-4000-8000-000000000000"])
    def test_job_that_is_not_there_is_passed_over(self, letters: ChangeLetters, job_id: str) -> None:
        assert reason_for(lambda _: lambda: letters.announce(job_id), letter("")) == "no_such_job"
