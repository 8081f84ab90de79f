"""References to media in a request, as a media rule has them: what each tells of itself before anybody reads it. Pure.

A media rule is `{"media": ["jpg", "png"], "max_mb": 10}`: the formats, none for any, and where it is known the largest
size. A reference is a URL or a data URI; `forms` lists those that are taken, if not all the usual ones. An extension
that says nothing is let through. A data URI that is let through becomes an object whose extension is its media type's
subtype (see inputs): that object's `s3://` URL is let through as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framehook.errors import FieldProblem
from framehook.wording import shortened, shown

MEGABYTE = 1024 * 1024
USUAL_FORMS = ("https", "s3", "data")

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "image": ("jpg", "png", "webp", "gif", "bmp", "tiff", "heic", "heif", "avif"),
    "video": ("mp4", "mov", "webm", "avi", "mkv"),
    "audio": ("mp3", "wav", "m4a", "aac", "flac", "ogg"),
}
_TYPES: Mapping[str, str] = {
    "jpg": "image/jpeg image/jpg image/pjpeg",
    "png": "image/png image/x-png",
    "webp": "image/webp",
    "gif": "image/gif",
    "bmp": "image/bmp image/x-bmp image/x-ms-bmp",
    "tiff": "image/tiff image/tif",
    "heic": "image/heic",
    "heif": "image/heif",
    "avif": "image/avif",
    "svg": "image/svg+xml",
    "mp4": "video/mp4 video/x-m4v",
    "mov": "video/quicktime video/mov",
    "webm": "video/webm",
    "avi": "video/x-msvideo video/avi video/msvideo video/vnd.avi",
    "mkv": "video/x-matroska video/matroska",
    "mp3": "audio/mpeg audio/mp3 audio/x-mp3 audio/mpeg3 audio/x-mpeg",
    "wav": "audio/wav audio/x-wav audio/wave audio/vnd.wave audio/x-pn-wav",
    "m4a": "audio/mp4 audio/m4a audio/x-m4a",
    "aac": "audio/aac audio/x-aac",
    "flac": "audio/flac audio/x-flac",
    "ogg": "audio/ogg application/ogg",
    "zip": "application/zip application/x-zip-compressed",
    "safetensors": "",
}
_MORE_EXTENSIONS: Mapping[str, str] = {"jpg": "jpe jfif", "mp4": "m4v", "mov": "qt", "ogg": "oga"}
CONTENT_TYPES: Mapping[str, str] = {name: known for known, names in _TYPES.items() for name in names.split()}

_URLS: Mapping[str, re.Pattern[str]] = {
    "https": re.compile(r"https://[^\s/?#]+(?:[/?#]\S{0,4000})?"),
    "s3": re.compile(r"s3://[^\s/]+/\S{1,1024}"),
    "asset": re.compile(r"asset://[A-Za-z0-9._-]{1,200}"),
}
_WITH_LOGIN = re.compile(r"(?i)https?://[^\s/?#]*@")
_PROSE = re.compile(r"(?i)(prompt|text|content|lyrics)$")
_DATA_URI = re.compile(r"data:([a-z]+/[A-Za-z0-9.+-]+)(?:;[A-Za-z0-9=.+-]+)*;base64,")


@dataclass(frozen=True, slots=True)
class MediaValue:
    """A reference that stands under a media rule. `path` is that of the value as it was sent; `max_bytes` is None where
    no limit is known."""

    path: str
    value: str
    accepted: tuple[str, ...]
    max_bytes: int | None


def as_media_value(rule: Mapping[str, Any], value: str, path: str) -> MediaValue:
    return MediaValue(path, value, tuple(rule["media"]), max_bytes(rule))


def max_bytes(rule: Mapping[str, Any]) -> int | None:
    return rule["max_mb"] * MEGABYTE if "max_mb" in rule else None


def format_of_type(content_type: str) -> str | None:
    """The format that a content type names, such as `jpg` for `image/jpeg`; None for one that is not known here."""
    return CONTENT_TYPES.get(content_type.partition(";")[0].strip().lower())


def is_prose(name: str) -> bool:
    """Whether a text in a field of this name is what a person wrote, never a reference; inputs goes by the same."""
    return _PROSE.search(name) is not None


def is_image(reference: str) -> bool:
    """Whether a data URI's type or an extension says that it is an image."""
    data = _DATA_URI.match(reference)
    if data:
        return data[1].startswith("image/")
    formats = _BY_EXTENSION.get(_extension(reference), frozenset())
    return bool(formats) and all(_TYPES[each].startswith("image/") for each in formats)


