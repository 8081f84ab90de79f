"""The S3 adapter keeps the contract of MediaStore on the local AWS, and its links work."""

from __future__ import annotations

from typing import TYPE_CHECKING, override

import httpx
import pytest

from framehook.adapters.s3_media import S3MediaStore
from framehook.ports import MediaStore
from tests.contracts.media_store import PART, MediaStoreContract

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class TestS3MediaStore(MediaStoreContract):
    @override
    @pytest.fixture
    def media(self, s3: S3Client, bucket: str) -> MediaStore:
        return S3MediaStore(s3, bucket)


def test_promote_sets_type_and_metadata(s3: S3Client, bucket: str) -> None:
    media = S3MediaStore(s3, bucket)
    media.put("incoming/1", b"film", "text/plain")
    head = media.head("incoming/1")
    assert head is not None
    media.promote("incoming/1", head.etag, "outputs/1.mp4", "video/mp4", {"job-id": "7"})
    stored = s3.head_object(Bucket=bucket, Key="outputs/1.mp4")
    assert (stored["ContentType"], stored["Metadata"]) == ("video/mp4", {"job-id": "7"})


def test_write_stream_broken_stream_leaves_no_upload_behind(s3: S3Client, bucket: str) -> None:
    media = S3MediaStore(s3, bucket)
    chunks = (bytes(PART) if number < 2 else 1 // 0 and b"" for number in range(3))
    with pytest.raises(ZeroDivisionError):
        media.write_stream("incoming/1", chunks)  # type: ignore[arg-type]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_sign_get_shows_the_file_under_its_name(s3: S3Client, bucket: str) -> None:
    media = S3MediaStore(s3, bucket)
    media.put("outputs/1.mp4", b"film", "text/plain")
    reply = httpx.get(media.sign_get("outputs/1.mp4", 'my "film"\n.mp4', "video/mp4"))
    assert (reply.status_code, reply.content) == (200, b"film")
    assert reply.headers["content-type"] == "video/mp4"
    assert reply.headers["content-disposition"] == 'inline; filename="my_film_.mp4"'


@pytest.mark.parametrize("seconds", [60, 7200])
def test_sign_get_life_out_of_bounds_is_refused(s3: S3Client, seconds: int) -> None:
    with pytest.raises(ValueError, match="15 minutes"):
        S3MediaStore(s3, "bucket", link_seconds=seconds)
