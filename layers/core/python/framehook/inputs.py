"""Media and large inputs on their way in: data URIs and long inputs go to `inputs/` in the bucket, `s3://` objects of
ours are looked at when the job comes in and become presigned GETs when it is sent. Never reads another owner's objects,
never another bucket.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from framehook.errors import FieldProblem, InvalidRequest, Unavailable
from framehook.jobs import Request
from framehook.media_references import MediaValue, format_of_type, is_prose
from framehook.ports import MediaStore, ObjectHead, UploadSigner

REQUEST_LIMIT = 256 * 1024  # of a request's JSON, data URIs apart
_MOST_MEDIA = 16  # data URIs of one request: each becomes an object
_MOST_OBJECTS = 32  # objects of one request: each is looked at while somebody waits
_MOST_PROBLEMS = 50
_TABLE_LIMIT = 100 * 1024  # a larger input is kept in the bucket; a table item holds 400 KB
_LONGEST_KEY = 1024  # docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_SPILLED_READ_LIMIT = 2 * REQUEST_LIMIT
_MOST_DEPTH = 32
_DATA_URI = re.compile(r"data:([a-z]+/[A-Za-z0-9.+-]+)(?:;[A-Za-z0-9=.+-]+)*;base64,([A-Za-z0-9+/=_-]*)")


@dataclass(frozen=True, slots=True)
class StoredMedia:
    key: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class _Reference:
    """An object of ours, named in a field of a request."""

    path: str
    value: str
    key: str


@dataclass(frozen=True, slots=True)
class InputKeeper:
    """Keeps what is too large for the table."""

    media: MediaStore
    bucket: str

    def kept(
        self, owner: str, folder: str, job_input: Mapping[str, Any], media: Sequence[MediaValue] = ()
    ) -> tuple[Mapping[str, Any], str | None]:
        """The input with its data URIs stored and referenced, and the key it was spilled to, if it is long.

        The objects that it names must be there; `media` says how large some of them may be. Idempotent: the same input
        in the same folder writes the same objects. Raises InvalidRequest before anything is written.
        """
        references = self._references(owner, job_input)
        slim, found = extracted(job_input, self.bucket, f"inputs/{owner}/{folder}")
        encoded = json.dumps(slim, ensure_ascii=False, separators=(",", ":")).encode()
        if len(encoded) > REQUEST_LIMIT:
            message = f"has {len(encoded)} bytes as JSON; at most {REQUEST_LIMIT} are taken, data URIs apart"
            raise InvalidRequest(FieldProblem("input", message, "request_too_large", allowed=REQUEST_LIMIT))
        self._check_objects(references, media)
        for item in found:
            self.media.put(item.key, item.body, item.content_type)
        if len(encoded) <= _TABLE_LIMIT:
            return slim, None
        key = f"inputs/{owner}/{folder}/request.json"
        self.media.put(key, encoded, "application/json")
        return {}, key

    def loaded(self, request: Request) -> Mapping[str, Any]:
        """The input as it was kept."""
        if request.spilled_key is None:
            return request.input
        body = self.media.get(request.spilled_key, _SPILLED_READ_LIMIT)
        if body is None:
            raise Unavailable("the job's input can't be read")
        loaded: Mapping[str, Any] = json.loads(body)
        return loaded

    def _references(self, owner: str, job_input: Mapping[str, Any]) -> Sequence[_Reference]:
        found: list[_Reference] = []

        def note(value: str, path: str) -> str:
            if value.startswith("s3://"):
                key = own_key(self.bucket, owner, value)
                if key is None:
                    allowed = [
                        f"s3://{self.bucket}/inputs/{owner}/…",
                        f"s3://{self.bucket}/outputs/{owner}/…",
                    ]
                    message = "is not an object of yours in this stack's media bucket"
                    raise InvalidRequest(FieldProblem(path, message, "foreign_object", value[:200], allowed))
                found.append(_Reference(path, value, key))
            return value

        _mapped(job_input, note, "input")
        return found

    def _check_objects(self, references: Sequence[_Reference], media: Sequence[MediaValue]) -> None:
        """One look at each object, however often it is named. Raises InvalidRequest with every problem."""
        keys = {reference.key for reference in references}
        if len(keys) > _MOST_OBJECTS:
            message = f"names {len(keys)} objects; at most {_MOST_OBJECTS} are taken, use https for the rest"
            raise InvalidRequest(FieldProblem("input", message, "too_many_objects", allowed=_MOST_OBJECTS))
        heads = {key: self._head(key) for key in sorted(keys)}
        problems = list(islice(_object_problems(references, heads, media), _MOST_PROBLEMS))
        if problems:
            raise InvalidRequest(*problems)

    def _head(self, key: str) -> ObjectHead | None:
        return self.media.head(key) if len(key.encode()) <= _LONGEST_KEY else None


@dataclass(frozen=True, slots=True)
class InputSigner:
    """Turns our own objects into URLs that a provider can read for an hour."""

    signer: UploadSigner
    bucket: str

    def signed(self, body: Mapping[str, Any], owner: str) -> Mapping[str, Any]:
        """The provider's body with our own objects as presigned GETs."""

        def sign(value: str, _path: str) -> str:
            key = own_key(self.bucket, owner, value)
            return self.signer.sign_input(key) if key else value

        signed: Mapping[str, Any] = _mapped(body, sign, "input")
        return signed


