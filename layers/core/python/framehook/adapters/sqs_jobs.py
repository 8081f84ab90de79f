"""What is sent to the queues of this stack: Jobs, FollowUps, and those of what nobody can act on (JobQueue,
JobMessages, FollowUpQueue, DeadLetters, PoisonQueue).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from framehook.adapters.aws_errors import calling, error_code
from framehook.ports import DueJob

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_NOT_ALLOWED = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
# A message that is too large, by both protocols of SQS:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
_NOT_TAKEN = frozenset({"InvalidParameterValue", "InvalidParameterValueException", "InvalidMessageContents"})
_MOST_REASON = 1024
_MOST_RECORD = 60_000  # characters: at most 240 KB


class SqsJobQueue:
    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, job_id: str) -> None:
        with calling("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps({"job_id": job_id}))

    def send_again(self, body: str, original_id: str, original_sent_at: int) -> bool:
        """With the attributes it may be larger than the queue takes, where it was not before."""
        told = {"original_message_id": original_id, "original_sent_at": str(original_sent_at)}
        attributes: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": "String", "StringValue": value} for name, value in told.items()
        }
        try:
            with calling("SQS"):
                self._client.send_message(
                    QueueUrl=self._queue_url, MessageBody=body, MessageAttributes=attributes
                )
        except ClientError as error:
            if error_code(error) in _NOT_TAKEN:
                return False
            raise
        return True


class SqsFollowUpQueue:
    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, due: DueJob, delay_seconds: int) -> None:
        body = json.dumps({"job_id": due.job_id, "due_at": due.due_at})
        with calling("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body, DelaySeconds=delay_seconds)


class SqsDeadLetters:
    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, body: str, reason: str, message_id: str) -> None:
        with calling("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=_sendable(body),
                MessageAttributes={
                    "reason": _attribute(reason),
                    "original_message_id": _attribute(message_id),
                },
            )


class SqsPoisonQueue:
    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, record: str, reason: str) -> None:
        """A record that is too long is cut: it is for people to look at."""
        with calling("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=_sendable(record)[:_MOST_RECORD],
                MessageAttributes={"reason": _attribute(reason)},
            )


def _attribute(text: str) -> MessageAttributeValueTypeDef:
    return {"DataType": "String", "StringValue": _sendable(text)[:_MOST_REASON]}


def _sendable(text: str) -> str:
    """SQS refuses some characters, and empty text: a letter must not be lost for that."""
    return _NOT_ALLOWED.sub("\ufffd", text) or "-"
