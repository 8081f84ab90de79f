"""What a cancel at RunComfy looks like, and what its answers mean (docs.runcomfy.com, async-queue-endpoints)."""

from __future__ import annotations

import pytest
from hypothesis import given

from framehook.providers.contract import CancelAnswer
from framehook.providers.runcomfy.provider import PROVIDER
from tests.unit.providers.runcomfy_payloads import (
    BAD_TOKEN,
    BODIES,
    DEPLOYMENT,
    MODEL,
    NOT_FOUND,
    NOT_READY,
    OURS,
    STATUSES,
    THEIRS,
    cancelled,
)

TAKEN, REFUSED, UNCLEAR = CancelAnswer.TAKEN, CancelAnswer.REFUSED, CancelAnswer.UNCLEAR
DEPLOYED = "/prod/v2/deployments/99999999-8888-4777-8666-555555555555"


@pytest.mark.parametrize(
    ("offering", "path", "service"),
    [
        (MODEL, f"/v1/requests/{THEIRS}/cancel", ""),
        (DEPLOYMENT, f"{DEPLOYED}/requests/{THEIRS}/cancel", "serverless"),
    ],
)
def test_everything_that_has_a_name_can_be_cancelled(offering: str, path: str, service: str) -> None:
    assert PROVIDER.can_cancel(offering)
    request = PROVIDER.cancellation(offering, THEIRS, "secret")
    assert request is not None
    assert (request.method, request.path, request.service, request.body) == ("POST", path, service, b"")
    assert request.headers == {"Authorization": "Bearer secret", "Accept": "application/json"}
    assert PROVIDER.cancellation(offering, OURS, "secret") is None


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        ({"status": "completed", "outcome": "cancelled"}, TAKEN),  # the official example
        ({"status": "in_progress", "outcome": "not_cancellable"}, REFUSED),
        ({"status": "cancelled", "outcome": "not_cancellable"}, REFUSED),
        ({"status": "cancelled", "outcome": "cancellation_requested"}, TAKEN),
        ({"status": "completed", "outcome": "CANCELED"}, TAKEN),
        ({"status": "cancelled", "outcome": "later"}, UNCLEAR),
        ({"status": "completed", "outcome": "later"}, UNCLEAR),
        (
            {"status": "cancellation_requested"},
            TAKEN,
        ),  # a client of 2025: iguanesolutions/go-runcomfyserverless
        ({"status": "cancelled"}, TAKEN),
        ({"status": " Canceled ", "outcome": None}, TAKEN),
        ({"status": "completed", "outcome": ""}, REFUSED),
        ({"status": "completed", "outcome": 7}, REFUSED),
        ({"status": "in_progress"}, UNCLEAR),
        ({"status": "in_queue", "outcome": {}}, UNCLEAR),
        ({"status": "failed"}, UNCLEAR),
        ({"status": None}, UNCLEAR),
        ({}, UNCLEAR),
    ],
)
@pytest.mark.parametrize("status", [200, 202])
def test_outcome_decides_and_the_status_only_where_there_is_none(
    body: dict[str, object], meaning: CancelAnswer, status: int
) -> None:
    assert cancelled({"request_id": THEIRS, **body}, status) is meaning
    assert cancelled(body, status) is meaning


@pytest.mark.parametrize(
    "body", [b"", b"<html>", NOT_FOUND, {"detail": "Not Found"}, {"outcome": "cancelled"}]
)
def test_what_is_not_there_can_not_be_cancelled(body: object) -> None:
    assert cancelled(body, 404) is REFUSED


def test_code_says_that_it_is_not_there_too() -> None:
    assert cancelled(NOT_FOUND, 200) is cancelled(NOT_FOUND, 400) is REFUSED
    assert cancelled(NOT_FOUND, 500) is UNCLEAR


def test_refusal_may_come_with_a_4xx_but_nothing_is_taken_with_one() -> None:
    assert cancelled({"outcome": "not_cancellable"}, 409) is REFUSED
    assert cancelled({"outcome": "cancelled"}, 409) is UNCLEAR


@pytest.mark.parametrize("status", [100, 302, 401, 403, 429, 500, 503])
def test_other_statuses_say_nothing_of_the_task(status: int) -> None:
    for outcome in ("cancelled", "not_cancellable"):
        assert cancelled({"status": "completed", "outcome": outcome}, status) is UNCLEAR


@pytest.mark.parametrize("status", [200, 202, 400])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", BAD_TOKEN, NOT_READY, {"error_code": 429001}]
)
def test_cancel_is_unclear_otherwise(body: object, status: int) -> None:
    assert cancelled(body, status) is UNCLEAR


@pytest.mark.parametrize("code", [403001, 403003])
def test_what_the_key_may_not_see_says_nothing_of_the_task(code: int) -> None:
    for more in ({}, {"outcome": "not_cancellable"}, {"status": "completed"}):
        for status in (200, 400, 403, 404):
            assert cancelled({"error_code": code, **more}, status) is UNCLEAR


def test_refused_token_says_nothing_whatever_stands_beside_it() -> None:
    assert cancelled({**BAD_TOKEN, "status": "completed"}, 400) is UNCLEAR
    assert cancelled({**BAD_TOKEN, "outcome": "not_cancellable"}, 404) is UNCLEAR


@given(status=STATUSES, body=BODIES)
def test_any_answer_to_a_cancel_is_read(status: int, body: bytes) -> None:
    assert cancelled(body, status) in CancelAnswer
