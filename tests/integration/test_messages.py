"""Queues, events, function starts and secrets, as the local AWS takes them."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, override

import pytest

from framehook.adapters.eventbridge import EventBridgeBus
from framehook.adapters.lambda_starter import FunctionNames, LambdaStarter
from framehook.adapters.sqs_jobs import SqsDeadLetters, SqsFollowUpQueue, SqsJobQueue
from framehook.adapters.ssm_secrets import SsmSecrets
from framehook.follow_up_edge import due_jobs
from framehook.ports import DueJob, FollowUpQueue, Secrets
from tests.contracts.small_ports import Arrivals, FollowUpQueueContract, SecretsContract
from tests.sandbox.local_cloud import LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef


class TestSsmSecrets(SecretsContract):
    @pytest.fixture
    def prefix(self) -> str:
        return f"/{uuid.uuid4()}"

    @override
    @pytest.fixture
    def change(self, cloud: LocalCloud, prefix: str) -> Callable[[str], None]:
        ssm = cloud.session.client("ssm", endpoint_url=cloud.endpoint_url)

        def put(key: str) -> None:
            ssm.put_parameter(Name=f"{prefix}/runware", Value=key, Type="SecureString", Overwrite=True)

        return put

    @override
    @pytest.fixture
    def secrets(self, cloud: LocalCloud, prefix: str) -> Secrets:
        ssm = cloud.session.client("ssm", endpoint_url=cloud.endpoint_url)
        ssm.put_parameter(Name=f"{prefix}/runware", Value="sk-1", Type="SecureString")
        ssm.put_parameter(Name=f"{prefix}/runcomfy", Value=" ", Type="String")
        names = ("runware", "runcomfy", "runninghub")
        return SsmSecrets(ssm, {name: f"{prefix}/{name}" for name in names})


class TestSqsFollowUpQueue(FollowUpQueueContract):
    @pytest.fixture
    def queue_url(self, cloud: LocalCloud) -> str:
        sqs = cloud.session.client("sqs", endpoint_url=cloud.endpoint_url)
        return sqs.create_queue(QueueName=f"q-{uuid.uuid4()}")["QueueUrl"]

    @override
    @pytest.fixture
    def follow_ups(self, cloud: LocalCloud, queue_url: str) -> FollowUpQueue:
        return SqsFollowUpQueue(cloud.session.client("sqs", endpoint_url=cloud.endpoint_url), queue_url)

    @override
    @pytest.fixture
    def arrivals(self, cloud: LocalCloud, queue_url: str) -> Arrivals:
        """As follow_up_job reads the messages."""
        sqs = cloud.session.client("sqs", endpoint_url=cloud.endpoint_url)

        def arrived(seconds: float) -> list[DueJob]:
            time.sleep(seconds)
            received = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
            bodies = [{"body": message["Body"]} for message in received.get("Messages", [])]
            return list(due_jobs({"Records": bodies}))

        return arrived


def test_queue_and_dead_letters_carry_what_was_sent(cloud: LocalCloud) -> None:
    sqs = cloud.session.client("sqs", endpoint_url=cloud.endpoint_url)
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4()}")["QueueUrl"]
    SqsJobQueue(sqs, url).send("job-1")
    SqsDeadLetters(sqs, url).send("{not json", "unreadable_request", "id-1")
    received: list[MessageTypeDef] = []
    while len(received) < 2:
        reply = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10)
        received += reply["Messages"]
    bodies = {message["Body"]: message.get("MessageAttributes", {}) for message in received}
    assert bodies.keys() == {'{"job_id": "job-1"}', "{not json"}
    attributes = {name: value["StringValue"] for name, value in bodies["{not json"].items()}
    assert attributes == {"reason": "unreadable_request", "original_message_id": "id-1"}


def test_events_match_a_rule_by_source_type_and_detail(cloud: LocalCloud) -> None:
    events = cloud.session.client("events", endpoint_url=cloud.endpoint_url)
    sqs = cloud.session.client("sqs", endpoint_url=cloud.endpoint_url)
    name = f"bus-{uuid.uuid4()}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=name)
    pattern = {
        "source": ["framehook"],
        "detail-type": ["Job State Change"],
        "detail": {"status": ["succeeded"]},
    }
    events.put_rule(Name="done", EventBusName=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule="done", EventBusName=name, Targets=[{"Id": "q", "Arn": arn}])
    EventBridgeBus(events, name).publish(
        [{"id": "1", "status": "running"}, {"id": "2", "status": "succeeded"}]
    )
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"])["detail"] == {"id": "2", "status": "succeeded"}


def test_starter_invokes_its_function_with_the_payload(cloud: LocalCloud) -> None:
    """The function fails at once; what it was given goes to its on-failure queue."""
    functions = cloud.session.client("lambda", endpoint_url=cloud.endpoint_url)
    sqs = cloud.session.client("sqs", endpoint_url=cloud.endpoint_url)
    iam = cloud.session.client("iam", endpoint_url=cloud.endpoint_url)
    name = f"land-{uuid.uuid4().hex}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    trust = _policy("sts:AssumeRole", {"Principal": {"Service": "lambda.amazonaws.com"}})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=name, PolicyName="send", PolicyDocument=_policy("sqs:SendMessage", {"Resource": arn})
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", "def handler(event, context):\n    raise ValueError\n")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    LambdaStarter(functions, FunctionNames(land=name), bucket="media").land("incoming/1")
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
    assert json.loads(message["Body"])["requestPayload"] == {
        "Records": [{"s3": {"bucket": {"name": "media"}, "object": {"key": "incoming%2F1"}}}]
    }


def _policy(action: str, rest: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **rest}]})
