"""Prints what one job costs at AWS: every billed call of jobs that run through a deployed local stack, at list prices.

Counted by what really happened: requests at a relay that functions, provider and user come through, written items in
the table's stream, invocations and log lines in the log groups.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks import billing, processor_time
from tests.benchmarks.billing import Line
from tests.benchmarks.request_counter import Call, RequestCounter
from tests.sandbox.completion_events import Subscription, subscription
from tests.sandbox.journey import SIMULATED_JOBS, TERMINAL, submit
from tests.sandbox.provider_apis import SIMULATED_TIMES
from tests.sandbox.role_sessions import physical_ids
from tests.sandbox.running_stack import running_stack
from tests.sandbox.stack_file import Stack
from tests.sandbox.steps import Steps
from tests.sandbox.workspace import Workspace

JOBS = 20
PATIENCE_SECONDS = 60.0
SETTLING_SECONDS = 2.0
# The schedule's own work goes on with or without jobs.
IDLE_FUNCTION = "SweepOverdueFunction"
IDLE_INDEX = "due"
# Where the simulator answers at once, a provider takes about this long, and the function waits.
PROVIDER_ANSWER_SECONDS = 1.0
PAYING_FUNCTION = "SubmitJobFunction"
LOOKING_FUNCTION = "FollowUpJobFunction"
TAKES_MESSAGES = (PAYING_FUNCTION, LOOKING_FUNCTION)
# Where a provider never calls, its jobs are looked up in step with the simulator's clock; everything else is real time.
TIMES = {"FirstPollSeconds": SIMULATED_TIMES["FirstPollSeconds"]}
FULL_CORE_MEGABYTES = 1769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
LOG_EVENT_OVERHEAD = 26
REPORT = re.compile(r"^REPORT .*\tDuration: ([0-9.]+) ms\t.*Memory Size: ([0-9]+) MB")
FREE = {"sts": "STS", "ssm": "SSM parameters, standard"}
ASSUMPTIONS = f"""\
Prices: us-east-1, arm64, on demand, without free tiers, storage, alarms and what your own rules on the bus do.
Warm containers. Compute: processor time as measured here, stretched to the share of a core that Lambda gives
(memory/{FULL_CORE_MEGABYTES}); waiting as measured here.
A simulator answers at once: {PROVIDER_ANSWER_SECONDS:.0f} s more for each call in submit_job and follow_up_job.
It renders a file when somebody fetches it: so much of fetch_output is not the network.
SQS: Lambda receives and deletes each message by itself (two requests more). Lambda reads streams at no charge.
Jobs are told by event; each look by HTTP costs a REST request, an invocation and a read more. No retries. Look-ups only
where a provider never calls, as many as {LOOKING_FUNCTION} has requests; sooner than in AWS, which moves the due
time once more: two index writes.
Not per job: one sweep a minute, and {billing.polled_queue_per_month():.2f} USD a month for each of two queues, which \
{billing.QUEUE_POLLERS} pollers ask every {billing.POLL_SECONDS} s.
Per container: a key from SSM (KMS decrypts it) and a role from STS.
"""


@dataclass(slots=True)
class Usage:
    """What all measured jobs together used; logs and processor seconds by the functions' logical names."""

    calls: list[Call]
    records: list[Any]
    logs: Mapping[str, list[str]]
    processor: Mapping[str, float]


def print_job_cost(console: Console) -> None:
    counter = RequestCounter()
    with running_stack(Workspace.named("bench"), Steps(console), counter.relay, times=TIMES) as stack:
        usages = {name: _measured(stack, counter, job) for name, job in SIMULATED_JOBS.items()}
    for name, usage in usages.items():
        console.print(_bill(f"{SIMULATED_JOBS[name]['model']} job on {name}", usage))
    console.print(ASSUMPTIONS, markup=False, highlight=False, soft_wrap=True)


