"""How a RunningHub account stands: its queue, its kind of key, its money and coins. Pure.

https://www.runninghub.ai/runninghub-api-doc-en has both calls; numbers come as text and as numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from framehook.providers import json_calls
from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.questions import AccountFacts, AccountQuestion, count, currency, money, units
from framehook.providers.runninghub.calls import ACCOUNT, old_post
from framehook.providers.runninghub.envelope import data_of

_KEY_KIND = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}")


def questions(api_key: str, _new_id: Callable[[], str]) -> Sequence[AccountQuestion]:
    """The queue tells more of the key and of what runs, so it comes first."""
    queue = json_calls.get("/openapi/v2/queue/status", f"Bearer {api_key}")
    status = old_post(ACCOUNT, {}, api_key, key_field="apikey")  # the one call that spells it so
    return (AccountQuestion(queue, read_queue), AccountQuestion(status, read_status))


def read_queue(response: HttpResponse) -> AccountFacts:
    data = _with(data_of(response), "apiKeyType", "concurrentLimit", "runningCount", "queuedCount")
    return AccountFacts(
        running=count(data.get("runningCount")),
        queued=count(data.get("queuedCount")),
        limit=count(data.get("concurrentLimit")),
        key_kind=_key_kind(data.get("apiKeyType")),
    )


def read_status(response: HttpResponse) -> AccountFacts:
    data = _with(data_of(response), "remainCoins", "remainMoney", "currentTaskCounts", "apiType")
    return AccountFacts(
        currency=currency(data.get("currency")),
        balance=money(data.get("remainMoney")),
        coins=units(data.get("remainCoins")),
        running=count(data.get("currentTaskCounts")),
        key_kind=_key_kind(data.get("apiType")),
    )


def _with(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    if not any(name in data for name in names):
        raise UnreadableAnswer("the answer tells nothing of the account")
    return data


def _key_kind(word: object) -> str | None:
    if word is None or word == "":
        return None
    if not isinstance(word, str) or not _KEY_KIND.fullmatch(word):
        raise UnreadableAnswer("the kind of key is no word")
    return word.lower()
