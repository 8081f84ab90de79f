"""What providers tell of accounts: the documented answers, numbers in any form, and bodies that are odd."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.questions import AccountFacts, QuestionRefused, Refusal, count, money, units
from framehook.providers.runninghub import account as runninghub_account
from framehook.providers.runware import account as runware_account
from tests.unit.providers.test_runninghub_envelope import answer, json_values

TASK_ID = "f4dd3dfe-955f-49d5-a785-7e3b633d6e7a"
QUEUE = {
    "apiKeyType": "SHARED",
    "concurrentLimit": 30,
    "runningCount": "1",
    "queuedCount": "2",
    "totalCurrentTasks": "3",
}
STATUS = {
    "remainCoins": "177814",
    "currentTaskCounts": "0",
    "remainMoney": None,
    "currency": None,
    "apiType": "NORMAL",
}
# As on https://runware.ai/docs/platform/account-management, shortened.
DETAILS = {
    "taskType": "accountManagement",
    "taskUUID": TASK_ID,
    "operation": "getDetails",
    "organizationName": "Acme Corporation",
    "balance": 2450.75,
    "team": [{"name": "John Smith", "email": "john.smith@acme.com", "roles": ["Owner"]}],
    "apiKeys": [{"name": "production", "apiKey": "abc…"}],
}


def told(data: object) -> HttpResponse:
    return answer({"code": 0, "msg": "success", "data": data})


def details(**changed: Any) -> HttpResponse:
    return answer({"data": [DETAILS | changed]})


def test_runninghub_is_asked_for_queue_and_balance() -> None:
    queue, status = (each.request for each in runninghub_account.questions("key-1", lambda: TASK_ID))
    assert (queue.method, queue.path, queue.body) == ("GET", "/openapi/v2/queue/status", b"")
    assert (status.method, status.path) == ("POST", "/uc/openapi/accountStatus")
    assert json.loads(status.body) == {"apikey": "key-1"}
    assert queue.headers["Authorization"] == status.headers["Authorization"] == "Bearer key-1"


def test_runninghub_documented_answers_are_read() -> None:
    assert runninghub_account.read_queue(told(QUEUE)) == AccountFacts(
        running=1, queued=2, limit=30, key_kind="shared"
    )
    assert runninghub_account.read_status(told(STATUS)) == AccountFacts(
        coins="177814", running=0, key_kind="normal"
    )


def test_runninghub_money_and_currency_are_read() -> None:
    facts = runninghub_account.read_status(told(STATUS | {"remainMoney": "12.5", "currency": "CNY"}))
    assert (facts.balance, facts.currency) == ("12.50", "CNY")


@pytest.mark.parametrize("currency", ["yuan", "CNY ", 7, ["USD"], ""])
def test_runninghub_currency_that_is_none_is_left_out(currency: object) -> None:
    assert runninghub_account.read_status(told(STATUS | {"currency": currency})).currency is None


@pytest.mark.parametrize(
    "changed",
    [
        {"runningCount": "many"},
        {"runningCount": -1},
        {"runningCount": 1.5},
        {"runningCount": True},
        {"queuedCount": [1]},
        {"concurrentLimit": {"max": 1}},
        {"concurrentLimit": 10**30},
        {"apiKeyType": 7},
        {"apiKeyType": "<script>"},
        {"apiKeyType": "x" * 41},
    ],
)
def test_runninghub_odd_queue_is_unreadable(changed: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        runninghub_account.read_queue(told(QUEUE | changed))


@pytest.mark.parametrize("data", [{}, {"other": 1}])
def test_runninghub_answer_about_something_else_is_unreadable(data: object) -> None:
    for read in (runninghub_account.read_queue, runninghub_account.read_status):
        with pytest.raises(UnreadableAnswer):
            read(told(data))


def test_runware_is_asked_for_its_details() -> None:
    (question,) = runware_account.questions("key-1", lambda: TASK_ID)
    asked = {"taskType": "accountManagement", "taskUUID": TASK_ID, "operation": "getDetails"}
    assert (question.request.method, question.request.path) == ("POST", "")
    assert json.loads(question.request.body) == [asked]
    assert question.request.headers["Authorization"] == "Bearer key-1"


def test_runware_tells_its_balance_and_nothing_of_people_or_keys() -> None:
    assert runware_account.read_details(details()) == AccountFacts(balance="2450.75")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        *((0, "0.00"), ("7", "7.00"), (-1.5, "-1.50"), (0.0013, "0.0013")),
        ({"amount": 12.5, "currency": "USD"}, "12.50"),
    ],
)
def test_runware_balance_in_any_form_is_read(given: object, shown: str) -> None:
    assert runware_account.read_details(details(balance=given)).balance == shown


@pytest.mark.parametrize("balance", [None, "", "rich", True, [], {}, 10**20, "1e999999", "NaN", "-Infinity"])
def test_runware_odd_balance_is_unreadable(balance: object) -> None:
    with pytest.raises(UnreadableAnswer):
        runware_account.read_details(details(balance=balance))


def test_runware_error_is_a_refusal() -> None:
    error = {"code": "invalidApiKey", "message": "no such key"}
    with pytest.raises(QuestionRefused) as refused:
        runware_account.read_details(answer({"errors": [error]}, 401))
    failure = refused.value.failure
    assert (failure.code, failure.provider_code) == ("provider_auth_failed", "invalidApiKey")
    with pytest.raises(QuestionRefused) as later:
        runware_account.read_details(answer({"errors": [error | {"code": "rateLimitExceeded"}]}, 429))
    assert later.value.refusal is Refusal.NOT_NOW


@pytest.mark.parametrize("body", [b"", b"<html>", {"data": []}, {"data": [{"taskUUID": TASK_ID}]}])
def test_runware_answer_without_a_balance_is_unreadable(body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        runware_account.read_details(answer(body))


@given(st.dictionaries(st.sampled_from([*QUEUE, *STATUS, "balance"]), json_values), st.integers(100, 599))
def test_any_body_is_facts_or_one_of_two_errors(data: dict[str, Any], status: int) -> None:
    for read, body in (
        (runninghub_account.read_queue, {"code": 0, "data": data}),
        (runninghub_account.read_status, {"code": 0, "data": data}),
        (runware_account.read_details, {"data": [data]}),
    ):
        try:
            facts = read(answer(body, status))
        except (QuestionRefused, UnreadableAnswer):
            continue
        assert isinstance(facts, AccountFacts)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_amounts_come_back_as_they_are(value: Any) -> None:
    shown, coins = money(str(value)), units(str(value))
    assert shown is not None
    assert coins is not None
    assert (float(shown), float(coins)) == (float(value), float(value))
    assert "e" not in (shown + coins).lower()


def test_counts_are_whole() -> None:
    assert (count("3"), count(3.0), count(None), count("")) == (3, 3, None, None)


def test_facts_told_first_count() -> None:
    first, second = AccountFacts(running=1), AccountFacts(running=5, coins="7")
    assert first.or_else(second) == AccountFacts(running=1, coins="7")
    assert AccountFacts(running=0).or_else(second).running == 0
