"""What the letters of each dead-letter queue mean, and what does it again. Each is read as a stranger's: whoever may
send to a queue may put anything there. Nothing is done while reading.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from framehook.errors import EventTooLarge, UnreadableItem, UnreadableRequest
from framehook.identifiers import is_job_id
from framehook.jobs import Job
from framehook.ports import Clock, DueJob, FunctionStarter, Invocations, JobMessages, Letter
from framehook.publication import Publication, StoredChange, change_in
from framehook.redriving import Deed, PassedOver
from framehook.requests import parse_json_object

_ORIGINAL_ID = "original_message_id"
_ORIGINAL_TIME = "original_sent_at"
_FUNCTION = ":function:"
_UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class JobLetters:
    """Messages of the Jobs queue. Sent again under the id of their first send, each makes the job that it made or would
    have made. `safe_for`: for how many ms after its first send a message's job is surely remembered, if it ended; a
    message older than that could make a new one, and pay for it. None: jobs are kept for good."""

    messages: JobMessages
    clock: Clock
    safe_for: int | None

    def read(self, letter: Letter) -> Deed:
        _object(letter.body)  # what submit_job can't read would only come back
        original_id = letter.attributes.get(_ORIGINAL_ID) or letter.id
        sent_at = min(_moment(letter.attributes.get(_ORIGINAL_TIME), letter.sent_at), letter.sent_at)
        if self.safe_for is not None and self.clock.now() - sent_at >= self.safe_for:
            raise PassedOver("job_may_be_forgotten")
        return functools.partial(self._send, letter.body, original_id, sent_at)

    def _send(self, body: str, original_id: str, sent_at: int) -> None:
        if not self.messages.send_again(body, original_id, sent_at):
            raise PassedOver("too_large")


@dataclass(frozen=True, slots=True)
class InvocationLetters:
    """What Lambda tells of an invocation that failed for good, and messages of the FollowUps queue. Both are about a
    job whose state says whether anything is still to be done."""

    invocations: Invocations
    starter: FunctionStarter

    def read(self, letter: Letter) -> Deed:
        # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        match _object(letter.body):
            case {"requestContext": {"functionArn": str(arn)}, "requestPayload": dict(payload)}:
                function = _function_in(arn)
                if not self.invocations.knows(function):
                    raise PassedOver("not_this_stack_s")
                return functools.partial(self.invocations.repeat, function, payload)
            case {"job_id": str(job_id), "due_at": int(due_at)} if is_job_id(job_id) and not isinstance(
                due_at, bool
            ):
                return functools.partial(self.starter.follow_up, DueJob(job_id, due_at))
        raise PassedOver(_UNREADABLE)


@dataclass(frozen=True, slots=True)
class ChangeLetters:
    """Records of the table's stream that could not be told, and Lambda's own notes of records that it gave up. Such a
    note holds no record, and the stream forgets it an hour later: only the job itself can still be told."""

    publication: Publication
    read_job: Callable[[Mapping[str, Any]], Job]

    def read(self, letter: Letter) -> Deed:
        record = _object(letter.body)
        # https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
        if "DDBStreamBatchInfo" in record:
            raise PassedOver("stream_no_longer_has_it")
        try:
            change = change_in(record, self.read_job)
        except UnreadableItem:
            raise PassedOver(_UNREADABLE) from None
        if change is None:
            raise PassedOver(_UNREADABLE)
        return functools.partial(self._publish, change)

    def announce(self, job_id: str) -> None:
        if not is_job_id(job_id) or not _told(functools.partial(self.publication.announce, job_id)):
            raise PassedOver("no_such_job")

    def _publish(self, change: StoredChange) -> None:
        _told(functools.partial(self.publication.publish, [change]))


def _told[Told](tell: Callable[[], Told]) -> Told:
    try:
        return tell()
    except UnreadableItem:
        raise PassedOver(_UNREADABLE) from None
    except EventTooLarge:
        raise PassedOver(EventTooLarge.code) from None


def _object(body: str) -> dict[str, Any]:
    try:
        return parse_json_object(body)
    except UnreadableRequest:
        raise PassedOver(_UNREADABLE) from None


def _function_in(arn: str) -> str:
    """The name in `arn:…:function:<name>`, whatever version follows it."""
    return arn.partition(_FUNCTION)[2].partition(":")[0]


def _moment(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else otherwise
