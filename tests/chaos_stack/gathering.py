"""Collects the evidence of a run from the stack and the simulators. Takes nothing off any queue but its own.

What a dead letter was is kept: it stays where it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.chaos_stack.enduring import StackCalls
from tests.chaos_stack.evidence import Event, Letter, StoredFile
from tests.chaos_stack.plans import JobPlan
from tests.chaos_stack.provider_records import ProviderRecords, read_records

DEAD_LETTERS = ("JobsDeadLetters", "FailedInvocations", "PoisonChanges")
SIDE_BY_SIDE = 4
JOB = "JOB#"


def job_statuses(calls: StackCalls) -> dict[str, str]:
    """The status of every job in the table, by id."""
    pages = calls.pages(
        "dynamodb",
        "scan",
        TableName=calls.stack.outputs["JobsTableName"],
        ConsistentRead=True,
        FilterExpression="sk = :state",
        ExpressionAttributeValues={":state": {"S": "STATE"}},
    )
    items = [item for page in pages for item in page["Items"]]
    return {item["pk"]["S"].removeprefix(JOB): item["status"]["S"] for item in items}


def jobs_shown(calls: StackCalls, job_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The resources that the API shows."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        answers = threads.map(lambda job_id: calls.api("GET", f"/v1/jobs/{job_id}"), job_ids)
        return {answer.json()["id"]: answer.json() for answer in answers if answer.is_success}


def provider_records(calls: StackCalls) -> dict[str, ProviderRecords]:
    return {name: read_records(name, calls.simulator(name)) for name in calls.stack.simulators}


def stored_files(calls: StackCalls) -> list[StoredFile]:
    bucket = calls.stack.outputs["MediaBucketName"]
    pages = calls.pages("s3", "list_objects_v2", Bucket=bucket, Prefix="outputs/")
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]

    def read(key: str) -> StoredFile:
        content = calls.aws("s3", "get_object", Bucket=bucket, Key=key)["Body"].read()
        return StoredFile(key, len(content), _checksum(content))

    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        return list(threads.map(read, keys))


def files_made(
    calls: StackCalls, plans: Sequence[JobPlan], records: Mapping[str, ProviderRecords]
) -> dict[str, list[str]]:
    """The checksums of all files that the providers serve for each job."""
    urls = {
        plan.tag: [url for task in records[plan.provider].tasks_of(plan.tag) for url in task.files]
        for plan in plans
    }

    def read(url: str) -> str | None:
        content = calls.download(url)
        return None if content is None else _checksum(content)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        return {tag: [sum_ for sum_ in threads.map(read, of_job) if sum_] for tag, of_job in urls.items()}


def events_in(calls: StackCalls, queue_url: str) -> Iterator[Event]:
    """Takes all events off the run's own queue."""
    while True:
        answer = calls.aws("sqs", "receive_message", QueueUrl=queue_url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        if not messages:
            return
        for message in messages:
            detail = json.loads(message["Body"])["detail"]
            yield Event(detail["event_id"], detail["id"], detail["status"], detail["cost"]["actual"])
        done = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        calls.aws("sqs", "delete_message_batch", QueueUrl=queue_url, Entries=done)


def dead_letters(calls: StackCalls, queue_urls: Mapping[str, str]) -> list[Letter]:
    """Of each queue, by its name in the template. Hidden for a while from whoever else looks."""
    return [
        Letter(name, f"{message['Body']} {json.dumps(message.get('MessageAttributes', {}), default=str)}")
        for name in DEAD_LETTERS
        for message in _all_messages(calls, queue_urls[name])
    ]


def _all_messages(calls: StackCalls, queue_url: str) -> Iterator[dict[str, Any]]:
    while True:
        answer = calls.aws(
            "sqs",
            "receive_message",
            QueueUrl=queue_url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            VisibilityTimeout=600,
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        yield from messages


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
