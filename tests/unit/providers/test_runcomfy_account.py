"""What RunComfy tells of its account: the known answer, amounts in any form, and bodies that are odd."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.questions import AccountFacts, QuestionRefused, Refusal
from framehook.providers.runcomfy.account import questions, read_balance
from tests.unit.providers.test_runninghub_envelope import answer, json_values

# Only RunComfy's own clients tell of this answer: github.com/runcomfy-com/runcomfy-cli, src/cmd/balance.rs.
BALANCE = {"balance_usd": 5, "balance_microdollars": 5_000_000, "currency": "USD"}


def told(**changed: Any) -> HttpResponse:
    return answer(BALANCE | changed)


def test_balance_is_asked_of_the_serverless_api() -> None:
    (question,) = questions("key-1", lambda: "not needed")
    request = question.request
    assert (request.service, request.method, request.path) == ("serverless", "GET", "/prod/v2/balance")
    assert request.headers["Authorization"] == "Bearer key-1"
    assert question.read(told()) == AccountFacts(currency="USD", balance="5.00")


@pytest.mark.parametrize(
    ("changed", "balance"),
    [
        ({"balance_microdollars": 1}, "0.000001"),
        ({"balance_microdollars": -1_250_000}, "-1.25"),
        ({"balance_microdollars": 0, "balance_usd": 3}, "0.00"),
        ({"balance_microdollars": 123_456_789_012_345}, "123456789.012345"),
        ({"balance_microdollars": None, "balance_usd": 12.5}, "12.50"),
        ({"balance_microdollars": None, "balance_usd": "0.1"}, "0.10"),
        ({"balance_microdollars": None, "balance_usd": 0}, "0.00"),
        ({"balance_microdollars": "odd", "balance_usd": 2}, "2.00"),
        ({"balance_microdollars": True, "balance_usd": 2}, "2.00"),
    ],
)
def test_exact_amount_counts_where_there_is_one(changed: dict[str, Any], balance: str) -> None:
    assert read_balance(told(**changed)).balance == balance


@pytest.mark.parametrize("balance", [None, "", "rich", True, [], {}, 10**20, "1e999999", "NaN", "-Infinity"])
def test_odd_balance_is_unreadable(balance: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_balance(told(balance_usd=balance, balance_microdollars=None))


@pytest.mark.parametrize("exact", [10**40, -(10**4_000), 10**19])
def test_balance_beyond_all_bounds_is_unreadable(exact: int) -> None:
    with pytest.raises(UnreadableAnswer):
        read_balance(told(balance_microdollars=exact))


@pytest.mark.parametrize("currency", ["dollars", "USD ", 7, ["USD"], "", None])
def test_currency_that_is_none_is_left_out(currency: object) -> None:
    assert read_balance(told(currency=currency)) == AccountFacts(balance="5.00")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error_code": 400004, "error_message": "no such token"}, 400),
        ({"error_code": 400004, "error_message": "no such token"}, 200),
        ({"error_code": 401001}, 401),
        ({"message": "Forbidden"}, 403),
    ],
)
def test_refused_token_is_told(body: object, status: int) -> None:
    with pytest.raises(QuestionRefused) as refused:
        read_balance(answer(body, status))
    assert refused.value.failure.code == "provider_auth_failed"


@pytest.mark.parametrize("code", [403001, 403003, 10003, 400001])
def test_refusal_is_never_taken_for_a_call_that_does_not_exist(code: int) -> None:
    for status in (200, 400, 403, 404):
        with pytest.raises(QuestionRefused):
            read_balance(answer({"error_code": code}, status))


def test_provider_that_can_not_answer_now_is_told() -> None:
    with pytest.raises(QuestionRefused) as refused:
        read_balance(answer(b"<html>", 503))
    assert refused.value.refusal is Refusal.NOT_NOW


@pytest.mark.parametrize(
    "body", [{"error_code": 404001}, {"error_code": 99}, {"message": "Not Found"}, b"<html>"]
)
def test_call_that_does_not_exist_tells_nothing(body: object) -> None:
    assert read_balance(answer(body, 404)) == AccountFacts()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", {}, {"currency": "USD"}, {"other": 1}])
def test_answer_without_a_balance_is_unreadable(body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_balance(answer(body))


@given(st.dictionaries(st.sampled_from([*BALANCE, "error_code"]), json_values), st.integers(100, 599))
def test_any_body_is_facts_or_one_of_two_errors(body: dict[str, Any], status: int) -> None:
    try:
        facts = read_balance(answer(body, status))
    except (QuestionRefused, UnreadableAnswer):
        return
    assert isinstance(facts, AccountFacts)
