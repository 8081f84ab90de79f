"""Upload and input URLs, checked by a local AWS that enforces signatures, expiry and the role's policy."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from framehook.adapters.s3_signing import S3Signer, SessionCredentials, signing_client
from tests.fakes import FakeClock
from tests.sandbox.local_cloud import REGION, LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

KEY = "incoming/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d/1/0"
OTHER = "incoming/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d/1/1"


@pytest.fixture
def sts(cloud: LocalCloud) -> STSClient:
    return cloud.session.client("sts", endpoint_url=cloud.endpoint_url)


@pytest.fixture
def role(cloud: LocalCloud, bucket: str) -> str:
    """As in the template: PUT under incoming/, GET of inputs and outputs, nothing else."""
    iam = cloud.session.client("iam", endpoint_url=cloud.endpoint_url)
    trust = [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]
    name = f"uploads-{uuid.uuid4().hex[:8]}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    media = f"arn:aws:s3:::{bucket}"
    allowed = [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{media}/incoming/*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{media}/inputs/*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{media}/outputs/*"},
    ]
    iam.put_role_policy(RoleName=name, PolicyName="uploads", PolicyDocument=_policy(allowed))
    return str(arn)


@pytest.fixture
def client_for(cloud: LocalCloud) -> Callable[[SessionCredentials], S3Client]:
    return partial(signing_client, region=REGION, endpoint_url=cloud.endpoint_url)


@pytest.fixture
def signer(
    sts: STSClient, role: str, bucket: str, client_for: Callable[[SessionCredentials], S3Client]
) -> S3Signer:
    return S3Signer(sts, role, bucket, client_for, FakeClock())


@pytest.fixture
def stored(s3: S3Client, bucket: str) -> Callable[[str], bytes]:
    return lambda key: s3.get_object(Bucket=bucket, Key=key)["Body"].read()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "video/mp4"},
        {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "curl/8", "Accept": "*/*"},
        {"Cache-Control": "no-cache", "X-Provider": "1", "Content-Encoding": "identity"},
    ],
)
def test_sign_put_any_ordinary_header_is_fine(
    signer: S3Signer, stored: Callable[[str], bytes], headers: dict[str, str]
) -> None:
    url = signer.sign_put(KEY)
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-SignedHeaders"] == ["host"]
    assert query["X-Amz-Expires"] == ["3600"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "checksum" not in url.lower()
    assert httpx.put(url, content=b"film", headers=headers).status_code == 200
    assert stored(KEY) == b"film"


def test_sign_put_client_that_asks_before_it_sends(signer: S3Signer, stored: Callable[[str], bytes]) -> None:
    reply = httpx.put(signer.sign_put(KEY), content=b"x" * 3_000_000, headers={"Expect": "100-continue"})
    assert reply.status_code == 200
    assert len(stored(KEY)) == 3_000_000


def test_sign_put_serves_this_key_and_method_only(signer: S3Signer, s3: S3Client, bucket: str) -> None:
    url = signer.sign_put(KEY)
    assert httpx.put(url.replace(KEY, OTHER), content=b"x").status_code == 403
    assert httpx.put(url.replace(KEY, "outputs/acme/1/0.mp4"), content=b"x").status_code == 403
    assert httpx.get(url).status_code == 403
    assert httpx.delete(url).status_code == 403
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize(
    "changed", ["X-Amz-Signature", "X-Amz-Expires", "X-Amz-Date", "X-Amz-Security-Token"]
)
def test_sign_put_tampered_url_fails(signer: S3Signer, changed: str) -> None:
    url = httpx.URL(signer.sign_put(KEY))
    value = url.params[changed]
    other = value[:-1] + ("1" if value[-1] != "1" else "2")
    tampered = url.copy_set_param(changed, other)
    assert httpx.put(tampered, content=b"x").status_code in (400, 403)


def test_sign_put_url_of_an_hour_ago_fails(
    sts: STSClient, role: str, bucket: str, client_for: Callable[[SessionCredentials], S3Client]
) -> None:
    """The same client, with an hour of one second."""
    made: list[S3Client] = []

    def kept(credentials: SessionCredentials) -> S3Client:
        made.append(client_for(credentials))
        return made[0]

    S3Signer(sts, role, bucket, kept, FakeClock()).sign_put(KEY)
    url = made[0].generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": KEY}, ExpiresIn=1)
    assert httpx.put(url, content=b"x").status_code == 200
    time.sleep(2.1)
    assert httpx.put(url, content=b"x").status_code == 403


def test_sign_put_outside_incoming_is_a_defect(signer: S3Signer) -> None:
    with pytest.raises(ValueError, match="incoming"):
        signer.sign_put("outputs/acme/1/0.mp4")


def test_sign_input_reads_what_we_store(signer: S3Signer, s3: S3Client, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="inputs/acme/fox.png", Body=b"png")
    url = signer.sign_input("inputs/acme/fox.png")
    assert httpx.get(url).content == b"png"
    assert httpx.put(url, content=b"x").status_code == 403
    with pytest.raises(ValueError, match="inputs"):
        signer.sign_input(KEY)


def test_session_is_kept_for_five_minutes_by_either_clock(
    sts: STSClient, role: str, bucket: str, client_for: Callable[[SessionCredentials], S3Client]
) -> None:
    made: list[SessionCredentials] = []

    def counted(credentials: SessionCredentials) -> S3Client:
        made.append(credentials)
        return client_for(credentials)

    clock, ticks = FakeClock(), [0.0]
    signer = S3Signer(sts, role, bucket, counted, clock, monotonic=lambda: ticks[0])
    counts = []
    for seconds, wall in ((0, 0), (299, 0), (1, 0), (0, 299), (0, 1)):
        ticks[0] += seconds
        clock.advance(seconds=wall)
        signer.sign_put(KEY)
        counts.append(len(made))
    assert counts == [1, 1, 2, 2, 3]
    assert made[0].secret_access_key not in repr(made[0])


def _policy(statements: Sequence[Mapping[str, object]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
