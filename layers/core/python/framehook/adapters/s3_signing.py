"""URLs that providers use on our bucket (UploadSigner), signed with a fresh session of a role that may do
little else.

A URL dies with the credentials that signed it, whatever its own expiry says, and a Lambda function's own
credentials promise no remaining life. An assumed session of one hour, used for at most five minutes, leaves
every URL 55 minutes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config

from framehook.adapters.aws_errors import calling
from framehook.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

_URL_SECONDS = 3600  # the longest session that a role assumed by a role may have
_SESSION_AGE = 5 * 60
_SESSION_NAME = "framehook-uploads"
_INPUTS = ("inputs/", "outputs/")


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Session:
    client: S3Client
    ticks: float
    at: int


class S3Signer:
    """`client_for` makes an S3 client with a session's credentials (see `signing_client`). `role` may PUT
    under `incoming/` and GET what lies under `inputs/` and `outputs/`."""

    def __init__(
        self,
        sts: STSClient,
        role: str,
        bucket: str,
        client_for: Callable[[SessionCredentials], S3Client],
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sts = sts
        self._role = role
        self._bucket = bucket
        self._client_for = client_for
        self._clock = clock
        self._monotonic = monotonic
        self._session: _Session | None = None

    def sign_put(self, key: str) -> str:
        """Signed over the host alone: whatever headers the provider sends are fine."""
        if not key.startswith("incoming/"):
            raise ValueError("providers write under incoming/ only")
        return self._sign("put_object", key)

    def sign_input(self, key: str) -> str:
        if not key.startswith(_INPUTS):
            raise ValueError("providers read inputs and outputs only")
        return self._sign("get_object", key)

    def _sign(self, operation: str, key: str) -> str:
        return self._fresh().generate_presigned_url(
            operation, Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=_URL_SECONDS
        )

    def _fresh(self) -> S3Client:
        session = self._session
        if session is None or self._age(session) >= _SESSION_AGE:
            session = self._session = _Session(self._assumed(), self._monotonic(), self._clock.now())
        return session.client

    def _age(self, session: _Session) -> float:
        """By both clocks: one may be set back, the other may stand still while the function is frozen."""
        return max(self._monotonic() - session.ticks, (self._clock.now() - session.at) / 1000)

    def _assumed(self) -> S3Client:
        with calling("STS"):
            reply = self._sts.assume_role(
                RoleArn=self._role, RoleSessionName=_SESSION_NAME, DurationSeconds=_URL_SECONDS
            )
        given = reply["Credentials"]
        return self._client_for(
            SessionCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        )


def signing_client(
    credentials: SessionCredentials, *, region: str, endpoint_url: str | None = None
) -> S3Client:
    """A client that only signs. `endpoint_url` for a bucket that the outside reaches by another name, a tunnel's say:
    that is one host, which serves no `<bucket>.` before its name."""
    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.token,
        config=signing_config("path" if endpoint_url else "virtual"),
    )


def signing_config(addressing: Literal["virtual", "path"] = "virtual") -> Config:
    """Signature version 4, by default the bucket in the host name, and no checksum of ours among the signed
    parameters: botocore adds one by default, and a provider's PUT would not match it."""
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": addressing},
        request_checksum_calculation="when_required",
    )
