"""What the adapters make of AWS's refusals and outages, without AWS: botocore's own stubs answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from framehook.adapters.aws_errors import calling
from framehook.adapters.dynamodb_jobs import DynamoJobStore
from framehook.adapters.dynamodb_table import Table
from framehook.adapters.eventbridge import EventBridgeBus
from framehook.adapters.lambda_starter import FunctionNames, LambdaStarter
from framehook.adapters.sqs_jobs import SqsDeadLetters, SqsPoisonQueue
from framehook.adapters.ssm_secrets import SsmSecrets
from framehook.adapters.system import SystemChance, SystemClock
from framehook.errors import EventTooLarge, Unavailable
from framehook.identifiers import is_job_id
from framehook.ports import Chance, Clock, DueJob, PoisonQueue
from framehook.tokens import is_well_formed
from tests.contracts.samples import a_job
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient

SESSION = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")


@pytest.fixture
def dynamodb() -> DynamoDBClient:
    return SESSION.client("dynamodb")


@pytest.fixture
def events() -> EventBridgeClient:
    return SESSION.client("events")


def _client_error(code: str, status: int) -> ClientError:
    error: Any = {
        "Error": {"Code": code, "Message": "ThrottlingException"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(error, "Operation")


# outages


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        _client_error("ThrottlingException", 400),
        _client_error("Odd", 503),
        _client_error("Odd", 429),
    ],
)
def test_calling_passing_trouble_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable), calling("x"):
        raise error


def test_calling_missing_permission_stays_what_it_is() -> None:
    with pytest.raises(ClientError), calling("x"):
        raise _client_error("AccessDeniedException", 400)


def test_get_throttled_table_is_unavailable(dynamodb: DynamoDBClient) -> None:
    with Stubber(dynamodb) as stub:
        stub.add_client_error("get_item", "ProvisionedThroughputExceededException", http_status_code=400)
        with pytest.raises(Unavailable):
            DynamoJobStore(Table(dynamodb, "t", FakeClock())).get(a_job().id)


def test_get_many_unprocessed_keys_are_asked_for_again(dynamodb: DynamoDBClient) -> None:
    one, two = ({"pk": {"S": name}, "sk": {"S": "STATE"}} for name in "ab")
    waits: list[float] = []
    table = Table(dynamodb, "t", FakeClock(), sleep=waits.append)
    with Stubber(dynamodb) as stub:
        left = {"t": {"Keys": [two]}}
        stub.add_response("batch_get_item", {"Responses": {"t": [one]}, "UnprocessedKeys": left})
        stub.add_response("batch_get_item", {"Responses": {"t": [two]}}, {"RequestItems": left})
        assert table.get_many([("a", "STATE"), ("b", "STATE")]) == [one, two]
    assert len(waits) == 1


def test_get_many_keys_that_stay_unprocessed_are_unavailable(dynamodb: DynamoDBClient) -> None:
    key = {"pk": {"S": "a"}, "sk": {"S": "STATE"}}
    with Stubber(dynamodb) as stub:
        for _ in range(5):
            stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {"t": {"Keys": [key]}}})
        with pytest.raises(Unavailable):
            Table(dynamodb, "t", FakeClock(), sleep=lambda _: None).get_many([("a", "STATE")])


# events


def test_publish_batches_of_ten_within_the_size(events: EventBridgeClient) -> None:
    batches = _recorded(events)
    bus = EventBridgeBus(events, "bus")
    bus.publish([{"n": number} for number in range(23)])
    assert [len(batch) for batch in batches] == [10, 10, 3]
    batches.clear()
    bus.publish([{"text": "狐" * 40_000} for _ in range(4)])  # 120,000 bytes each
    assert [len(batch) for batch in batches] == [2, 2]
    assert batches[0][0]["Source"] == "framehook"
    assert batches[0][0]["DetailType"] == "Job State Change"
    batches.clear()
    bus.publish([])
    assert batches == []


def test_publish_too_large_event_is_refused_before_anything_is_sent(events: EventBridgeClient) -> None:
    batches = _recorded(events)
    with pytest.raises(EventTooLarge):
        EventBridgeBus(events, "bus").publish([{"n": 1}, {"text": "x" * 300_000}])
    assert batches == []


def test_publish_failed_entries_only_are_sent_again(events: EventBridgeClient) -> None:
    bus = EventBridgeBus(events, "bus", sleep=lambda _: None)
    entries = [_entry({"n": 1}), _entry({"n": 2})]
    with Stubber(events) as stub:
        stub.add_response(
            "put_events",
            {"FailedEntryCount": 1, "Entries": [{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}]},
            {"Entries": entries},
        )
        done = {"FailedEntryCount": 0, "Entries": [{"EventId": "2"}]}
        stub.add_response("put_events", done, {"Entries": entries[1:]})
        bus.publish([{"n": 1}, {"n": 2}])
        stub.assert_no_pending_responses()


def test_publish_entries_that_keep_failing_are_unavailable(events: EventBridgeClient) -> None:
    failed = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
    with Stubber(events) as stub:
        for _ in range(3):
            stub.add_response("put_events", failed)
        with pytest.raises(Unavailable):
            EventBridgeBus(events, "bus", sleep=lambda _: None).publish([{"n": 1}])


# the rest


def test_dead_letters_body_that_sqs_refuses_is_made_sendable() -> None:
    sqs = SESSION.client("sqs")
    attributes = {
        "reason": {"DataType": "String", "StringValue": "r" * 1024},
        "original_message_id": {"DataType": "String", "StringValue": "-"},
    }
    with Stubber(sqs) as stub:
        expected = {"QueueUrl": "q", "MessageBody": "a\ufffdb\n狐😀\ufffd", "MessageAttributes": attributes}
        stub.add_response("send_message", {"MessageId": "1", "MD5OfMessageBody": "x"}, expected)
        SqsDeadLetters(sqs, "q").send("a\x00b\n狐😀\ud800", "r" * 2000, "")


def test_poison_queue_keeps_the_record_and_cuts_what_is_too_long() -> None:
    sqs = SESSION.client("sqs")
    attributes = {"reason": {"DataType": "String", "StringValue": "unreadable"}}
    with Stubber(sqs) as stub:
        for body in ("{}", "狐" * 60_000):
            expected = {"QueueUrl": "q", "MessageBody": body, "MessageAttributes": attributes}
            stub.add_response("send_message", {"MessageId": "1", "MD5OfMessageBody": "x"}, expected)
        queue: PoisonQueue = SqsPoisonQueue(sqs, "q")
        queue.send("{}", "unreadable")
        queue.send("狐" * 300_000, "unreadable")


def test_starter_invokes_asynchronously_with_the_payload() -> None:
    client = SESSION.client("lambda")
    starter = LambdaStarter(client, FunctionNames(follow_up="f", fetch="g"))
    with Stubber(client) as stub:
        for name, payload in (("f", {"job_id": "1", "due_at": 5}), ("g", {"job_id": "1", "index": 0})):
            expected = {
                "FunctionName": name,
                "InvocationType": "Event",
                "Payload": json.dumps(payload).encode(),
            }
            stub.add_response("invoke", {"StatusCode": 202}, expected)
        starter.follow_up(DueJob("1", 5))
        starter.fetch("1", 0)
    with pytest.raises(ValueError, match="bucket"):
        starter.land("incoming/1")
    with pytest.raises(ValueError, match="name"):
        LambdaStarter(client, FunctionNames(), bucket="media").land("incoming/1")


def test_api_key_is_kept_for_five_minutes() -> None:
    client = SESSION.client("ssm")
    now: Iterator[float] = iter((0.0, 299.0, 300.0, 300.0))
    secrets = SsmSecrets(client, {"runware": "/keys/runware"}, lambda: next(now))
    with Stubber(client) as stub:
        for value in ("one\n", "two"):
            stub.add_response("get_parameter", {"Parameter": {"Value": value}})
        assert [secrets.api_key("runware") for _ in range(3)] == ["one", "one", "two"]


def test_system_ids_and_tokens_are_well_formed() -> None:
    clock: Clock = SystemClock()
    chance: Chance = SystemChance()
    assert is_job_id(chance.uuid())
    assert is_well_formed(chance.token())
    assert 0 <= chance.fraction() < 1
    assert clock.now() > 1_700_000_000_000


def _recorded(events: EventBridgeClient) -> list[list[dict[str, Any]]]:
    """Every PutEvents request of this client is answered with success and kept."""
    batches: list[list[dict[str, Any]]] = []

    def answer(params: dict[str, Any], **_: Any) -> Any:
        batch = json.loads(params["body"])["Entries"]
        batches.append(batch)
        reply = type("Reply", (), {"status_code": 200})()
        return reply, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in batch]}

    events.meta.events.register("before-call.events.PutEvents", answer)
    return batches


def _entry(detail: dict[str, Any]) -> dict[str, str]:
    text = json.dumps(detail, separators=(",", ":"))
    return {"EventBusName": "bus", "Source": "framehook", "DetailType": "Job State Change", "Detail": text}
