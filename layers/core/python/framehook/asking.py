"""A question to a provider that is about no job. Its answer is shown to people, so the key is taken out of it first."""

from __future__ import annotations

from dataclasses import replace

from framehook.calling import AccountKey, Calling
from framehook.providers.contract import HttpRequest, HttpResponse

_SHORTEST_KEY = 8  # shorter text is no key, and may well be a part of what an answer says


def ask(calling: Calling, known: AccountKey, request: HttpRequest) -> HttpResponse:
    """The answer, which does not hold the key wherever the provider may have put it. Raises NeverSent, ReplyLost."""
    response = calling.send(known.account, request)
    if len(known.api_key) < _SHORTEST_KEY:
        return response
    return replace(response, body=response.body.replace(known.api_key.encode(), b"***"))
