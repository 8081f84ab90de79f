"""Questions to RunComfy about no job, as requests, and their answers: the document, or why there is none. Pure.

A code decides, then the HTTP status, never a text. A refusal may come with HTTP 200:
github.com/runcomfy-com/runcomfy-mcp, runcomfy_client.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.providers import json_calls
from framehook.providers.contract import HttpRequest, HttpResponse, UnreadableAnswer
from framehook.providers.error_meanings import Effect, Meaning, failure_of
from framehook.providers.provider_words import UNREADABLE
from framehook.providers.questions import QuestionRefused, Refusal
from framehook.providers.queue_answers import Answer, read
from framehook.providers.runcomfy.provider import RUNCOMFY

# Of all that these questions hold, the id alone is not ours.
_ABOUT_THE_ID = ("model_unavailable", "invalid_request")
_OUT_OF_ORDER = Meaning("provider_unavailable", "the service is out of order", Effect.REFUSED_FOR_NOW)


def get(path: str, api_key: str, service: str = "") -> HttpRequest:
    return json_calls.get(path, f"Bearer {api_key}", service)


def document_of(response: HttpResponse) -> Mapping[str, Any]:
    """The answer as it is. Raises QuestionRefused, or UnreadableAnswer for what is neither."""
    fine = 200 <= response.status < 300
    try:
        answer = read(RUNCOMFY, response.body)
    except UnreadableAnswer:
        if fine:
            raise
        answer = Answer()
    if answer.code or not fine:
        raise _refused(answer, response.status)
    return answer.document


def _refused(answer: Answer, status: int) -> QuestionRefused | UnreadableAnswer:
    errors, code = RUNCOMFY.errors, "" if answer.code == UNREADABLE else answer.code
    meaning = errors.of_code(code) or errors.by_status.get(status)
    if meaning is None and status >= 500:
        meaning = _OUT_OF_ORDER
    if meaning:
        return QuestionRefused(failure_of(meaning, code, answer.message), _refusal_of(meaning))
    if code:
        return QuestionRefused(failure_of(errors.other, code, answer.message))
    return UnreadableAnswer(f"HTTP {status} without a readable word")


def _refusal_of(meaning: Meaning) -> Refusal:
    if meaning.code in _ABOUT_THE_ID:
        return Refusal.NO_SUCH_THING
    worth_another_try = meaning.effect is not Effect.REFUSED and not meaning.alarm
    return Refusal.NOT_NOW if worth_another_try else Refusal.NO
