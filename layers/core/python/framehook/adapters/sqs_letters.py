"""A dead-letter queue in SQS, for somebody who goes through it (LetterBox). Decides nothing about what lies in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from framehook.adapters.aws_errors import calling, error_code
from framehook.ports import Letter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_MOST_AT_ONCE = 10
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
_DELETED_BEFORE = "ReceiptHandleIsInvalid"
# The same of a letter that was deleted, or whose time in our hands is over: the page of ChangeMessageVisibility.
_IN_SIGHT_ALREADY = (_DELETED_BEFORE, "MessageNotInflight", "InvalidParameterValue")
# Longer than the function may run: what it has not dealt with by then is in sight again for the next one.
_HIDDEN_SECONDS = 120
# Any wait has SQS ask all its servers, so that "none" means none:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
_WAIT_SECONDS = 2


class SqsLetterBox:
    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def take(self, most: int) -> Sequence[Letter]:
        with calling("SQS"):
            received = self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=max(1, min(most, _MOST_AT_ONCE)),
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=_WAIT_SECONDS,
            )
        return [_letter(message) for message in received.get("Messages", [])]

    def delete(self, letter: Letter) -> None:
        try:
            with calling("SQS"):
                self._client.delete_message(QueueUrl=self._queue_url, ReceiptHandle=letter.receipt)
        except ClientError as error:
            if error_code(error) != _DELETED_BEFORE:
                raise

    def put_back(self, letters: Sequence[Letter]) -> None:
        """What this does not reach is in sight again soon, by itself."""
        for letter in letters:
            try:
                with calling("SQS"):
                    self._client.change_message_visibility(
                        QueueUrl=self._queue_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
                    )
            except ClientError as error:
                if error_code(error) not in _IN_SIGHT_ALREADY:
                    raise

    def count(self) -> int:
        with calling("SQS"):
            told = self._client.get_queue_attributes(
                QueueUrl=self._queue_url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )["Attributes"]
        return sum(map(int, told.values()))


def _letter(message: MessageTypeDef) -> Letter:
    """Attributes without a text are left out: none of ours is so."""
    attributes = message.get("MessageAttributes", {})
    return Letter(
        id=message["MessageId"],
        body=message["Body"],
        sent_at=int(message["Attributes"]["SentTimestamp"]),
        attributes={
            name: value["StringValue"] for name, value in attributes.items() if "StringValue" in value
        },
        receipt=message["ReceiptHandle"],
    )
