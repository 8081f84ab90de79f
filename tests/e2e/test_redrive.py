"""Dead letters, done again by the command of "When something is stuck": the same job, one charge, nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from framehook.identifiers import derive_job_id
from tests.e2e.cases import charges
from tests.e2e.user import User, eventually, unique_prompt, video
from tests.sandbox.completion_events import subscription
from tests.sandbox.role_sessions import physical_ids
from tests.sandbox.stack_file import Stack
from tests.sandbox.workspace import PROJECT

OWNER = "default"
MOST_RECEIVES = 5


@dataclass(frozen=True)
class Operator:
    """Somebody who has the stack's AWS account."""

    user: User
    ids: Mapping[str, str]

    def redrive(self, queue: str, *options: str) -> dict[str, Any]:
        """By the documented command, which reads credentials and region from the environment, as on AWS."""
        done = self.run(queue, *options)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "tests.sandbox", "redrive", *arguments],
            env=kept | self.user.stack.aws.environment(),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    def invoke(self, order: Mapping[str, Any]) -> dict[str, Any]:
        name = self.user.stack.outputs["RedriveDeadLettersFunctionName"]
        answer = self.user.client("lambda").invoke(FunctionName=name, Payload=json.dumps(order))
        told: dict[str, Any] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, told
        return told

    def letters(self, queue: str, least: int = 1) -> list[dict[str, Any]]:
        """What lies in this queue, once there are so many; left where it is."""

        def look() -> list[dict[str, Any]] | None:
            found = self.user.client("sqs").receive_message(
                QueueUrl=self.ids[queue],
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                VisibilityTimeout=0,
            )
            letters = [dict(message) for message in found.get("Messages", [])]
            return letters if len(letters) >= least else None

        return eventually(look)

    def empty(self, queue: str) -> None:
        self.user.client("sqs").purge_queue(QueueUrl=self.ids[queue])

    @contextmanager
    def nobody_reads_jobs(self) -> Iterator[None]:
        functions = self.user.client("lambda")
        [mapping] = functions.list_event_source_mappings(FunctionName=self.ids["SubmitJobFunction"])[
            "EventSourceMappings"
        ]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    @contextmanager
    def broken(self, function: str) -> Iterator[None]:
        """The function without a right that it needs."""
        iam, role, name = self.user.client("iam"), self.ids[f"{function}Role"], "for-a-while"
        refusal = {"Effect": "Deny", "Action": "dynamodb:GetItem", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName=name)


@pytest.fixture
def operator(stack: Stack, user: User) -> Operator:
    return Operator(user, physical_ids(stack))


@pytest.fixture(autouse=True)
def _no_letters_of_others(operator: Operator) -> None:
    for queue in ("JobsDeadLetters", "FailedInvocations", "PoisonChanges"):
        operator.empty(queue)


