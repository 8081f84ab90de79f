"""References to files in a body that no rule describes: whatever text may be one, wherever it stands. Pure.

RunComfy fetches files from public hosts: https, no login (docs.runcomfy.com/model-apis/quickstart). Objects of this
stack and data URIs become such URLs on their way. What a person wrote is never taken for a reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from framehook.errors import FieldProblem
from framehook.media_references import (
    MediaValue,
    as_media_value,
    in_words,
    is_image,
    is_prose,
    login_problem,
    media_problem,
)
from framehook.rules import MAX_PROBLEMS
from framehook.wording import shortened, shown

# The sizes that RunComfy's model pages name, such as www.runcomfy.com/models/openai/sora-2-pro/image-to-video/api;
# `media` is empty, since any type may be right.
_KEPT = ("s3", "data")
_IMAGE: Mapping[str, Any] = {"media": (), "max_mb": 50, "forms": _KEPT}
_FILE: Mapping[str, Any] = {"media": (), "max_mb": 100, "forms": _KEPT}
_TAKEN = in_words(("https", *_KEPT))
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://\S*")
_WITH_HOST = re.compile(r"[^:]+://[^\s/?#:]\S*")


def reference_problems(body: Mapping[str, Any], path: str, *, https_only: bool) -> list[FieldProblem]:
    """What RunComfy could not fetch. `https_only`: whatever is a URL is taken for that of a file, and no scheme but
    https will do."""
    found = (_problem(value, where, https_only) for value, where in _texts(body, path))
    return list(islice(filter(None, found), MAX_PROBLEMS))


def stored_objects(body: Mapping[str, Any], path: str) -> tuple[MediaValue, ...]:
    """The stack's own objects among the references, with the sizes that they may have."""
    return tuple(
        as_media_value(_rule(value), value, where)
        for value, where in _texts(body, path)
        if value.startswith("s3://")
    )


def _problem(value: str, path: str, https_only: bool) -> FieldProblem | None:
    if value.startswith(("s3://", "data:")):
        return media_problem(_rule(value), value, path)
    url = _URL.fullmatch(value)
    if not url:
        return None
    if problem := login_problem(value, path):
        return problem
    is_https = url[1].lower() == "https"
    if not https_only or (is_https and _WITH_HOST.fullmatch(value)):
        return None
    told = f"{url[1]}://…" if "@" in value else value  # there may be a password before it
    message = f"must be {_TAKEN}, since RunComfy fetches nothing else, not {shown(told)}"
    if is_https:
        message += ", which names no host"
    return FieldProblem(path, message, "invalid_media", shortened(told), _TAKEN)


def _rule(value: str) -> Mapping[str, Any]:
    return _IMAGE if is_image(value) else _FILE


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text that may be a reference, with its path; the depth of what is walked is bounded by its check."""
    if isinstance(value, str):
        yield value, path
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if not (isinstance(item, str) and is_prose(name)):
                yield from _texts(item, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")
