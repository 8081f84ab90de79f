"""A stream of unknown length into one S3 object, in bounded memory: at most two parts are held at a time. The
object appears when the whole stream was read, or not at all.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from framehook.adapters.aws_errors import calling

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024  # 10,000 parts of it are more than the largest file we take


def write_parts(
    client: S3Client, bucket: str, key: str, chunks: Iterator[bytes], metadata: Mapping[str, str]
) -> int:
    """Returns the bytes written. What the stream raises goes through, after the upload was given up."""
    parts = regrouped(chunks, PART_BYTES)
    first = next(parts, b"")
    if len(first) < PART_BYTES:
        with calling("S3"):
            client.put_object(Bucket=bucket, Key=key, Body=first, Metadata=metadata)
        return len(first)
    upload = _Upload(client, bucket, key, _started(client, bucket, key, metadata))
    try:
        upload.add(first)
        del first
        for part in parts:
            upload.add(part)
            del part  # or it would be held while the next one is collected
        upload.complete()
    except BaseException:
        upload.give_up()
        raise
    return upload.written


def regrouped(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of exactly `size`, but for the last; no empty piece."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= size:
            yield bytes(memoryview(held)[:size])
            del held[:size]
    if held:
        yield bytes(held)


@dataclass(slots=True)
class _Upload:
    client: S3Client
    bucket: str
    key: str
    id: str
    written: int = 0
    parts: list[CompletedPartTypeDef] = field(default_factory=list)

    def add(self, part: bytes) -> None:
        number = len(self.parts) + 1
        with calling("S3"):
            reply = self.client.upload_part(
                Bucket=self.bucket,
                Key=self.key,
                UploadId=self.id,
                PartNumber=number,
                Body=part,
                ChecksumAlgorithm="CRC32",
            )
        done: CompletedPartTypeDef = {"PartNumber": number, "ETag": reply["ETag"]}
        if "ChecksumCRC32" in reply:
            done["ChecksumCRC32"] = reply["ChecksumCRC32"]
        self.parts.append(done)
        self.written += len(part)

    def complete(self) -> None:
        with calling("S3"):
            self.client.complete_multipart_upload(
                Bucket=self.bucket, Key=self.key, UploadId=self.id, MultipartUpload={"Parts": self.parts}
            )

    def give_up(self) -> None:
        """Its parts would be paid for. The bucket's lifecycle rule ends what can't be ended here."""
        with contextlib.suppress(ClientError, BotoCoreError):
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self.id)


def _started(client: S3Client, bucket: str, key: str, metadata: Mapping[str, str]) -> str:
    with calling("S3"):
        reply = client.create_multipart_upload(
            Bucket=bucket, Key=key, Metadata=metadata, ChecksumAlgorithm="CRC32"
        )
    return reply["UploadId"]