def test_message_that_failed_five_times_is_redriven_as_the_same_one_job(
    user: User, operator: Operator
) -> None:
    prompt, sqs = unique_prompt(), user.client("sqs")
    with operator.nobody_reads_jobs():
        message_id = user.send(json.dumps(video(prompt)))
        for _ in range(MOST_RECEIVES + 1):
            sqs.receive_message(QueueUrl=user.stack.outputs["JobsQueueUrl"], VisibilityTimeout=0)
        [dead] = operator.letters("JobsDeadLetters")

    looked = operator.redrive("jobs", "--dry-run")
    done = operator.redrive("jobs")
    job_id = derive_job_id(OWNER, f"sqs:{message_id}")
    eventually(lambda: user.call("GET", f"/v1/jobs/{job_id}").status_code == 200 or None)
    job = user.wait(job_id)

    assert dead["MessageId"] == message_id
    assert (looked["redriven"], looked["left"]) == (1, 1)
    assert (done["redriven"], done["passed_over"], done["left"]) == (1, {}, 0)
    assert job["status"] == "succeeded", job["error"]
    assert (len(user.accepted("runware", prompt)), charges(user.seen(job))) == (1, 1)

    # The same letter again: somebody redrove it before a crash kept it from being deleted.
    told = {"original_message_id": {"DataType": "String", "StringValue": message_id}}
    url = user.stack.outputs["JobsDeadLettersUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=dead["Body"], MessageAttributes=told)
    assert operator.redrive("jobs")["redriven"] == 1
    after = user.send(json.dumps(video(unique_prompt())))  # sent after it, and so taken after it
    after_id = derive_job_id(OWNER, f"sqs:{after}")
    eventually(lambda: user.call("GET", f"/v1/jobs/{after_id}").status_code == 200 or None)
    user.wait(after_id)
    assert user.job(job_id) == job
    assert len(user.accepted("runware", prompt)) == 1


def test_unreadable_message_stays_and_keeps_its_id(user: User, operator: Operator) -> None:
    message_id = user.send("{not json")
    [before] = operator.letters("JobsDeadLetters")
    done = operator.redrive("jobs")
    [after] = operator.letters("JobsDeadLetters")

    assert (done["redriven"], done["passed_over"]) == (0, {"unreadable": 1})
    assert before["MessageId"] == after["MessageId"]
    assert after["Body"] == "{not json"
    assert after["MessageAttributes"]["original_message_id"]["StringValue"] == message_id


def test_command_that_can_not_be_done_says_why_in_a_line(user: User, operator: Operator) -> None:
    nowhere = operator.run("jobs", "--stack", "no-such-stack")
    user.send("{not json")
    operator.letters("JobsDeadLetters")
    misspelt = operator.run("jobs", "--dryrun")

    assert (nowhere.returncode, misspelt.returncode) == (1, 2)
    assert "no-such-stack" in nowhere.stderr
    assert "Traceback" not in nowhere.stderr + misspelt.stderr
    assert len(operator.letters("JobsDeadLetters")) == 1


def test_landing_that_failed_is_redriven_and_the_job_succeeds(user: User, operator: Operator) -> None:
    prompt = unique_prompt()
    with operator.broken("LandOutputFunction"):
        job_id = user.submit(video(prompt))["id"]
        [failed, *_] = operator.letters("FailedInvocations")
    foreign = {"requestContext": {"functionArn": "arn:aws:lambda:x:1:function:other"}, "requestPayload": {}}
    user.client("sqs").send_message(
        QueueUrl=user.stack.outputs["FailedInvocationsUrl"], MessageBody=json.dumps(foreign)
    )

    assert job_id in failed["Body"]
    assert user.job(job_id)["status"] in ("running", "storing")
    done = operator.redrive("invocations")
    job = user.wait(job_id)

    assert done["redriven"] >= 1
    assert done["passed_over"] == {"not_this_stack_s": 1}
    assert job["status"] == "succeeded", job["error"]
    assert charges(user.seen(job)) == 1
    [left] = operator.letters("FailedInvocations")
    assert json.loads(left["Body"]) == foreign


def test_change_that_could_not_be_told_is_redriven_and_announced(
    stack: Stack, user: User, operator: Operator
) -> None:
    """What is stored beside the job is unreadable for a while, and the job is charged meanwhile."""
    table, dynamodb = operator.ids["JobsTable"], user.client("dynamodb")
    job_id = user.submit(video(unique_prompt()))["id"]
    assert user.wait(job_id)["status"] == "succeeded"
    key = {"pk": {"S": f"JOB#{job_id}"}}
    request = dynamodb.get_item(TableName=table, Key=key | {"sk": {"S": "REQUEST"}})["Item"]
    damaged = {name: value for name, value in request.items() if name != "input"}
    dynamodb.put_item(TableName=table, Item=damaged)
    dynamodb.update_item(
        TableName=table,
        Key=key | {"sk": {"S": "STATE"}},
        UpdateExpression="SET charged = charged + :more, version = version + :one",
        ExpressionAttributeValues={":more": {"N": "1000000"}, ":one": {"N": "1"}},
    )
    [poison] = operator.letters("PoisonChanges")
    dynamodb.put_item(TableName=table, Item=request)
    note = {"DDBStreamBatchInfo": {"shardId": "shardId-1", "startSequenceNumber": "1"}}
    user.client("sqs").send_message(
        QueueUrl=user.stack.outputs["PoisonChangesUrl"], MessageBody=json.dumps(note)
    )

    with subscription(stack) as events:
        done = operator.redrive("changes")
        told = next(iter(events.changes(job_id, timeout=30)))
        announced = operator.invoke({"queue": "changes", "job_ids": [job_id, "no-such-job"]})
        again = next(iter(events.changes(job_id, timeout=30)))

    assert "MessageAttributes" in poison
    assert (done["redriven"], done["passed_over"], done["left"]) == (1, {"stream_no_longer_has_it": 1}, 1)
    assert (told["status"], told["previous_status"]) == ("succeeded", "succeeded")
    assert told["cost"]["actual"] == "2.20"
    assert (announced["redriven"], announced["passed_over"]) == (1, {"no_such_job": 1})
    assert again["event_id"] == told["event_id"]
