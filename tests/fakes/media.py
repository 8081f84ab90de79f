"""The media bucket in memory, and signed URLs that only look like it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from framehook.ports import ObjectHead
from tests.fakes.trouble import Trouble, may_fail

_FETCHED = {"fetched": "true"}


@dataclass(frozen=True, slots=True)
class StoredObject:
    body: bytes
    content_type: str = "binary/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()

    @property
    def fetched(self) -> bool:
        return self.metadata == _FETCHED

    @property
    def checksum(self) -> str:
        return "sha256:" + base64.b64encode(hashlib.sha256(self.body).digest()).decode()


class FakeMediaStore:
    def __init__(self) -> None:
        self.trouble = Trouble()
        self.objects: dict[str, StoredObject] = {}

    @may_fail
    def head(self, key: str) -> ObjectHead | None:
        found = self.objects.get(key)
        if found is None:
            return None
        return ObjectHead(len(found.body), found.etag, found.fetched, found.content_type)

    @may_fail
    def read(self, key: str, etag: str, start: int, length: int) -> bytes | None:
        found = self._matching(key, etag)
        return found.body[start : start + length] if found else None

    @may_fail
    def promote(
        self, source: str, etag: str, target: str, content_type: str, metadata: Mapping[str, str]
    ) -> str | None:
        found = self._matching(source, etag)
        if found is None:
            return None
        self.objects[target] = StoredObject(found.body, content_type, dict(metadata))
        return found.checksum

    @may_fail
    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    @may_fail
    def put(self, key: str, body: bytes, content_type: str) -> None:
        self.objects[key] = StoredObject(body, content_type)

    @may_fail
    def get(self, key: str, limit: int) -> bytes | None:
        found = self.objects.get(key)
        return found.body[:limit] if found else None

    @may_fail
    def write_stream(self, key: str, parts: Iterator[bytes]) -> int:
        body = b"".join(parts)
        self.objects[key] = StoredObject(body, metadata=_FETCHED)
        return len(body)

    def sign_get(self, key: str, file_name: str, content_type: str) -> str:
        return f"https://media.test/{key}?name={file_name}&type={content_type}"

    def _matching(self, key: str, etag: str) -> StoredObject | None:
        found = self.objects.get(key)
        return found if found and found.etag == etag else None


class FakeUploadSigner:
    def __init__(self) -> None:
        self.trouble = Trouble()

    @may_fail
    def sign_put(self, key: str) -> str:
        return f"https://uploads.test/{key}?signed=put"

    @may_fail
    def sign_input(self, key: str) -> str:
        return f"https://uploads.test/{key}?signed=get"
