"""Reads what a finished task of RunningHub made, and what it used: the items of `results` and `usage`. Decides nothing.

Items name their URL and type differently from call to call: github.com/HM-RunningHub/ComfyUI_RH_OpenAPI (core/task.py)
reads them all. The type is a file's extension, never a MIME type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from framehook.jobs import ResultFile
from framehook.money import exact_micros
from framehook.providers.file_types import MEDIA_TYPES, type_of_text
from framehook.providers.provider_words import short, url_of, valid

_MOST_FILES = 32
_URLS = ("url", "outputUrl", "fileUrl")
_TEXTS = ("text", "content", "output")
_TYPES = ("outputType", "fileType")
_MEASURES: Mapping[str, str] = {
    "consumeMoney": "consume_money",  # for machine time, in the account's currency
    "consumeCoins": "consume_coins",
    "taskCostTime": "task_cost_time",  # in seconds of ComfyUI; 0 for standard models
    "thirdPartyConsumeMoney": "third_party_consume_money",  # for the call of a model
}
_PRICES = ("consume_money", "third_party_consume_money")
_DECIMAL = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?")

type Usage = tuple[tuple[str, str], ...]


def files_of(items: Sequence[Any]) -> tuple[ResultFile, ...]:
    """What of these items can be had: a URL to fetch, or a text."""
    return tuple(islice(_files(items), _MOST_FILES))


def usage_of(sources: Sequence[Any]) -> Usage:
    """What the task used, by name, as it was said: of each measure, the first that is not null.

    It comes in one object, or with each file in the old form.
    """
    found = {}
    for key, name in _MEASURES.items():
        texts = (_decimal(source.get(key)) for source in sources if isinstance(source, dict))
        text = next((text for text in texts if text is not None), None)
        if text is not None:
            found[name] = text
    return tuple(found.items())


def cost_of(usage: Usage) -> int | None:
    """What the task cost, in millionths of the account's currency. Not told is not nothing; coins are no money."""
    prices = [exact_micros(text) for name, text in usage if name in _PRICES]
    known = [price for price in prices if price is not None]
    return sum(known) if known else None


def _files(items: Sequence[Any]) -> Iterator[ResultFile]:
    for each in items:
        item = each if isinstance(each, dict) else {"url": each}
        url = next(filter(None, (url_of(item.get(key)) for key in _URLS)), None)
        texts = (item.get(key) for key in _TEXTS)
        text = next((text for text in texts if isinstance(text, str) and text), None)
        extension = _extension(item)
        if url is not None:
            yield ResultFile(url=url, provider_id=_node(item), media_type=MEDIA_TYPES.get(extension))
        elif text is not None:
            media_type = "application/json" if extension == "json" else type_of_text(text)
            yield ResultFile(text=valid(text), provider_id=_node(item), media_type=media_type)


def _extension(item: Mapping[str, Any]) -> str:
    words = (item.get(key) for key in _TYPES)
    return next((word.strip().lstrip(".").lower() for word in words if isinstance(word, str) and word), "")


def _node(item: Mapping[str, Any]) -> str | None:
    """The node of the workflow that made it: what RunningHub calls the place where a file came from."""
    node = item.get("nodeId")
    whole = isinstance(node, int) and not isinstance(node, bool) and abs(node) < 2**63
    return str(node) if whole else short(node)


def _decimal(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and abs(value) >= 10**20:
        return None
    text = f"{Decimal(str(value)):f}" if isinstance(value, float) else str(value).strip()
    return text if _DECIMAL.fullmatch(text) else None