def login_problem(value: str, path: str) -> FieldProblem | None:
    """What is wrong with a URL that holds a user's name or password; tells nothing of them."""
    if not _WITH_LOGIN.match(value):
        return None
    message = "must be a URL without a user name or password: its host must serve it without a login"
    return FieldProblem(path, message, "invalid_media", allowed="https://<host>/<path>")


def media_problem(rule: Mapping[str, Any], value: object, path: str) -> FieldProblem | None:
    """What is wrong with a value under a media rule. Takes any value."""
    forms = rule.get("forms", USUAL_FORMS)
    if not isinstance(value, str):
        message = f"must be one reference, {in_words(forms)}, not {shown(value)}"
        return FieldProblem(path, message, "invalid_type", allowed=in_words(forms))
    data = _DATA_URI.match(value) if "data" in forms else None
    if data:
        return _data_uri_problem(rule, data, path)
    if value.startswith("data:") and "data" in forms:
        message, form = "is not a readable data URI", "data:<type>/<subtype>;base64,<data>"
        return FieldProblem(
            path, f"{message}; one is like {form}", "invalid_data_uri", shortened(value), form
        )
    return login_problem(value, path) or _url_problem(rule, value, path)


def _url_problem(rule: Mapping[str, Any], value: str, path: str) -> FieldProblem | None:
    forms = rule.get("forms", USUAL_FORMS)
    if not any(_URLS[form].fullmatch(value) for form in forms if form in _URLS):
        message = f"must be {in_words(forms)}, not {shown(value)}"
        return FieldProblem(path, message, "invalid_media", shortened(value), in_words(forms))
    extension = _extension(value)
    formats = _BY_EXTENSION.get(extension)
    if formats and rule["media"] and formats.isdisjoint(rule["media"]):
        return _wrong_format(rule, f".{extension}", value, path)
    return None


def in_words(forms: Sequence[str]) -> str:
    """`an https:// or s3:// URL or a data URI`."""
    urls = " or ".join(f"{form}://" for form in forms if form in ("https", "s3"))
    others = {"data": "a data URI", "asset": "an asset:// id"}
    words = [f"an {urls} URL", *(word for form, word in others.items() if form in forms)]
    return _either(words)


def _data_uri_problem(rule: Mapping[str, Any], data: re.Match[str], path: str) -> FieldProblem | None:
    content_type, uri = data[1], data.string
    if rule["media"] and format_of_type(content_type) not in rule["media"]:
        return _wrong_format(rule, content_type, uri, path)
    size, most = _decoded_size(uri, data.end()), max_bytes(rule)
    if most is not None and size > most:
        message = f"must be at most {rule['max_mb']} MB ({most} bytes), not {size} bytes"
        return FieldProblem(path, message, "too_large", shortened(uri), most)
    return None


def _decoded_size(uri: str, start: int) -> int:
    padding = 2 if uri.endswith("==") else 1 if uri.endswith("=") else 0
    return (len(uri) - start - padding) * 3 // 4


def _wrong_format(rule: Mapping[str, Any], found: str, value: str, path: str) -> FieldProblem:
    message = f"must be {_either(rule['media'])}, not {shortened(found)}"
    return FieldProblem(path, message, "invalid_media", shortened(value), [*rule["media"]])


def _either(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _extension(url: str) -> str:
    """What follows the last dot of the last part of the path, in lower case; nothing without a path or a dot."""
    scheme, _, rest = url.partition("://")
    if scheme == "https":
        rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    name = rest.partition("/")[2].rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def _extensions() -> dict[str, frozenset[str]]:
    """The formats that an extension may stand for: `mp4` is a video, or the sound of `audio/mp4`."""
    found: dict[str, frozenset[str]] = {}
    for known, names in _TYPES.items():
        tails = {name.partition("/")[2].partition("+")[0].rpartition(".")[2] for name in names.split()}
        for extension in (known, *tails, *_MORE_EXTENSIONS.get(known, "").split()):
            found[extension] = found.get(extension, frozenset()) | {known}
    return found


_BY_EXTENSION: Mapping[str, frozenset[str]] = _extensions()
