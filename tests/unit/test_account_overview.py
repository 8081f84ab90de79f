"""How accounts stand: what each provider tells, and trouble that stays with the account that has it."""

from __future__ import annotations

import json

import pytest

from framehook.account_overview import AccountState, GateState
from framehook.errors import NeverSent, ReplyLost
from framehook.ports import Gate
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.fakes.exchanges import Answer
from tests.fakes.stack import InMemoryStack, refusal, response
from tests.unit.edges import overview
from tests.unit.providers.test_account_questions import DETAILS, QUEUE, STATUS
from tests.unit.providers.test_runcomfy_account import BALANCE as COMFY

RUNWARE = response(200, {"data": [DETAILS]})
QUEUED = response(200, {"code": 0, "msg": "success", "data": QUEUE})
BALANCE = response(200, {"code": 0, "msg": "success", "data": STATUS | {"remainMoney": "12.5"}})
NO_KEY = response(200, {"code": 802, "msg": "APIKEY_UNAUTHORIZED", "data": None})


@pytest.fixture
def stack() -> InMemoryStack:
    stack = InMemoryStack()
    stack.secrets.api_keys = {"runware": "rw-key-123", "runninghub-ai": "hub-key-123"}
    return stack


def script(stack: InMemoryStack, *hub: Answer, runware: Answer = RUNWARE) -> None:
    stack.runware.answers.append(runware)
    stack.runninghub.answers.extend(hub)


def states(stack: InMemoryStack) -> dict[str, AccountState]:
    found = overview(stack).providers()
    return {state.id: state for accounts in found.values() for state in accounts}


def error(state: AccountState) -> str | None:
    return state.error.code if state.error else None


def test_every_account_is_told_with_what_its_provider_says(stack: InMemoryStack) -> None:
    script(stack, QUEUED, BALANCE)
    assert {name: [state.id for state in found] for name, found in overview(stack).providers().items()} == {
        "runware": ["runware"],
        "runninghub": ["runninghub-ai", "runninghub-cn"],
        "runcomfy": ["runcomfy"],
    }
    script(stack, QUEUED, BALANCE)
    found = states(stack)
    assert found["runware"].facts.balance == "2450.75"
    hub = found["runninghub-ai"].facts
    assert (hub.balance, hub.coins, hub.running, hub.queued) == ("12.50", "177814", 1, 2)
    assert (hub.limit, hub.key_kind) == (30, "shared")
    assert [error(state) for state in found.values()] == [None] * 4


def test_account_without_a_key_is_not_asked(stack: InMemoryStack) -> None:
    script(stack, QUEUED, BALANCE)
    state = states(stack)["runninghub-cn"]
    assert (state.configured, state.selected, state.currency, state.error) == (False, False, "CNY", None)
    assert stack.runninghub_cn.requests == []


def test_first_account_with_a_key_is_the_selected_one(stack: InMemoryStack) -> None:
    stack.secrets.api_keys = {"runninghub-cn": "cn-key-123"}
    stack.runninghub_cn.answers.extend([QUEUED, BALANCE])
    found = states(stack)
    assert [state.id for state in found.values() if state.selected] == ["runninghub-cn"]
    stack.secrets.api_keys["runninghub-ai"] = "ai-key-123"
    stack.runninghub_cn.answers.extend([QUEUED, BALANCE])
    stack.runninghub.answers.extend([QUEUED, BALANCE])
    found = states(stack)
    assert [state.id for state in found.values() if state.selected] == ["runninghub-ai"]
    assert found["runninghub-cn"].configured


def test_currency_is_what_the_provider_says_else_the_accounts(stack: InMemoryStack) -> None:
    dollars = response(200, {"code": 0, "data": STATUS | {"currency": "EUR"}})
    script(stack, QUEUED, dollars)
    found = states(stack)
    assert {state.id: state.currency for state in found.values()} == {
        "runware": "USD",
        "runninghub-ai": "EUR",
        "runninghub-cn": "CNY",
        "runcomfy": "USD",
    }


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (NeverSent("no route"), "provider_unavailable"),
        (ReplyLost("too slow"), "provider_unavailable"),
        (refusal(401, "invalidApiKey"), "provider_auth_failed"),
        (response(200, {"data": [{"balance": "rich"}]}), "unreadable_answer"),
        (HttpResponse(500, {}, b"<html>"), "unreadable_answer"),
        (HttpResponse(200, {}, b"\xff" * 50), "unreadable_answer"),
    ],
)
def test_trouble_of_one_account_is_told_there_and_hides_no_other(
    stack: InMemoryStack, answer: Answer, code: str
) -> None:
    script(stack, QUEUED, BALANCE, runware=answer)
    found = states(stack)
    assert (error(found["runware"]), found["runware"].configured, found["runware"].selected) == (
        code,
        True,
        True,
    )
    assert (error(found["runninghub-ai"]), found["runninghub-ai"].facts.limit) == (None, 30)


