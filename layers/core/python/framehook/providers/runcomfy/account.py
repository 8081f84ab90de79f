"""How a RunComfy account stands: the balance that all its APIs are paid from. Pure.

Known from RunComfy's own clients alone: github.com/runcomfy-com/runcomfy-cli, src/cmd/balance.rs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from framehook.money import MICROS
from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.questions import AccountFacts, AccountQuestion, QuestionRefused, currency, money
from framehook.providers.runcomfy.provider import RUNCOMFY, SERVERLESS
from framehook.providers.runcomfy.questions import document_of, get


def questions(api_key: str, _new_id: Callable[[], str]) -> Sequence[AccountQuestion]:
    return (AccountQuestion(get("/prod/v2/balance", api_key, SERVERLESS), read_balance),)


def read_balance(response: HttpResponse) -> AccountFacts:
    """Nothing is told where RunComfy has no such call any more: no page of its own ever promised it. Raises
    QuestionRefused, UnreadableAnswer."""
    try:
        told = document_of(response)
    except QuestionRefused as refused:
        if RUNCOMFY.errors.http_of(refused.failure.provider_code or "", response.status) == 404:
            return AccountFacts()
        raise
    exact = told.get("balance_microdollars")
    if isinstance(exact, int) and not isinstance(exact, bool):
        balance = money(Decimal(exact) / MICROS)
    else:
        balance = money(told.get("balance_usd"))
    if balance is None:
        raise UnreadableAnswer("the answer tells no balance")
    return AccountFacts(currency=currency(told.get("currency")), balance=balance)
