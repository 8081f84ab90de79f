"""What the gate lets through, and what the local AWS then sees of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.sandbox import forwarding
from tests.sandbox.public_gate import Gate, application

API = "/_aws/execute-api/abc123/live"
GATE = Gate("abc.example", f"{API}/webhooks", "media")
WEBHOOK = f"{API}/webhooks/runware/0190-aa/1/t0k-En_~"
UPLOAD = "/media/incoming/0190-aa/1/0"
SIGNED = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "ASIAEXAMPLE/20260101/us-east-1/s3/aws4_request",
    "X-Amz-Date": "20260101T000000Z",
    "X-Amz-Expires": "3600",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Security-Token": "a+b/c=",
    "X-Amz-Signature": "0f",
}


def query(**changed: str | None) -> str:
    given = SIGNED | {f"X-Amz-{name.replace('_', '-')}": value for name, value in changed.items()}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in given.items() if value is not None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", UPLOAD),
        ("GET", "/media/inputs/default/ab12.png"),
        ("HEAD", "/media/outputs/studio-1/0190/0.mp4"),
    ],
)
def test_signed_request_passes_as_it_was_signed(method: str, path: str) -> None:
    assert GATE.target(method, path, query(), {}) == f"{path}?{query()}"


def test_webhook_passes_without_a_query() -> None:
    assert GATE.target("POST", WEBHOOK, "Action=GetParameter", {}) == WEBHOOK


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", WEBHOOK),
        ("POST", f"{API}/v1/jobs"),
        ("POST", f"{API}/webhooks"),
        ("POST", f"{API}/webhooks/../v1/jobs"),
        ("POST", f"{API}/webhooks/%2e%2e/v1/jobs"),
        ("POST", f"{API}/webhooks//v1"),
        ("POST", "/_aws/execute-api/other1/live/webhooks/runware/0190-aa/1/t"),
        ("POST", "/"),
        ("GET", "/_ministack/health"),
        ("POST", "/2015-03-31/functions"),
        ("POST", UPLOAD),
        ("DELETE", UPLOAD),
        ("GET", UPLOAD),
        ("PUT", "/media/outputs/default/0190/0.mp4"),
        ("PUT", "/media/incoming/../outputs/default/0190/0.mp4"),
        ("PUT", "/media/incoming/%2e%2e/outputs/0.mp4"),
        ("PUT", "/other/incoming/0190/1/0"),
        ("PUT", "/media/incoming"),
        ("GET", "/media/"),
        ("GET", "http://127.0.0.1/media/outputs/0.mp4"),
    ],
)
def test_any_other_request_is_refused_however_it_is_signed(method: str, path: str) -> None:
    assert GATE.target(method, path, query(), {}) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        query(Signature=None),
        query(Security_Token=None),
        query(Credential="test/20260101/us-east-1/s3/aws4_request"),
        query(Credential="ASIAEXAMPLE/20260101/us-east-1/ssm/aws4_request"),
        query(Algorithm="AWS4-ECDSA-P256-SHA256"),
        query() + "&Action=GetParameter",
        query() + "&X-Amz-Target=AmazonSSM.GetParameter",
        query() + "&X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request",
        query().replace("X-Amz-Signature", "x-amz-signature"),
    ],
)
def test_upload_with_anything_but_the_signature_of_a_session_is_refused(text: str) -> None:
    assert GATE.target("PUT", UPLOAD, text, {}) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ssm/aws4_request"},
        {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
    ],
)
def test_credentials_and_forms_are_refused(headers: Mapping[str, str]) -> None:
    assert GATE.target("PUT", UPLOAD, query(), headers) is None
    assert GATE.target("POST", WEBHOOK, "", headers) is None


async def exchanged(
    method: str, target: str, headers: Mapping[str, str], content: bytes
) -> tuple[httpx.Response, list[Request], list[bytes]]:
    """The gate's answer, and the requests with their bodies that it passed on."""
    seen: list[Request] = []
    bodies: list[bytes] = []

    async def local_aws(request: Request) -> Response:
        seen.append(request)
        bodies.append(await request.body())
        return Response(b"stored", 201, {"etag": '"1"'})

    behind = httpx.ASGITransport(forwarding.application(local_aws))
    async with httpx.AsyncClient(transport=behind, base_url="http://127.0.0.1:1") as upstream:
        front = httpx.ASGITransport(application(GATE, upstream))
        async with httpx.AsyncClient(transport=front, base_url="http://anything.example") as client:
            return await client.request(method, target, headers=headers, content=content), seen, bodies


def test_local_aws_sees_the_public_host_and_no_header_that_could_pick_a_service() -> None:
    sent = {"X-Amz-Target": "AmazonSSM.GetParameter", "X-Api-Key": "k", "Content-Type": "video/mp4"}

    answer, [seen], bodies = asyncio.run(exchanged("PUT", f"{UPLOAD}?{query()}", sent, b"video"))

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (201, b"stored", '"1"')
    assert seen.headers["host"] == "abc.example"
    assert seen.headers["content-type"] == "video/mp4"
    assert "x-amz-target" not in seen.headers
    assert "x-api-key" not in seen.headers
    assert forwarding.query_of(seen) == query()
    assert bodies == [b"video"]


def test_refused_request_reaches_nobody() -> None:
    answer, seen, _ = asyncio.run(exchanged("POST", "/", {"X-Amz-Target": "AmazonSSM.GetParameter"}, b"{}"))

    assert answer.status_code == 404
    assert not seen
