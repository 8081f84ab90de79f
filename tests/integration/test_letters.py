"""Dead-letter queues and what is sent again, as the local AWS takes them."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, override

import pytest

from framehook.adapters.lambda_starter import LambdaInvocations
from framehook.adapters.sqs_jobs import SqsJobQueue
from framehook.adapters.sqs_letters import SqsLetterBox
from framehook.ports import LetterBox
from tests.contracts.letters import LetterBoxContract, Put, emptied
from tests.sandbox.local_cloud import LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def sqs(cloud: LocalCloud) -> SQSClient:
    return cloud.session.client("sqs", endpoint_url=cloud.endpoint_url)


@pytest.fixture
def queue_url(sqs: SQSClient) -> str:
    return sqs.create_queue(QueueName=f"q-{uuid.uuid4()}")["QueueUrl"]


class TestSqsLetterBox(LetterBoxContract):
    @override
    @pytest.fixture
    def box(self, sqs: SQSClient, queue_url: str) -> LetterBox:
        return SqsLetterBox(sqs, queue_url)

    @override
    @pytest.fixture
    def put(self, box: LetterBox, sqs: SQSClient, queue_url: str) -> Put:
        def send(body: str, attributes: Any) -> str:
            told: Any = {
                name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()
            }
            return sqs.send_message(QueueUrl=queue_url, MessageBody=body, MessageAttributes=told)["MessageId"]

        return send

    def test_take_attribute_of_bytes_is_left_out(
        self, box: LetterBox, sqs: SQSClient, queue_url: str
    ) -> None:
        odd: Any = {
            "original_message_id": {"DataType": "Binary", "BinaryValue": b"\xff"},
            "count": {"DataType": "Number", "StringValue": "7"},
        }
        sqs.send_message(QueueUrl=queue_url, MessageBody="x", MessageAttributes=odd)
        [letter] = emptied(box)
        assert letter.attributes == {"count": "7"}


def test_message_moved_by_its_queue_keeps_its_id_and_time(sqs: SQSClient, queue_url: str) -> None:
    dead_url = sqs.create_queue(QueueName=f"dead-{uuid.uuid4()}")["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])
    policy = {"deadLetterTargetArn": asked["Attributes"]["QueueArn"], "maxReceiveCount": 1}
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"RedrivePolicy": json.dumps(policy)})
    sent = sqs.send_message(QueueUrl=queue_url, MessageBody="{}")["MessageId"]
    for _ in range(2):
        sqs.receive_message(QueueUrl=queue_url, VisibilityTimeout=0)
    [letter] = emptied(SqsLetterBox(sqs, dead_url))
    assert (letter.id, letter.body) == (sent, "{}")


def test_message_sent_again_is_the_same_under_its_first_id_and_time(sqs: SQSClient, queue_url: str) -> None:
    body = '{"model": "a", "input": {"prompt": "\u00e4"}}'
    assert SqsJobQueue(sqs, queue_url).send_again(body, "id-1", 1_700_000_000_001)
    [letter] = emptied(SqsLetterBox(sqs, queue_url))
    assert letter.body == body
    assert letter.attributes == {"original_message_id": "id-1", "original_sent_at": "1700000000001"}


def test_message_too_large_for_the_queue_is_not_sent(sqs: SQSClient, queue_url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"MaximumMessageSize": "1024"})
    queue = SqsJobQueue(sqs, queue_url)
    assert not queue.send_again("x" * 1025, "id-1", 1)
    assert emptied(SqsLetterBox(sqs, queue_url)) == []


def test_invocation_of_another_function_is_refused_before_any_call(cloud: LocalCloud) -> None:
    functions = cloud.session.client("lambda", endpoint_url=cloud.endpoint_url)
    with pytest.raises(ValueError, match="may not be invoked"):
        LambdaInvocations(functions, {"land"}).repeat("sweep", {})
