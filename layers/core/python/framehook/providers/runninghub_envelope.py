"""RunningHub's answers of the form `{code, msg, data}` to questions: the data, or why there is none. Pure.

The code decides, never the HTTP status (it is 200 for refusals too) and never `msg`:
https://www.runninghub.ai/runninghub-api-doc-en/doc-8287467
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.provider_words import MAX_BODY, bounded_code
from framehook.providers.questions import QuestionRefused, Refusal
from framehook.providers.runninghub_errors import (
    GATEWAY,
    TOO_MANY,
    Effect,
    Meaning,
    failure_of,
    meaning_of,
    without_secrets,
)

_FINE = ("", "0", "200")
_GATEWAY = "-1"
_WRONG_ID = ("301", "1007")  # a parameter is refused: these calls have none but the id
_OUT_OF_ORDER = meaning_of("1010")


def bearer(api_key: str) -> dict[str, str]:
    """The header that carries the key; some calls want it in the body or query as well."""
    return {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}


def json_body(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def data_of(response: HttpResponse) -> Mapping[str, Any]:
    """The answer's data. Raises QuestionRefused, or UnreadableAnswer for what is no such answer."""
    try:
        document = load(response.body)
    except UnreadableAnswer:
        document = None
    if not isinstance(document, Mapping):
        raise _without_word(response.status)
    code, message = _code_of(document)
    if code not in _FINE:
        raise _refused(GATEWAY if code == _GATEWAY else meaning_of(code), code, message)
    if not 200 <= response.status < 300:
        raise _without_word(response.status)
    data = document.get("data")
    if not isinstance(data, Mapping):
        raise UnreadableAnswer("the answer holds no data")
    return data


def load(text: bytes | str) -> Any:
    """JSON of bounded size; what JSON itself does not allow (NaN) is null. Raises UnreadableAnswer."""
    if len(text) > MAX_BODY:
        raise UnreadableAnswer("the answer is too large")
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise UnreadableAnswer("the answer is not JSON") from None


def _code_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """The old calls say `code` and `msg`, the newer ones `errorCode` and `errorMessage`."""
    code = document.get("code", document.get("errorCode"))
    message = document.get("msg") or document.get("message") or document.get("errorMessage")
    if isinstance(code, bool) or not isinstance(code, int | str | None):
        raise UnreadableAnswer("the answer's code is none")
    text = bounded_code(code) if code is not None else ""
    if code != "" and code is not None and not text:
        raise UnreadableAnswer("the answer's code is none")
    return text, without_secrets(message)


def _refused(meaning: Meaning, code: str, message: str) -> QuestionRefused:
    if meaning.code == "model_unavailable" or code in _WRONG_ID:
        refusal = Refusal.NO_SUCH_THING
    elif meaning.effect is Effect.REFUSED_FOR_NOW and not meaning.alarm:
        refusal = Refusal.NOT_NOW
    else:
        refusal = Refusal.NO
    return QuestionRefused(failure_of(meaning, code, message), refusal)


def _without_word(status: int) -> QuestionRefused | UnreadableAnswer:
    if status == 429 or status >= 500:
        return _refused(TOO_MANY if status == 429 else _OUT_OF_ORDER, "", "")
    if status in (401, 403):
        return _refused(GATEWAY, "", "")
    return UnreadableAnswer(f"HTTP {status} without a readable word")
