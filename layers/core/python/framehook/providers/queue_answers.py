"""Reads the answers of a provider that a `queue_api.QueueApi` describes: which task one names, what it says went wrong,
how the task is, and what was made. Decides nothing about tasks or money.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from framehook.jobs import ResultFile
from framehook.money import exact_micros
from framehook.providers.answer_json import load_object
from framehook.providers.contract import UnreadableAnswer
from framehook.providers.provider_words import bounded_code, error_code, without_secrets
from framehook.providers.queue_api import WHOLE, ErrorFields, QueueApi, Reading
from framehook.providers.queue_outputs import Place, files_of
from framehook.providers.task_states import State

_LONGEST_WORD = 40
_MOST_ERRORS = 3
_OUTERMOST = ("body", "query", "path")  # of where a field stands; nobody who filled it in needs to know


@dataclass(frozen=True, slots=True)
class Answer:
    """`id` is the task's name; `strange_id`: there is one that can't be any. `code` and `message` are an error's, both
    without secrets; `is_error`: more than a remark says that there is one. Texts are empty where nothing is said."""

    document: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    strange_id: bool = False
    code: str = ""
    message: str = ""
    is_error: bool = False


def read(api: QueueApi, body: bytes) -> Answer:
    """Raises UnreadableAnswer for what is no JSON object, or too large or too deep."""
    document = load_object(body)
    names = [document[key] for key in api.ids if document.get(key) not in (None, "")]
    name = names[0] if names and isinstance(names[0], str) else ""
    fields = api.errors.fields
    code = next(filter(None, _codes(document, fields)), "")
    told = [key for key in (*fields.texts, *fields.details) if _said(document.get(key), fields)]
    return Answer(
        document=document,
        id=name if api.task_id.fullmatch(name) else "",
        strange_id=bool(names) and not api.task_id.fullmatch(name),
        code=code,
        message=_message(document, fields),
        is_error=bool(code) or any(key not in fields.remarks for key in told),
    )


def read_or_empty(api: QueueApi, body: bytes) -> Answer:
    """The same where a body that nobody can read is as good as none."""
    try:
        return read(api, body)
    except UnreadableAnswer:
        return Answer()


def word_of(document: Mapping[str, Any], fields: tuple[str, ...]) -> tuple[str, str]:
    """The first of these fields that holds a text, and the text, in lower case; both empty for none."""
    texts = ((key, document.get(key)) for key in fields)
    words = ((key, text.strip().lower()[:_LONGEST_WORD]) for key, text in texts if isinstance(text, str))
    return next((found for found in words if found[1]), ("", ""))


def state_of(answer: Answer, reading: Reading) -> tuple[str, State | None]:
    """The word that tells the state, and the state; None for a word nobody has told us of, or for none at all."""
    _, word = word_of(answer.document, reading.fields)
    if not word:
        return "", None if answer.is_error else reading.wordless
    return word, reading.words.get(word)


def made(api: QueueApi, reading: Reading, answer: Answer) -> tuple[ResultFile, ...]:
    place = Place(api.texts, api.echoes)
    held = (answer.document if key == WHOLE else answer.document.get(key) for key in reading.media)
    return next(filter(None, (files_of(value, place) for value in held)), ())


def cost_of(api: QueueApi, answer: Answer) -> int | None:
    """In millionths of a USD. Not told is not nothing."""
    amount = answer.document.get(api.cost) if api.cost else None
    return exact_micros(amount) if isinstance(amount, int | float) else None


def _codes(document: Mapping[str, Any], fields: ErrorFields) -> Iterator[str]:
    """The codes in the object itself, then those in what its errors are made of."""
    yield from (_code(document.get(key)) for key in fields.codes)
    for key in (*fields.texts, *fields.details):
        for each in _listed(document.get(key)):
            if isinstance(each, dict):
                yield from (_code(each.get(name)) for name in fields.codes)


def _code(value: Any) -> str:
    """An empty list or object is no error either."""
    return error_code(value) if value else ""


def _message(document: Mapping[str, Any], fields: ErrorFields) -> str:
    title = next(filter(None, (_said(document.get(key), fields) for key in fields.texts)), "")
    more = next(filter(None, (_said(document.get(key), fields) for key in fields.details)), "")
    return without_secrets(": ".join(part for part in (title, more) if part))


def _said(value: Any, fields: ErrorFields) -> str:
    """The text of an error that is a text, an object or a list of either."""
    parts = (_text(each, fields) for each in _listed(value)[:_MOST_ERRORS])
    return without_secrets("; ".join(part for part in parts if part))


def _text(value: Any, fields: ErrorFields) -> str:
    if not isinstance(value, dict):
        return without_secrets(value).strip()
    title = next(filter(None, (without_secrets(value.get(key)).strip() for key in fields.within)), "")
    more = next(filter(None, (without_secrets(value.get(key)).strip() for key in fields.behind)), "")
    return ": ".join(part for part in (_where(value.get("loc")), title, more) if part)


def _where(loc: Any) -> str:
    steps = [bounded_code(step) for step in _listed(loc)[:8]]
    return without_secrets(".".join(steps[1:] if steps[:1] and steps[0] in _OUTERMOST else steps))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value not in (None, "") else []
