"""RunningHub's answers of the form `{code, msg, data}` to questions: the data, or why there is none. Pure.

The code decides, never the HTTP status (it is 200 for refusals too) and never `msg`:
https://www.runninghub.ai/runninghub-api-doc-en/doc-8287467
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.error_meanings import Effect, Meaning, failure_of
from framehook.providers.provider_words import UNREADABLE
from framehook.providers.questions import QuestionRefused, Refusal
from framehook.providers.runninghub.errors import meaning_for_question, meaning_of, refusal_of
from framehook.providers.runninghub.words import error_of, opened, said

_WRONG_ID = ("301", "1007")  # a parameter is refused: these calls have none but the id
_OUT_OF_ORDER = meaning_of("1010")


def data_of(response: HttpResponse) -> Mapping[str, Any]:
    """The answer's data. Raises QuestionRefused, or UnreadableAnswer for what is no such answer."""
    document = opened(response.body)
    if document is None:
        raise _without_word(response.status)
    code, _ = error_of(document)
    if code == UNREADABLE:
        raise UnreadableAnswer("the answer's code is none")
    if code:
        raise _refused(meaning_for_question(code), code, said(document))
    if not 200 <= response.status < 300:
        raise _without_word(response.status)
    data = document.get("data")
    if not isinstance(data, Mapping):
        raise UnreadableAnswer("the answer holds no data")
    return data


def _refused(meaning: Meaning, code: str, message: str) -> QuestionRefused:
    if meaning.code == "model_unavailable" or code in _WRONG_ID:
        refusal = Refusal.NO_SUCH_THING
    elif meaning.effect is Effect.REFUSED_FOR_NOW and not meaning.alarm:
        refusal = Refusal.NOT_NOW
    else:
        refusal = Refusal.NO
    return QuestionRefused(failure_of(meaning, code, message), refusal)


def _without_word(status: int) -> QuestionRefused | UnreadableAnswer:
    if status >= 500:
        return _refused(_OUT_OF_ORDER, "", "")
    if status in (401, 403, 429):
        return _refused(refusal_of("", status), "", "")
    return UnreadableAnswer(f"HTTP {status} without a readable word")
