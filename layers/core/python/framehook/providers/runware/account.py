"""How a Runware account stands: its balance. The answer also names people and keys, which are not read. Pure.

https://runware.ai/docs/platform/account-management
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from framehook.providers.contract import HttpRequest, HttpResponse, UnreadableAnswer
from framehook.providers.questions import AccountFacts, AccountQuestion, QuestionRefused, Refusal, money
from framehook.providers.runware.answers import parse
from framehook.providers.runware.errors import Effect, failure_of, meaning_of


def questions(api_key: str, new_id: Callable[[], str]) -> Sequence[AccountQuestion]:
    task = {"taskType": "accountManagement", "taskUUID": new_id(), "operation": "getDetails"}
    headers = {
        "Authorization": f"Bearer {api_key}",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    return (AccountQuestion(HttpRequest("POST", "", headers, json.dumps([task]).encode()), read_details),)


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
        raise QuestionRefused(failure_of(error, meaning), Refusal.NOT_NOW if not_now else Refusal.NO)
    told = next((item["balance"] for item in answer.items if "balance" in item), None)
    balance = money(told.get("amount") if isinstance(told, dict) else told)  # Runware's own SDK has an object
    if balance is None:
        raise UnreadableAnswer("the answer tells no balance")
    return AccountFacts(balance=balance)