def _bill(what: str, usage: Usage) -> Table:
    lines = [*_lambda(usage), *_dynamodb(usage), *_requests(usage), *_logs(usage)]
    table = Table(
        *("service", "kind", "per job", "USD per million", "USD per 1,000 jobs"),
        box=None,
        title=f"AWS's charge for one {what}, mean of {JOBS}",
        title_justify="left",
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for line in lines:
        figures = (
            f"{line.per_job:,.3g}" if line.per_job < 100 else f"{line.per_job:,.0f}",
            f"{line.price:,.4g}",
            f"{line.per_thousand_jobs:.5f}",
        )
        table.add_row(line.service, line.kind, *figures)
    table.add_row("total", "", "", "", f"{billing.total(lines):.5f}")
    return table


def _measured(stack: Stack, counter: RequestCounter, job: Mapping[str, Any]) -> Usage:
    _run(stack, job, 1)
    time.sleep(SETTLING_SECONDS)
    known, seen, since = len(counter.calls), len(_records(stack)), int(time.time() * 1000)
    before = processor_time.snapshot(counter.url)
    _run(stack, job, JOBS)
    time.sleep(SETTLING_SECONDS)
    spent = processor_time.spent(before, processor_time.snapshot(counter.url))
    names = physical_ids(stack, "AWS::Lambda::Function")
    return Usage(
        calls=counter.calls[known:],
        records=_records(stack)[seen:],
        logs=_log_lines(stack, since),
        processor={name: spent[physical] for name, physical in names.items() if physical in spent},
    )


def _run(stack: Stack, job: Mapping[str, Any], jobs: int) -> None:
    """One after the other, so that no two share an invocation."""
    with subscription(stack) as events:
        for _ in range(jobs):
            succeeded(stack, events, job)


def succeeded(stack: Stack, events: Subscription, job: Mapping[str, Any]) -> Mapping[str, Any]:
    """The job resource once it has ended, which it has to do well."""
    accepted = submit(stack, job)
    changes = events.changes(accepted["id"], timeout=PATIENCE_SECONDS)
    ended = next(change for change in changes if change["status"] in TERMINAL)
    assert ended["status"] == "succeeded", ended
    return ended


def _records(stack: Stack) -> list[Any]:
    """All changes of the table so far."""
    streams = stack.aws.session.client("dynamodbstreams", endpoint_url=stack.aws.endpoint_url)
    found: list[Any] = []
    for stream in streams.list_streams(TableName=stack.outputs["JobsTableName"])["Streams"]:
        described = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]
        for shard in described["Shards"]:
            iterator: str | None = streams.get_shard_iterator(
                StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                page = streams.get_records(ShardIterator=iterator)
                found += page["Records"]
                iterator = page.get("NextShardIterator") if page["Records"] else None
    return found


def _log_lines(stack: Stack, since: int) -> dict[str, list[str]]:
    client = stack.aws.session.client("logs", endpoint_url=stack.aws.endpoint_url)
    lines: dict[str, list[str]] = {}
    for name, group in physical_ids(stack, "AWS::Logs::LogGroup").items():
        pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        found = [event["message"] for page in pages for event in page["events"]]
        function = f"{name.removesuffix('Logs')}Function"
        if found and function != IDLE_FUNCTION:
            lines[function] = found
    return lines


def _lambda(usage: Usage) -> Iterator[Line]:
    for function, lines in usage.logs.items():
        reports = [found for found in map(REPORT.match, lines) if found]
        gigabytes = int(reports[0][2]) / 1024
        taken = sum(float(report[1]) for report in reports) / 1000
        worked = min(taken, usage.processor.get(function, taken))
        billed = taken - worked + worked * max(1, FULL_CORE_MEGABYTES / 1024 / gigabytes)
        if function in TAKES_MESSAGES:
            billed += PROVIDER_ANSWER_SECONDS * len(reports)
        yield Line(f"Lambda {function}", "requests", len(reports) / JOBS, billing.LAMBDA_REQUEST)
        yield Line(f"Lambda {function}", "GB-seconds", gigabytes * billed / JOBS, billing.LAMBDA_GB_SECOND)


def _dynamodb(usage: Usage) -> Iterator[Line]:
    calls = [call for call in usage.calls if call.service == "dynamodb" and not _idle(call)]
    writes = [call for call in calls if call.operation in ("PutItem", "UpdateItem", "DeleteItem")]
    refused = sum(call.status == 400 for call in writes)
    table = indexes = 0
    for record in usage.records:
        change = record["dynamodb"]
        units = billing.write_units(change.get("OldImage"), change.get("NewImage"))
        table, indexes = table + units[0], indexes + units[1]
    unchanged = max(0, len(writes) - refused - len(usage.records))
    price = billing.DYNAMODB_WRITE_UNIT
    yield Line("DynamoDB", "write units, table", table / JOBS, price)
    yield Line("DynamoDB", "write units, indexes", indexes / JOBS, price)
    yield Line("DynamoDB", "write units, refused or in vain", (refused + unchanged) / JOBS, price)
    reads = sum(_read_units(call) for call in calls if call not in writes)
    yield Line("DynamoDB", "read units", reads / JOBS, billing.DYNAMODB_READ_UNIT)


def _idle(call: Call) -> bool:
    return bool(json.loads(call.asked).get("IndexName") == IDLE_INDEX)


def _read_units(call: Call) -> float:
    asked, answered = json.loads(call.asked), json.loads(call.answered)
    items: Sequence[Any] = answered.get("Items", [answered["Item"]] if "Item" in answered else [])
    return billing.read_units(items, consistent=bool(asked.get("ConsistentRead")))


def _requests(usage: Usage) -> Iterator[Line]:
    counted = Counter((call.service, call.operation) for call in usage.calls)
    received = [line for name in TAKES_MESSAGES for line in usage.logs.get(name, ())]
    messages = sum(line.startswith("REPORT ") for line in received)
    for (service, operation), count in sorted(counted.items()):
        match service:
            case "apigateway":
                yield Line("API Gateway", operation, count / JOBS, billing.REST_API_REQUEST)
            case "s3" if operation != "DELETE":
                price = billing.S3_READ if operation in ("GET", "HEAD") else billing.S3_WRITE
                yield Line("S3", operation, count / JOBS, price)
            case "sqs":
                yield Line("SQS", operation, count / JOBS, billing.SQS_REQUEST)
            case _ if service in FREE:
                yield Line(FREE[service], operation, count / JOBS, 0)
            case _:
                continue
    yield Line("SQS", "receive and delete, by Lambda", 2 * messages / JOBS, billing.SQS_REQUEST)
    events = sum(_events(call) for call in usage.calls if call.service == "events")
    yield Line("EventBridge", "custom events", events / JOBS, billing.EVENTBRIDGE_EVENT)


def _events(call: Call) -> int:
    asked: Mapping[str, Any] = json.loads(call.asked)
    return len(asked["Entries"])


def _logs(usage: Usage) -> Iterator[Line]:
    lines = [line for found in usage.logs.values() for line in found]
    size = sum(len(line.encode()) + LOG_EVENT_OVERHEAD for line in lines)
    yield Line("CloudWatch", "log bytes", size / JOBS, billing.LOG_BYTE)