def own_key(bucket: str, owner: str, value: str) -> str | None:
    """The key of an `s3://` object that this owner may use as an input; None for anything else."""
    prefix = f"s3://{bucket}/"
    key = value.removeprefix(prefix) if value.startswith(prefix) else ""
    mine = key.startswith((f"inputs/{owner}/", f"outputs/{owner}/")) and "/../" not in f"{key}/"
    return key if mine and not key.endswith("/") else None


def _object_problems(
    references: Sequence[_Reference], heads: Mapping[str, ObjectHead | None], media: Sequence[MediaValue]
) -> Iterator[FieldProblem]:
    fields = {each.path: each for each in media}
    for reference in references:
        head, field = heads[reference.key], fields.get(reference.path)
        most = field.max_bytes if field else None
        if head is None:
            message = "does not exist in this stack's media bucket: upload it before the job is asked for"
            allowed = "an object that exists"
            yield FieldProblem(reference.path, message, "object_missing", reference.value[:200], allowed)
        elif most is not None and head.bytes > most:
            message = f"has {head.bytes} bytes; at most {most} are taken here"
            yield FieldProblem(reference.path, message, "too_large", head.bytes, most)
        elif head.bytes == 0:
            yield FieldProblem(
                reference.path, "is an empty object", "empty_object", 0, "an object with content"
            )
        elif field and not _can_be(head.content_type, field.accepted):
            message = (
                f"is an object of type {head.content_type[:60]}; taken here: {', '.join(field.accepted)}"
            )
            told = head.content_type[:60]
            yield FieldProblem(reference.path, message, "invalid_media", told, list(field.accepted))


def _can_be(content_type: str, accepted: Sequence[str]) -> bool:
    """Whether an object that says so of itself may be what is accepted; a type that says nothing may."""
    told = format_of_type(content_type)
    return told is None or not accepted or told in accepted


def extracted(
    job_input: Mapping[str, Any], bucket: str, prefix: str
) -> tuple[Mapping[str, Any], list[StoredMedia]]:
    """The input with every data URI replaced by the `s3://` object it is to become. Pure. Raises InvalidRequest."""
    found: list[StoredMedia] = []

    def extract(value: str, path: str) -> str:
        if not value.startswith("data:"):
            return value
        content_type, body = _decoded(value, path)
        if len(found) == _MOST_MEDIA:
            message = (
                f"is one data URI too many; at most {_MOST_MEDIA} are taken, use https or s3:// for the rest"
            )
            raise InvalidRequest(FieldProblem(path, message, "too_many_data_uris", allowed=_MOST_MEDIA))
        key = f"{prefix}/{len(found)}.{content_type.split('/')[1].split('+')[0]}"
        found.append(StoredMedia(key, body, content_type))
        return f"s3://{bucket}/{key}"

    slim: Mapping[str, Any] = _mapped(job_input, extract, "input")
    return slim, found


def _decoded(value: str, path: str) -> tuple[str, bytes]:
    match = _DATA_URI.fullmatch(value)
    try:
        body = base64.b64decode(match[2].translate(_URL_SAFE), validate=True) if match else b""
    except binascii.Error:
        body = b""
    if match is None or not body:
        allowed = "data:<type>/<subtype>;base64,<data>"
        raise InvalidRequest(
            FieldProblem(path, "is not a readable data URI", "invalid_data_uri", value[:60], allowed)
        )
    return match[1], body


_URL_SAFE = str.maketrans("-_", "+/")


def _mapped(value: Any, change: Callable[[str, str], str], path: str, depth: int = 0) -> Any:
    """The JSON value with `change` applied to every string that may be a reference."""
    if depth > _MOST_DEPTH:
        raise InvalidRequest(FieldProblem(path, f"is nested more than {_MOST_DEPTH} levels deep", "too_deep"))
    if isinstance(value, str):
        return change(value, path)
    if isinstance(value, Mapping):
        return {key: _member(key, item, change, path, depth) for key, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change, f"{path}[{number}]", depth + 1) for number, item in enumerate(value)]
    return value


def _member(key: str, item: Any, change: Callable[[str, str], str], path: str, depth: int) -> Any:
    if isinstance(item, str) and is_prose(key):
        return item
    return _mapped(item, change, f"{path}.{key}", depth + 1)
