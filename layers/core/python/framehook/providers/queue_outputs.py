"""What a task made, of what its answer says: files by URL, and texts. Knows no provider; decides nothing.

It may be a URL, a list, an object by kind, or, from ComfyUI, an object by node with a list for each of its channels.
The caller hands over what holds results; what repeats the input within it is passed over. Any shape may come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from framehook.jobs import ResultFile
from framehook.providers.file_types import type_of_name, type_of_text, type_of_url
from framehook.providers.provider_words import short, url_of, valid

_MOST_FILES = 32
_DEEPEST = 8
_MEDIA_TYPE = re.compile(r"(?:image|video|audio|model|text)/[\w.+-]{1,80}", re.ASCII)
_FAMILIES: Mapping[str, str] = {
    word: family
    for family, words in {
        "image": "image images img imgs picture pictures gif gifs",
        "video": "video videos",
        "audio": "audio audios",
        "model": "mesh meshes glb 3d",
    }.items()
    for word in words.split()
}
_SENT, _PASSING = (
    "input",
    "temp",
)  # ComfyUI's words for a file that was given to it, and for one that it won't keep


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the answer something stands: below which key, made by which node. `texts` and `echoes` are as in
    `queue_api.QueueApi`."""

    texts: frozenset[str]
    echoes: re.Pattern[str]
    key: str = ""
    node: str | None = None
    depth: int = 0

    @property
    def family(self) -> str | None:
        words = self.key.lower().split("_")
        found = (_FAMILIES[word] for word in reversed(words) if word in _FAMILIES)
        return next((f"{family}/*" for family in found), None)


def files_of(value: Any, place: Place) -> tuple[ResultFile, ...]:
    """Every file once, in order, and at most 32. Files that ComfyUI won't keep count where there is nothing else."""
    kept = (file for file, passing in _found(value, place) if not passing)
    every = (file for file, _ in _found(value, place))
    return _first(kept) or _first(every)


def _first(files: Iterator[ResultFile]) -> tuple[ResultFile, ...]:
    """The same URL may be told under two keys, such as `video` and `videos`."""
    found: dict[object, ResultFile] = {}
    for file in files:
        found.setdefault(file.url or (file.text, file.provider_id), file)
        if len(found) == _MOST_FILES:
            break
    return tuple(found.values())


def _found(value: Any, place: Place) -> Iterator[tuple[ResultFile, bool]]:
    """Each file, and whether it is one that won't be kept."""
    if place.depth > _DEEPEST:
        return
    if place.key.lower() in place.texts and isinstance(value, str | list):
        yield from ((file, False) for file in _texts(value, place))
    elif isinstance(value, str):
        yield from ((file, False) for file in _file(value, {}, place))
    elif isinstance(value, list):
        for each in value:
            yield from _found(each, replace(place, depth=place.depth + 1))
    elif isinstance(value, dict):
        yield from _in_object(value, place)


def _in_object(value: Mapping[str, Any], place: Place) -> Iterator[tuple[ResultFile, bool]]:
    if isinstance(value.get("url"), str):
        told = () if value.get("type") == _SENT else _file(value["url"], value, place)
        yield from ((file, value.get("type") == _PASSING) for file in told)
        return
    for key, each in value.items():
        if place.echoes.fullmatch(key):
            continue
        below = replace(place, key=key, depth=place.depth + 1)
        is_node = not place.depth and below.family is None and isinstance(each, dict) and "url" not in each
        yield from _found(each, replace(below, node=short(key)) if is_node else below)


def _file(said: str, item: Mapping[str, Any], place: Place) -> Iterator[ResultFile]:
    url = url_of(said)
    if url is not None:
        media_type = _type_in(item) or type_of_url(url) or _declared(item) or place.family
        yield ResultFile(url=url, provider_id=place.node, media_type=media_type)


def _type_in(item: Mapping[str, Any]) -> str | None:
    """By its name: an archive may be listed among images."""
    names = (item.get(key) for key in ("filename", "file_name"))
    return next((found for name in names if isinstance(name, str) and (found := type_of_name(name))), None)


def _declared(item: Mapping[str, Any]) -> str | None:
    said = item.get("content_type")
    return said if isinstance(said, str) and _MEDIA_TYPE.fullmatch(said) else None


def _texts(value: Any, place: Place) -> Iterator[ResultFile]:
    """One text of all that stands here; where that is the URL of a file, the file."""
    parts = list(_strings(value, place.depth))
    whole = parts[0].strip() if len(parts) == 1 else ""
    if url_of(whole) and type_of_url(whole) and not re.search(r"\s", whole):
        yield from _file(whole, {}, place)
        return
    # ComfyUI takes a text that a node hands over in place of a list of texts for a list of letters.
    spelled = all(len(part) == 1 for part in parts)
    text = valid(("" if spelled else "\n").join(parts))
    if text.strip():
        yield ResultFile(text=text, provider_id=place.node, media_type=type_of_text(text))


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth <= _DEEPEST:
        for each in value:
            yield from _strings(each, depth + 1)
