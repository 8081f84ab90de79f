"""Reads the bodies Runware sends, in each of the forms it is known to use, as results and errors of tasks.

The wrapper is `{"data": […], "errors": […]}` by the documentation; single objects, a lone `error` and
items without a wrapper are met as well (runware.ai/docs/platform/errors, its public SDKs). Decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from framehook.jobs import ResultFile
from framehook.money import to_micros
from framehook.providers.answer_json import load
from framehook.providers.contract import Report, StillRunning, Succeeded, UnreadableAnswer
from framehook.providers.provider_words import (
    MAX_ID,
    bounded_code,
    bounded_message,
    seconds,
    short,
    url_of,
    valid,
)
from framehook.providers.runware.errors import KEPT_URLS, RunwareError
from framehook.providers.task_states import State

_MOST_ITEMS = 200
_MOST_FILES = 32

_ALIVE = ("processing", "queued", "pending", "scheduled", "waiting", "running")
_STATES: Mapping[str, State] = {
    **dict.fromkeys(_ALIVE, State.ALIVE),
    **dict.fromkeys(("error", "failed"), State.FAILED),
    "success": State.SUCCEEDED,
}
_INLINE = ("URL", "DataURI", "Base64Data")  # a URL that can't be used counts as data that can't
_OUR_URLS = frozenset(("webhookURL", "inputImageURL", "documentationURL"))
_STRUCTURED = ("caption", "imageMasking", "promptEnhance", "training", "tools")  # results may have no file
_NOT_A_RESULT = _OUR_URLS | {
    *("taskType", "taskUUID", "status", "cost", "seed", "progress", "model", "deliveryMethod", "NSFWContent"),
    *("error", "errors", "code", "message", "documentation", "parameter", "type"),
}

type Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    items: tuple[Item, ...]
    errors: tuple[RunwareError, ...]


def parse(body: bytes) -> Answer:
    """Raises UnreadableAnswer for what is not JSON, too large or too deep. An answer may be empty."""
    document = load(body)
    if not isinstance(document, list | dict) or document == {}:
        raise UnreadableAnswer("the body holds neither results nor errors")
    return _read(document)


def task_id_of(item: Item) -> str | None:
    value = item.get("taskUUID")
    return value.lower() if isinstance(value, str) and len(value) <= MAX_ID else None


def report_of(item: Item, task_id: str) -> Report:
    """A result, or that the task is still running: a status nobody knows is not an end."""
    files = _files(item)
    if files is None:
        return StillRunning(task_id)
    outputs = item.get("outputs")
    video_id = outputs.get("videoId") if isinstance(outputs, dict) else None
    seed = item.get("seed")
    return Succeeded(
        task_id,
        files,
        seed=seed if isinstance(seed, int) and not isinstance(seed, bool) and abs(seed) < 2**63 else None,
        video_id=short(video_id),
        cost=to_micros(item.get("cost")),
    )


def _read(document: Any) -> Answer:
    items: list[Item] = []
    errors: list[RunwareError] = []
    if isinstance(document, list):
        _sort(document, items, errors)
    elif isinstance(document, dict):
        if not any(key in document for key in ("data", "errors")):
            _sort([document], items, errors)
        else:
            _sort(_as_list(document.get("data")), items, errors)
            faults = _as_list(document.get("errors")) or _as_list(document.get("error"))
            errors += (_error(fault, document) for fault in faults)
    return Answer(tuple(items), tuple(errors))


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value[:_MOST_ITEMS]
    return [value] if value else []


def _sort(values: list[Any], items: list[Item], errors: list[RunwareError]) -> None:
    for value in values[:_MOST_ITEMS]:
        if not isinstance(value, dict):
            continue
        inner = _as_list(value.get("error") or value.get("errors"))
        failed = _state(value) is State.FAILED
        if not failed and _files(value) is not None:
            items.append(value)
        elif inner or failed or "code" in value:
            errors += (_error(fault, value) for fault in inner or [value])
        else:
            items.append(value)


def _error(fault: Any, around: Mapping[str, Any]) -> RunwareError:
    """An error in any of its forms. What it does not say itself is taken from the object `around` it."""
    if not isinstance(fault, dict):
        fault = {"message": fault}
    wait = fault.get("retryAfter", around.get("retryAfter"))
    return RunwareError(
        task_id=task_id_of(fault) or task_id_of(around),
        code=bounded_code(fault.get("code") or around.get("code")),
        message=bounded_message(fault.get("message") or around.get("message"), KEPT_URLS),
        marked=State.FAILED in (_state(fault), _state(around)),
        retry_after=seconds(wait),
        cost=to_micros(fault.get("cost") or around.get("cost")),
    )


def _state(item: Item) -> State | None:
    """None for a word that nobody knows, or for none at all."""
    word = item.get("status")
    return _STATES.get(word) if isinstance(word, str) else None


def _files(item: Item) -> tuple[ResultFile, ...] | None:
    """The files of a finished task; None while it has not finished.

    Inline data (we ask for URLs) is a success without a file: too large to keep with the job, and the same
    bytes are PUT to the upload URL. So what was paid for is never taken for a failure.
    """
    if _state(item) is State.ALIVE:
        return None
    urls = tuple(_url_files(item))
    if urls:
        return urls[:_MOST_FILES]
    if any(value and name.endswith(_INLINE) and name not in _OUR_URLS for name, value in item.items()):
        return ()
    if isinstance(item.get("text"), str):
        return (ResultFile(text=valid(item["text"]), media_type="text/plain"),)
    found = {name: value for name, value in item.items() if name not in _NOT_A_RESULT}
    if found and item.get("taskType") in _STRUCTURED:
        return _structured(found)
    return () if _state(item) is State.SUCCEEDED else None


def _structured(found: Mapping[str, Any]) -> tuple[ResultFile, ...]:
    try:
        text = json.dumps(found, ensure_ascii=True)
    except (ValueError, RecursionError):
        return ()
    return (ResultFile(text=text, media_type="application/json"),)


def _url_files(item: Item) -> Iterator[ResultFile]:
    for name, value in item.items():
        url = url_of(value) if name.endswith("URL") and name not in _OUR_URLS else None
        if url:
            yield ResultFile(url=url, provider_id=short(item.get(f"{name.removesuffix('URL')}UUID")))
    outputs = item.get("outputs")
    files = outputs.get("files") if isinstance(outputs, dict) else None
    for file in _as_list(files):
        url = url_of(file.get("url")) if isinstance(file, dict) else None
        if url:
            yield ResultFile(url=url, provider_id=short(file.get("uuid")))
