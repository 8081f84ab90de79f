"""A temporary subscription to the stack's events: a queue and a rule on its bus, gone when the block ends.

This is how a user waits for a job without polling for it.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.sandbox.stack_file import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

PATTERN = {"source": ["framehook"], "detail-type": ["Job State Change"]}
LONGEST_POLL_SECONDS = 2  # SQS allows 20; shorter lets a Ctrl-C through


@dataclass(frozen=True, slots=True)
class Subscription:
    sqs: SQSClient
    queue_url: str

    def changes(self, job_id: str, *, timeout: float) -> Iterator[Mapping[str, Any]]:
        """The job resource after each of its changes, as announced; TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for event in self._receive():
                if event["detail"]["id"] == job_id:
                    yield event["detail"]
        raise TimeoutError(f"job {job_id} announced no end within {timeout:.0f} s")

    def _receive(self) -> Iterator[Mapping[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=LONGEST_POLL_SECONDS
        )
        for message in answer.get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(message["Body"])


@contextmanager
def subscription(stack: Stack) -> Iterator[Subscription]:
    """Subscribe before submitting: events are not kept for those who come later."""
    session, endpoint = stack.aws.session, stack.aws.endpoint_url
    sqs = session.client("sqs", endpoint_url=endpoint)
    events = session.client("events", endpoint_url=endpoint)
    name, bus = f"framehook-watch-{secrets.token_hex(4)}", stack.outputs["EventBusName"]
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    rule_arn = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(PATTERN))["RuleArn"]
    sqs.set_queue_attributes(
        QueueUrl=queue_url, Attributes={"Policy": json.dumps(_policy(queue_arn, rule_arn))}
    )
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "watch", "Arn": queue_arn}])
    try:
        yield Subscription(sqs, queue_url)
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["watch"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=queue_url)


def _policy(queue_arn: str, rule_arn: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