def test_one_refused_question_leaves_what_the_other_told(stack: InMemoryStack) -> None:
    script(stack, NO_KEY, BALANCE)
    state = states(stack)["runninghub-ai"]
    assert (error(state), state.error and state.error.provider_code) == ("provider_auth_failed", "802")
    assert (state.facts.coins, state.facts.limit) == ("177814", None)


@pytest.mark.parametrize(
    ("answer", "balance", "code"),
    [
        (response(200, COMFY), "5.00", None),
        (response(404, {"message": "Not Found"}), None, None),
        (response(200, {"error_code": 400004}), None, "provider_auth_failed"),
        (response(403, {"message": "Forbidden"}), None, "provider_auth_failed"),
        (response(200, {"balance_usd": "rich"}), None, "unreadable_answer"),
        (ReplyLost("too slow"), None, "provider_unavailable"),
    ],
)
def test_runcomfy_tells_its_balance_or_nothing_or_the_trouble(
    stack: InMemoryStack, answer: Answer, balance: str | None, code: str | None
) -> None:
    stack.secrets.api_keys = {"runcomfy": "comfy-key-123"}
    stack.runcomfy.answers.append(answer)
    state = states(stack)["runcomfy"]
    assert (state.facts.balance, error(state)) == (balance, code)
    assert (state.configured, state.selected, state.currency) == (True, True, "USD")


def test_provider_that_does_not_answer_is_not_asked_again(stack: InMemoryStack) -> None:
    script(stack, ReplyLost("too slow"))
    assert error(states(stack)["runninghub-ai"]) == "provider_unavailable"
    assert len(stack.runninghub.requests) == 1


def test_time_is_not_spent_beyond_what_the_api_waits(stack: InMemoryStack) -> None:
    def slow(_request: HttpRequest) -> HttpResponse:
        stack.clock.advance(seconds=19)
        return RUNWARE

    script(stack, runware=slow)
    found = states(stack)
    assert (error(found["runware"]), error(found["runninghub-ai"])) == (None, "not_asked")
    assert stack.runninghub.requests == []


def test_unreadable_key_is_neither_configured_nor_not(stack: InMemoryStack) -> None:
    stack.secrets.trouble.fail_next()
    script(stack, QUEUED, BALANCE)
    found = states(stack)
    state = found["runware"]
    assert (state.configured, state.selected, error(state)) == (None, False, "unavailable")
    assert found["runninghub-ai"].selected


def test_account_behind_one_with_an_unreadable_key_is_not_called_selected(stack: InMemoryStack) -> None:
    stack.secrets.api_keys = {"runninghub-cn": "cn-key-123"}
    stack.secrets.trouble.fail_next(2)
    stack.runninghub_cn.answers.extend([QUEUED, BALANCE])
    found = states(stack)
    assert found["runninghub-cn"].configured
    assert not found["runninghub-cn"].selected


def test_gate_is_told_by_account(stack: InMemoryStack) -> None:
    now = stack.clock.now()
    stack.gates.gates["runninghub-ai"] = Gate(closed_until=now + 5_000, failures=2)
    stack.gates.gates["runninghub-cn"] = Gate(closed_until=now - 1, failures=1)
    script(stack, QUEUED, BALANCE)
    found = states(stack)
    assert {state.id: state.gate for state in found.values()} == {
        "runware": GateState(None, 0),
        "runninghub-ai": GateState(now + 5_000, 2),
        "runninghub-cn": GateState(None, 1),
        "runcomfy": GateState(None, 0),
    }


def test_unreadable_gate_leaves_what_the_provider_told(stack: InMemoryStack) -> None:
    stack.gates.trouble.fail_next()
    script(stack, QUEUED, BALANCE)
    state = states(stack)["runware"]
    assert (state.gate, error(state), state.facts.balance) == (None, "unavailable", "2450.75")


def test_key_that_a_provider_quotes_is_not_told(stack: InMemoryStack) -> None:
    quoting = response(200, {"code": 500, "msg": "key hub-key-123 is odd"})
    script(stack, quoting, quoting, runware=refusal(400, "x", message="rw-key-123"))
    assert "key-123" not in json.dumps(
        [state.error and state.error.message for state in states(stack).values()]
    )
