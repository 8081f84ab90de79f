"""Reads the bodies RunningHub sends, in each of the forms they are known to take. Decides nothing.

New calls answer with a flat task, old ones with `{code, msg, data}`; a webhook's event holds either, as an object or
as JSON text (www.runninghub.ai/runninghub-api-doc-en/api-425761093, github.com/difyz9/runninghub-sdk-go, examples). So
a body is read as layers, from the outermost in: an inner one knows more of the task than those around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framehook.jobs import ResultFile
from framehook.providers.answer_json import load
from framehook.providers.contract import UnreadableAnswer
from framehook.providers.provider_words import error_code, without_secrets
from framehook.providers.runninghub.results import Usage, files_of, usage_of
from framehook.providers.runninghub.words import CODES, error_of, said

TASK_ID = re.compile(r"[0-9]{10,25}")

_MOST_LAYERS = 6
_MOST_WRAPPINGS = 3
_LONGEST_STATUS = 40
_NO_ID = ("", "0", "null")
_IDS = ("taskId", "task_id")

type Layer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a body says of one task. Texts are empty where it says nothing.

    `ids` are the different task ids in it; `strange_id`: it names a task, but not by what can be an id. `status` and
    `event` are in upper case. `code` is an error's, `code_key` where it was; `in_event`: it is news of the task, not of
    the call. `fine`: it says that there was no error. `old_success`: it has the old form of a success.
    """

    ids: tuple[str, ...] = ()
    strange_id: bool = False
    event: str = ""
    status: str = ""
    code: str = ""
    code_key: str = ""
    in_event: bool = False
    message: str = ""
    reason: str = ""
    fine: bool = False
    old_success: bool = False
    files: tuple[ResultFile, ...] = ()
    usage: Usage = ()


def parse(body: bytes) -> Answer:
    """Raises UnreadableAnswer for what is no JSON object, or too large or too deep."""
    document = _unwrapped(body)
    if not isinstance(document, dict):
        raise UnreadableAnswer("the body is not a JSON object")
    return _read(list(_layers(document)))


def _read(layers: Sequence[tuple[Layer, bool]]) -> Answer:
    inner = [layer for layer, _ in reversed(layers)]
    names = [name for layer in inner for key in _IDS if (name := _id(layer.get(key)))]
    code, key, around, in_event = next(_codes(layers), ("", "", {}, False))
    outputs: list[Any] = next((layer["data"] for layer in inner if _is_old_success(layer)), [])
    results = next((found for layer in inner if (found := _listed(layer.get("results")))), outputs)
    return Answer(
        ids=tuple(dict.fromkeys(name for name in names if TASK_ID.fullmatch(name))),
        strange_id=any(not TASK_ID.fullmatch(name) for name in names),
        event=_word(inner, "event"),
        status=_word(inner, "status", "taskStatus"),
        code=code,
        code_key=key,
        in_event=in_event,
        message=next((text for layer in (around, *inner) if (text := said(layer))), ""),
        reason=next((text for layer in inner if (text := _reason(layer.get("failedReason")))), ""),
        fine=not code and any(_is_zero(layer.get(key)) for layer in inner for key in CODES),
        old_success=not code and any(_is_old_success(layer) for layer in inner),
        files=files_of(results),
        usage=usage_of([*(layer.get("usage") for layer in inner), *outputs]),
    )


def _layers(document: Layer) -> Iterator[tuple[Layer, bool]]:
    """Each object, and whether it is in an event."""
    layer, in_event = document, False
    for _ in range(_MOST_LAYERS):
        yield layer, in_event
        news = layer.get("eventData")
        if news not in (None, ""):
            within, in_event = _unwrapped(news), True
            if not isinstance(within, dict):
                raise UnreadableAnswer("the event holds no object")
        else:
            within = layer.get("data")
        if not isinstance(within, dict):
            return
        layer = within


def _unwrapped(text: Any) -> Any:
    """The value of JSON text, of JSON text in a JSON text, and so on; other values as they are."""
    value = text
    for _ in range(_MOST_WRAPPINGS):
        if not isinstance(value, str | bytes):
            break
        value = load(value)
    return value


def _id(value: Any) -> str:
    """A task id as text; empty for none. A number is exact, unless it is larger than any id can be."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**25 else "too large"
    if value is None:
        return ""
    name = value.strip() if isinstance(value, str) else "no text"
    return "" if name.lower() in _NO_ID else name


def _codes(layers: Sequence[tuple[Layer, bool]]) -> Iterator[tuple[str, str, Layer, bool]]:
    """Error codes from the innermost out: the code, its key, the layer that has it, and whether that is in an event."""
    for layer, in_event in reversed(layers):
        code, key = error_of(layer)
        if code:
            yield code, key, layer, in_event


def _is_zero(value: Any) -> bool:
    return not isinstance(value, bool) and value in (0, "0")


def _is_old_success(layer: Layer) -> bool:
    return "code" in layer and not error_code(layer["code"]) and isinstance(layer.get("data"), list)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _word(layers: Sequence[Layer], *keys: str) -> str:
    words = (layer.get(key) for layer in layers for key in keys)
    texts = (word.strip().upper()[:_LONGEST_STATUS] for word in words if isinstance(word, str))
    return next((text for text in texts if text), "")


def _reason(value: Any) -> str:
    """What a node of ComfyUI failed with: its name and its words, never the traceback or the inputs."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = _unwrapped(value)
        except UnreadableAnswer:
            return ""
    if not isinstance(value, dict):
        return without_secrets(value)
    parts = (without_secrets(value.get(key)).strip() for key in ("node_name", "exception_message"))
    return ": ".join(part for part in parts if part)
