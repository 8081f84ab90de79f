"""How DynamoDB counts units, and what the benchmarks' requests are taken for."""

from __future__ import annotations

import pytest

from tests.benchmarks.billing import (
    Line,
    item_bytes,
    polled_queue_per_month,
    read_units,
    total,
    write_units,
)
from tests.benchmarks.processor_time import spent
from tests.benchmarks.request_counter import Call

KEYS = {"pk": {"S": "JOB#1"}, "sk": {"S": "STATE"}}
LISTED = KEYS | {"owner": {"S": "default"}, "created_at": {"N": "1700000000000"}}
OPEN = LISTED | {"due_shard": {"S": "3"}, "due_at": {"N": "1700000060000"}}


def test_item_is_as_large_as_its_names_and_values() -> None:
    assert item_bytes(KEYS) == 2 + 5 + 2 + 5
    assert item_bytes({"n": {"N": "1700000000001"}, "b": {"BOOL": True}}) == 1 + 8 + 1 + 1
    assert (
        item_bytes({"l": {"L": [{"S": "ab"}]}, "m": {"M": {"k": {"S": "v"}}}})
        == 1 + 3 + 1 + 2 + 1 + 3 + 1 + 2
    )


@pytest.mark.parametrize(
    ("old", "new", "units"),
    [
        (None, KEYS, (1, 0)),
        (None, OPEN, (1, 2)),
        (OPEN, OPEN | {"status": {"S": "running"}}, (1, 0)),
        (OPEN, OPEN | {"due_at": {"N": "1"}}, (1, 2)),
        (OPEN, LISTED, (1, 1)),
        (OPEN, None, (1, 2)),
        (KEYS | {"text": {"S": "x" * 1024}}, KEYS, (2, 0)),
    ],
)
def test_write_costs_by_the_larger_image_and_by_the_indexes_that_it_moves_in(
    old: dict[str, dict[str, str]] | None, new: dict[str, dict[str, str]] | None, units: tuple[int, int]
) -> None:
    assert write_units(old, new) == units


def test_read_costs_by_four_kilobytes_and_half_when_it_may_be_old() -> None:
    assert read_units([], consistent=True) == 1
    assert read_units([KEYS, KEYS], consistent=False) == 0.5
    assert read_units([{"t": {"S": "x" * 4096}}], consistent=True) == 2


def test_total_is_for_a_thousand_jobs() -> None:
    assert total([Line("S3", "PUT", 2, 5.0), Line("STS", "AssumeRole", 1, 0)]) == 0.01


def test_processor_time_is_what_came_since() -> None:
    before = {(1, "a"): 1.0, (2, "a"): 2.0}
    after = {(1, "a"): 1.5, (3, "a"): 0.25, (4, "b"): 1.0}
    assert spent(before, after) == {"a": 0.75, "b": 1.0}


@pytest.mark.parametrize(
    ("method", "path", "headers", "asked", "taken_for"),
    [
        ("POST", "/_aws/execute-api/a1/live/v1/jobs", {}, b"", ("apigateway", "POST v1/jobs")),
        ("PUT", "/media/incoming/1", {}, b"", ("s3", "PUT")),
        ("GET", "/media/", {}, b"", ("s3", "LIST")),
        ("PUT", "/media/outputs/1", {"x-amz-copy-source": "media/incoming/1"}, b"", ("s3", "COPY")),
        ("POST", "/", {"x-amz-target": "DynamoDB_20120810.PutItem"}, b"{}", ("dynamodb", "PutItem")),
        ("POST", "/", {}, b"Action=AssumeRole&Version=2011-06-15", ("sts", "AssumeRole")),
        ("POST", "/2015-03-31/functions/f/invocations", {}, b"", ("lambda", "Invoke")),
    ],
)
def test_request_is_taken_for_what_it_asks(
    method: str, path: str, headers: dict[str, str], asked: bytes, taken_for: tuple[str, str]
) -> None:
    service = taken_for[0]
    signed = service not in ("apigateway", "s3")
    scope = f"AWS4-HMAC-SHA256 Credential=ASIA1/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host"
    given = headers | ({"authorization": scope} if signed else {})

    call = Call(method, path, given, asked, 200)

    assert (call.service, call.operation) == taken_for


def test_queue_that_is_polled_in_vain_costs_a_quarter_of_a_dollar_a_month() -> None:
    assert polled_queue_per_month() == pytest.approx(0.2592)
