"""The contract of MediaStore: ETags guard every read and copy, streams appear whole or not at all."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator

import pytest

from framehook.ports import MediaStore, ObjectHead

PART = 8 * 1024 * 1024


class MediaStoreContract(ABC):
    @pytest.fixture
    @abstractmethod
    def media(self) -> MediaStore: ...

    @pytest.fixture
    def key(self) -> str:
        return f"incoming/{uuid.uuid4()}/1/0"

    def test_head_missing_object_is_none(self, media: MediaStore, key: str) -> None:
        assert media.head(key) is None
        assert media.get(key, 10) is None
        assert media.read(key, "0" * 32, 0, 10) is None

    def test_put_then_head_and_get(self, media: MediaStore, key: str) -> None:
        media.put(key, b"0123456789", "text/plain")
        head = _head(media, key)
        assert (head.bytes, head.fetched) == (10, False)
        assert '"' not in head.etag
        assert media.get(key, 100) == b"0123456789"
        assert media.get(key, 4) == b"0123"

    def test_read_takes_the_range_of_the_object_that_was_seen(self, media: MediaStore, key: str) -> None:
        media.put(key, b"0123456789", "text/plain")
        etag = _head(media, key).etag
        assert media.read(key, etag, 0, 4) == b"0123"
        assert media.read(key, etag, 8, 100) == b"89"
        assert media.read(key, etag, 10, 5) == b""
        media.put(key, b"another", "text/plain")
        assert media.read(key, etag, 0, 4) is None

    def test_read_empty_object_is_empty(self, media: MediaStore, key: str) -> None:
        media.put(key, b"", "text/plain")
        assert media.read(key, _head(media, key).etag, 0, 4) == b""
        assert media.get(key, 4) == b""

    def test_promote_copies_and_reports_a_checksum(self, media: MediaStore, key: str) -> None:
        media.put(key, b"film", "text/plain")
        etag = _head(media, key).etag
        target = f"outputs/acme/{uuid.uuid4()}/0.mp4"
        first = media.promote(key, etag, target, "video/mp4", {"job-id": "1"})
        assert first == media.promote(key, etag, target, "video/mp4", {"job-id": "1"})
        assert first is not None
        algorithm, _, value = first.partition(":")
        assert algorithm
        assert value
        assert media.get(target, 10) == b"film"
        assert media.get(key, 10) == b"film"

    def test_promote_replaced_or_missing_source_is_none(self, media: MediaStore, key: str) -> None:
        media.put(key, b"film", "text/plain")
        etag = _head(media, key).etag
        media.put(key, b"another film", "text/plain")
        target = f"outputs/acme/{uuid.uuid4()}/0.mp4"
        assert media.promote(key, etag, target, "video/mp4", {}) is None
        assert media.promote(key + "0", etag, target, "video/mp4", {}) is None
        assert media.head(target) is None

    def test_delete_twice_is_fine(self, media: MediaStore, key: str) -> None:
        media.put(key, b"x", "text/plain")
        media.delete(key)
        media.delete(key)
        assert media.head(key) is None

    @pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART + 5])
    def test_write_stream_stores_the_whole_stream(self, media: MediaStore, key: str, size: int) -> None:
        body = bytes(range(256)) * (size // 256 + 1)
        assert media.write_stream(key, _chunks(body[:size], 1024 * 1024 + 1)) == size
        head = _head(media, key)
        assert (head.bytes, head.fetched) == (size, True)
        assert media.get(key, size + 1) == body[:size]

    @pytest.mark.parametrize("size", [10, 2 * PART])
    def test_write_stream_broken_stream_leaves_nothing(self, media: MediaStore, key: str, size: int) -> None:
        def broken() -> Iterator[bytes]:
            yield from _chunks(bytes(size), 1024 * 1024)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            media.write_stream(key, broken())
        assert media.head(key) is None

    def test_sign_get_names_the_key(self, media: MediaStore, key: str) -> None:
        assert key in media.sign_get(key, "film.mp4", "video/mp4")


def _head(media: MediaStore, key: str) -> ObjectHead:
    head = media.head(key)
    assert head is not None
    return head


def _chunks(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]
