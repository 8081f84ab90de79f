"""How a Runware account stands: its balance. The answer also names people and keys, which are not read. Pure.

https://runware.ai/docs/platform/account-management
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from framehook.providers import json_calls
from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.error_meanings import Effect, failure_of
from framehook.providers.questions import AccountFacts, AccountQuestion, QuestionRefused, Refusal, money
from framehook.providers.runware.answers import parse
from framehook.providers.runware.errors import meaning_of


def questions(api_key: str, new_id: Callable[[], str]) -> Sequence[AccountQuestion]:
    task = {"taskType": "accountManagement", "taskUUID": new_id(), "operation": "getDetails"}
    return (AccountQuestion(json_calls.post("", [task], f"Bearer {api_key}"), read_details),)


def read_details(response: HttpResponse) -> AccountFacts:
    """Raises QuestionRefused, UnreadableAnswer."""
    try:
        answer = parse(response.body)
    except UnreadableAnswer:
        raise UnreadableAnswer(f"HTTP {response.status} without a readable word") from None
    if answer.errors:
        error = answer.errors[0]
        meaning = meaning_of(error.code, response.status)
        not_now = meaning.effect is Effect.REFUSED_FOR_NOW
        failure = failure_of(meaning, error.code, error.message)
        raise QuestionRefused(failure, Refusal.NOT_NOW if not_now else Refusal.NO)
    told = next((item["balance"] for item in answer.items if "balance" in item), None)
    balance = money(told.get("amount") if isinstance(told, dict) else told)  # Runware's own SDK has an object
    if balance is None:
        raise UnreadableAnswer("the answer tells no balance")
    return AccountFacts(balance=balance)
