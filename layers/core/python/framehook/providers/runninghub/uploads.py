"""How files get to RunningHub, to be named in a workflow's nodes: the upload of a resource, and of a LoRA. Pure.

A resource is one call: https://www.runninghub.ai/runninghub-api-doc-en/api-425761099. A LoRA is told by its MD5, gets a
place in RunningHub's storage and is PUT there; only the node RHLoraLoader knows it:
https://apifox.com/apidoc/docs-site/5441421/api-276642712. Neither costs anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framehook.errors import Failure
from framehook.media_references import MEGABYTE
from framehook.providers.contract import HttpRequest, HttpResponse, UnreadableAnswer
from framehook.providers.error_meanings import Effect, failure_of
from framehook.providers.json_calls import headers
from framehook.providers.provider_words import url_of
from framehook.providers.questions import QuestionRefused
from framehook.providers.runninghub.calls import LORA_PLACE, old_post
from framehook.providers.runninghub.envelope import data_of
from framehook.providers.runninghub.errors import meaning_for_question

RESOURCE_MEGABYTES = 30
LORA_MEGABYTES = 500  # ours: no limit is documented, and it is held on a function's disk
RESOURCE_LIMIT = RESOURCE_MEGABYTES * MEGABYTE
LORA_LIMIT = LORA_MEGABYTES * MEGABYTE
FIELD = "file"

_NAME = re.compile(r"\w[\w. /-]{0,199}")
_TOO_LARGE = ("809", "1008")
_PAYLOAD_TOO_LARGE = 413
# An unknown key, and a file that can't be processed: what a submission is well advised to try again is not mended here.
_FINAL = ("401", "1013")


@dataclass(frozen=True, slots=True)
class UploadRefused:
    """RunningHub did not take the file. `retryable`: it may do so later."""

    failure: Failure
    retryable: bool


@dataclass(frozen=True, slots=True)
class LoraPlace:
    """Where a LoRA goes, and its name there. `url` is None where RunningHub has a file with this MD5 already."""

    file_name: str
    url: str | None


def upload(api_key: str) -> HttpRequest:
    """The upload of a resource, as a form with the file in FIELD."""
    return HttpRequest("POST", "/openapi/v2/media/upload/binary", headers(f"Bearer {api_key}"), b"")


def read_upload(response: HttpResponse) -> str | UploadRefused:
    """The name under which nodes load the file. Never raises."""
    data = _data(response)
    return data if isinstance(data, UploadRefused) else _file_name(data)


def lora_place(api_key: str, lora_name: str, md5_hex: str) -> HttpRequest:
    """The question where this LoRA is to go."""
    return old_post(LORA_PLACE, {"loraName": lora_name, "md5Hex": md5_hex}, api_key)


def read_lora_place(response: HttpResponse) -> LoraPlace | UploadRefused:
    """Never raises. The URL is as it came: whoever uses it must check its host, and send no credential there."""
    data = _data(response)
    if isinstance(data, UploadRefused):
        return data
    name, url = _file_name(data), data.get("url")
    if isinstance(name, UploadRefused):
        return name
    if not url:
        return LoraPlace(name, None)
    place = url_of(url)
    return LoraPlace(name, place) if place else _unreadable("no usable address to upload to")


def read_lora_upload(response: HttpResponse) -> UploadRefused | None:
    """What the storage made of the PUT; None: it has the file. Never raises."""
    status = response.status
    if 200 <= status < 300:
        return None
    if status == _PAYLOAD_TOO_LARGE:
        return _too_large(str(status))
    # Anything else may be mended by a new place: the one that was named may have expired.
    return UploadRefused(
        Failure("provider_error", f"RunningHub's storage answered HTTP {status}", str(status)), retryable=True
    )


def _data(response: HttpResponse) -> Mapping[str, Any] | UploadRefused:
    try:
        return data_of(response)
    except QuestionRefused as refused:
        return _refused(refused.failure, response.status)
    except UnreadableAnswer as unreadable:
        if response.status == _PAYLOAD_TOO_LARGE:
            return _too_large(str(response.status))
        return _unreadable(str(unreadable))


def _refused(failure: Failure, status: int) -> UploadRefused:
    code = failure.provider_code or ""
    if code in _TOO_LARGE or status == _PAYLOAD_TOO_LARGE:
        return _too_large(code or str(status))
    meaning = meaning_for_question(code)
    # Good keys are refused with HTTP 401 at times: whatever the code, that is no last word.
    final = (meaning.effect is Effect.REFUSED or code in _FINAL) and status != 401
    # In our words: RunningHub's may repeat what they were sent.
    return UploadRefused(failure_of(meaning, code) if code else failure, retryable=not final)


def _too_large(code: str) -> UploadRefused:
    return UploadRefused(Failure("input_too_large", "the file is too large for RunningHub", code), False)


def _file_name(data: Mapping[str, Any]) -> str | UploadRefused:
    """It goes into the workflow as it is, so it must be a plain relative path."""
    name = data.get("fileName")
    if isinstance(name, str) and _NAME.fullmatch(name) and ".." not in name:
        return name
    return _unreadable("no usable file name")


def _unreadable(why: str) -> UploadRefused:
    return UploadRefused(Failure("provider_error", f"RunningHub's answer can't be used: {why}"), True)
