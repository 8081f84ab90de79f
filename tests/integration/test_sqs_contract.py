"""How the local AWS delivers things: SQS keeps the contract of the fake; what fails in an asynchronous invocation or in
a stream comes again. Where it differs from the documented AWS a test says so, and fails once it does not any more.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, override

import pytest
from botocore.exceptions import ClientError

from tests.contracts.queues import BRIEF, LONG, Queue, QueueContract
from tests.fakes import QueueMessage
from tests.integration.resources import TABLE_DEFINITION
from tests.sandbox.local_cloud import LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

_SOON_SECONDS = 3
_FAILING = """
import boto3, json, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["RUNS"], MessageBody=json.dumps(event))
    raise ValueError
"""


class SqsQueue:
    """A queue of its own, in the fake's words."""

    def __init__(self, sqs: SQSClient, visibility: int, redrive: Mapping[str, object] | None = None) -> None:
        attributes: dict[QueueAttributeNameType, str] = {"VisibilityTimeout": str(visibility // 1000)}
        if redrive:
            attributes["RedrivePolicy"] = json.dumps(redrive)
        self.sqs = sqs
        self.url = sqs.create_queue(QueueName=f"q-{uuid.uuid4()}", Attributes=attributes)["QueueUrl"]

    @property
    def arn(self) -> str:
        reply = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        return reply["Attributes"]["QueueArn"]

    def send(self, body: str, attributes: Mapping[str, str] | None = None, delay: int = 0) -> str:
        typed: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()
        }
        sent = self.sqs.send_message(
            QueueUrl=self.url, MessageBody=body, MessageAttributes=typed, DelaySeconds=delay // 1000
        )
        return sent["MessageId"]

    def receive(self) -> QueueMessage | None:
        return self._received(0)

    def awaited(self, seconds: int = _SOON_SECONDS) -> QueueMessage | None:
        return self._received(seconds)

    def delete(self, receipt: str) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)

    def release(self, receipt: str, after: int = 0) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=after // 1000
        )

    def _received(self, seconds: int) -> QueueMessage | None:
        reply = self.sqs.receive_message(
            QueueUrl=self.url,
            WaitTimeSeconds=seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for message in reply.get("Messages", []):
            return QueueMessage(
                message["MessageId"],
                message["Body"],
                {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()},
                int(message["Attributes"]["ApproximateReceiveCount"]),
                message["ReceiptHandle"],
            )
        return None


@pytest.fixture(scope="module")
def sqs(cloud: LocalCloud) -> SQSClient:
    return cloud.session.client("sqs", endpoint_url=cloud.endpoint_url)


class TestSqs(QueueContract):
    @override
    @pytest.fixture
    def queue(self, sqs: SQSClient) -> Queue:
        return SqsQueue(sqs, LONG)

    @override
    @pytest.fixture
    def brief(self, sqs: SQSClient) -> Queue:
        return SqsQueue(sqs, BRIEF)

    @override
    @pytest.fixture
    def redriving(self, sqs: SQSClient) -> tuple[Queue, Queue]:
        dead_letters = SqsQueue(sqs, LONG)
        redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": 2}
        return SqsQueue(sqs, BRIEF, redrive), dead_letters


def test_local_aws_lacks_redrive(sqs: SQSClient) -> None:
    """Once it has one, what the fake's own tests say of it belongs into the contract."""
    dead_letters = SqsQueue(sqs, LONG)
    assert _refusal(lambda: sqs.start_message_move_task(SourceArn=dead_letters.arn)) == "InvalidAction"


def test_local_aws_refuses_a_receipt_that_is_not_the_latest(sqs: SQSClient) -> None:
    """SQS takes it and deletes nothing:
    docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html"""
    queue = SqsQueue(sqs, LONG)
    queue.send("one")
    older = queue.receive()
    assert older
    queue.release(older.receipt)
    latest = queue.receive()
    assert latest
    assert _refusal(lambda: queue.delete(older.receipt)) == "ReceiptHandleIsInvalid"
    queue.delete(latest.receipt)
    assert _refusal(lambda: queue.delete(latest.receipt)) == "ReceiptHandleIsInvalid"


@pytest.fixture
def runs(sqs: SQSClient) -> SqsQueue:
    """What `failing` was run with."""
    return SqsQueue(sqs, LONG)


@pytest.fixture
def failures(sqs: SQSClient) -> SqsQueue:
    return SqsQueue(sqs, LONG)


@pytest.fixture(scope="module")
def functions(cloud: LocalCloud) -> LambdaClient:
    return cloud.session.client("lambda", endpoint_url=cloud.endpoint_url)


@pytest.fixture
def failing(cloud: LocalCloud, functions: LambdaClient, runs: SqsQueue) -> str:
    """A function that fails, whatever it is run with."""
    iam = cloud.session.client("iam", endpoint_url=cloud.endpoint_url)
    name = f"failing-{uuid.uuid4().hex}"
    trust = _policy("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    rights = _policy("sqs:SendMessage", Resource="*")
    iam.put_role_policy(RoleName=name, PolicyName="send", PolicyDocument=rights)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", _FAILING)
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"RUNS": runs.url}},
    )
    return name


def test_failed_invocation_is_run_three_times_then_kept(
    functions: LambdaClient, failing: str, runs: SqsQueue, failures: SqsQueue
) -> None:
    functions.put_function_event_invoke_config(
        FunctionName=failing,
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": failures.arn}},
    )
    functions.invoke(FunctionName=failing, InvocationType="Event", Payload=b'{"key": "one"}')
    kept = _body(failures)
    assert kept["requestPayload"] == {"key": "one"}
    assert [_body(runs) for _ in range(3)] == [{"key": "one"}] * 3
    assert runs.receive() is None


def test_failed_batch_of_the_stream_comes_again_in_order(
    dynamodb: DynamoDBClient, functions: LambdaClient, failing: str, runs: SqsQueue
) -> None:
    stream = dynamodb.create_table(
        TableName=failing,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        **TABLE_DEFINITION,
    )["TableDescription"]["LatestStreamArn"]
    for number in range(3):
        dynamodb.put_item(TableName=failing, Item={"pk": {"S": "JOB"}, "sk": {"S": str(number)}})
    mapping = functions.create_event_source_mapping(
        FunctionName=failing, EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=25
    )["UUID"]
    batches = [[record["dynamodb"]["Keys"]["sk"]["S"] for record in _body(runs)["Records"]] for _ in range(2)]
    functions.delete_event_source_mapping(UUID=mapping)
    assert batches == [["0", "1", "2"]] * 2


def _body(queue: SqsQueue) -> dict[str, Any]:
    message = queue.awaited(20)
    assert message
    body: dict[str, Any] = json.loads(message.body)
    return body


def _policy(action: str, **rest: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **rest}]})


def _refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])
