"""Messages of the Jobs queue become jobs and submissions. Nothing blocks the batch, nothing is dropped without a trace.

A readable request that can't be served becomes a failed job; an unreadable one goes to the dead letters, with the
reason.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from framehook.errors import IdempotencyConflict, InvalidRequest, RequestError, Unavailable, UnreadableRequest
from framehook.identifiers import derive_job_id, is_job_id, is_owner
from framehook.intake import Intake
from framehook.ports import DeadLetters
from framehook.requests import (
    JobMessage,
    check_owner,
    content_fingerprint,
    parse,
    parse_json_object,
    readable_metadata,
)
from framehook.submission import Submission
from framehook.telemetry import note

logger = logging.getLogger(__name__)

_ORIGINAL_ID = "original_message_id"  # a dead letter that is sent again keeps the id, and so the job
# docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
_MESSAGE_ID = re.compile(r"[A-Za-z0-9-]{1,100}")


@dataclass(frozen=True, slots=True)
class QueueEdge:
    intake: Intake
    submission: Submission
    dead_letters: DeadLetters
    default_owner: str

    def take(self, event: dict[str, Any], remaining: Callable[[], int]) -> dict[str, Any]:
        """Takes every message; answers with those that SQS is to deliver again."""
        failed = [record["messageId"] for record in event["Records"] if not self._taken(record, remaining)]
        note(messages=len(event["Records"]), failed=len(failed))
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _taken(self, record: dict[str, Any], remaining: Callable[[], int]) -> bool:
        message_id = _original_id(record) or record["messageId"]
        try:
            job_id = self._job_id(record["body"], message_id)
        except Unavailable:
            logger.warning("the message is to be delivered again", exc_info=True)
            return False
        except Exception:
            logger.exception("a message could not be taken")
            return False
        if job_id:
            self._submit(job_id, remaining)
        return True

    def _job_id(self, body: str, message_id: str) -> str | None:
        """The job to send, stored; None when there is nothing to send."""
        try:
            message = parse_json_object(body)
        except UnreadableRequest as unreadable:
            self.dead_letters.send(body, str(unreadable), message_id)
            return None
        job_id = message.get("job_id")
        if len(message) == 1 and isinstance(job_id, str) and is_job_id(job_id):
            return job_id
        return self._accepted(message, message_id)

    def _accepted(self, message: dict[str, Any], message_id: str) -> str | None:
        given = message.get("owner")
        owner = given if isinstance(given, str) and is_owner(given) else self.default_owner
        own_id = derive_job_id(owner, f"sqs:{message_id}")
        try:
            asked = parse(JobMessage, message)
            check_owner(owner if asked.owner is None else asked.owner)
            key = asked.idempotency_key
            job_id = derive_job_id(owner, f"key:{key}") if key else own_id
            return self.intake.accept(owner, job_id, asked).job.id
        except (InvalidRequest, IdempotencyConflict) as refused:
            self._refused(owner, message_id, message, refused)
            return None

    def _refused(self, owner: str, message_id: str, message: dict[str, Any], why: RequestError) -> None:
        """The failed job has the message's own id: a key that the request named may be another job's. What was accepted
        under the message's own id before stays as it is."""
        job_id, text = derive_job_id(owner, f"sqs:{message_id}"), json.dumps(message)
        model, metadata = message.get("model"), readable_metadata(message.get("metadata"))
        shown = model if isinstance(model, str) else ""
        known_by = metadata | {"sqs_message_id": message_id}
        try:
            self.intake.refuse(owner, job_id, shown, known_by, content_fingerprint(text), why)
        except IdempotencyConflict:
            self.dead_letters.send(text, str(why), message_id)
        note(refused=why.code)

    def _submit(self, job_id: str, remaining: Callable[[], int]) -> None:
        """Once the job exists its message is done: what can't be sent now is found by its due time."""
        note(job_id=job_id)
        try:
            self.submission.submit(job_id, remaining)
        except Unavailable:
            logger.warning("the job is sent later", extra={"job_id": job_id}, exc_info=True)
        except Exception:
            logger.exception("the job could not be sent", extra={"job_id": job_id})


def _original_id(record: dict[str, Any]) -> str | None:
    """The id that a message says it had before. What can be no message's id is known by its digest: the attribute may
    be as long as a message, and what it stands for must be the same job each time."""
    attributes = record.get("messageAttributes") or {}
    told = attributes.get(_ORIGINAL_ID, {}).get("stringValue")
    if not told or _MESSAGE_ID.fullmatch(told):
        return told or None
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
