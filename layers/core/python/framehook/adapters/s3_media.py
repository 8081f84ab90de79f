"""The media bucket in S3 (MediaStore). ETags are kept without quotes, as S3's event notifications carry them.

A missing object is only told apart from a forbidden one with `s3:ListBucket` on the bucket.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from framehook.adapters.aws_errors import calling, status_of
from framehook.adapters.s3_multipart import write_parts
from framehook.ports import ObjectHead

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = (404, 412)  # no such object; not the one whose ETag was given
_RANGE_NOT_SATISFIABLE = 416
# Nobody can say this of an upload: AWS takes no x-amz-* header that was not signed into the URL. (The emulator of
# the local stack does, so nothing there may rest on it.)
_FETCHED = {"fetched": "true"}
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_MINUTE = 60
_HOUR = 60 * _MINUTE


class S3MediaStore:
    """`link_seconds`: how long a link from `sign_get` works, 15 minutes to an hour. `signing` is a client for
    another endpoint, where users reach the bucket by another name than we do."""

    def __init__(
        self, client: S3Client, bucket: str, *, signing: S3Client | None = None, link_seconds: int = _HOUR
    ) -> None:
        if not 15 * _MINUTE <= link_seconds <= _HOUR:
            raise ValueError("links live for 15 minutes to an hour")
        self._client = client
        self._signing = signing or client
        self._bucket = bucket
        self._link_seconds = link_seconds

    def head(self, key: str) -> ObjectHead | None:
        found = _unless_gone(lambda: self._client.head_object(Bucket=self._bucket, Key=key))
        if found is None:
            return None
        fetched = found["Metadata"] == _FETCHED
        etag, content_type = found["ETag"].strip('"'), found.get("ContentType", "")
        return ObjectHead(found["ContentLength"], etag, fetched, content_type)

    def read(self, key: str, etag: str, start: int, length: int) -> bytes | None:
        return self._ranged(key, start, length, IfMatch=_quoted(etag))

    def get(self, key: str, limit: int) -> bytes | None:
        return self._ranged(key, 0, limit)

    def promote(
        self, source: str, etag: str, target: str, content_type: str, metadata: Mapping[str, str]
    ) -> str | None:
        copied = _unless_gone(
            lambda: self._client.copy_object(
                Bucket=self._bucket,
                Key=target,
                CopySource={"Bucket": self._bucket, "Key": source},
                CopySourceIfMatch=_quoted(etag),
                MetadataDirective="REPLACE",
                ContentType=content_type,
                Metadata=dict(metadata),
                ChecksumAlgorithm="SHA256",
            )
        )
        if copied is None:
            return None
        result = copied["CopyObjectResult"]
        return _checksum(result) or self._stored_checksum(target) or f"etag:{result['ETag'].strip(chr(34))}"

    def delete(self, key: str) -> None:
        with calling("S3"):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def put(self, key: str, body: bytes, content_type: str) -> None:
        with calling("S3"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def write_stream(self, key: str, parts: Iterator[bytes]) -> int:
        return write_parts(self._client, self._bucket, key, parts, _FETCHED)

    def sign_get(self, key: str, file_name: str, content_type: str) -> str:
        """A link that shows the file in a browser under this name. Made without a call."""
        return self._signing.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": f'inline; filename="{_NOT_PLAIN.sub("_", file_name)}"',
            },
            ExpiresIn=self._link_seconds,
        )

    def _ranged(self, key: str, start: int, length: int, **conditions: Any) -> bytes | None:
        def fetch() -> bytes:
            reply = self._client.get_object(
                Bucket=self._bucket, Key=key, Range=f"bytes={start}-{start + length - 1}", **conditions
            )
            return reply["Body"].read()

        try:
            return _unless_gone(fetch)
        except ClientError as error:
            if status_of(error) != _RANGE_NOT_SATISFIABLE:
                raise
            return b""  # `start` is the end, or the object is empty

    def _stored_checksum(self, key: str) -> str:
        with calling("S3"):
            return (
                _checksum(self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED"))
                or ""
            )


def _unless_gone[T](call: Callable[[], T]) -> T | None:
    with calling("S3"):
        try:
            return call()
        except ClientError as error:
            if status_of(error) not in _GONE:
                raise
    return None


def _quoted(etag: str) -> str:
    return f'"{etag.strip('"')}"'


def _checksum(reply: Mapping[str, Any]) -> str | None:
    """Whichever checksum S3 reports, as `algorithm:base64`; the one we asked for if there are several."""
    for name in ("SHA256", "CRC64NVME", "SHA1", "CRC32C", "CRC32"):
        if value := reply.get(f"Checksum{name}"):
            return f"{name.lower()}:{value}"
    return None
