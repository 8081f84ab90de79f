"""The one port that a tunnel may publish: webhooks and presigned S3 requests pass to the local AWS, all else is 404.

The local AWS takes the access key `test` for its root without looking at the secret, and picks the service by header,
query or body as much as by path. So a request is not filtered but rebuilt, from the parts that were judged alone:
method, path, the parameters of a signature and a few harmless headers. The Host is always the public one, which the
URLs were signed for.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from tests.sandbox import forwarding
from tests.sandbox.processes import LOOPBACK

# No escapes, no empty segments, no dots alone: what is matched here is what the local AWS sees.
SEGMENTS = r"(?:/(?!\.+(?:/|$))[A-Za-z0-9._~-]+)+"
HEADERS = frozenset({"accept", "content-length", "content-type", "range", "transfer-encoding", "user-agent"})
# The local AWS reads such a body for parameters, among them the action and so the service.
FORM = "application/x-www-form-urlencoded"
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html; with the token of a session, because
# only sessions' keys have a secret that the local AWS checks.
SIGNATURE = frozenset(
    {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    }
)
SESSION_CREDENTIAL = re.compile(r"ASIA[A-Z0-9]+/[0-9]{8}/[a-z0-9-]+/s3/aws4_request")


@dataclass(frozen=True, slots=True)
class Gate:
    """What may pass: the webhooks below `webhooks`, and signed requests for objects of `bucket`."""

    public_host: str
    webhooks: str
    bucket: str

    def target(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> str | None:
        """Path and query to forward, `path` and `query` being as they stood in the request line; None: refused."""
        if "authorization" in headers or headers.get("content-type", "").lower().startswith(FORM):
            return None
        if method == "POST" and re.fullmatch(re.escape(self.webhooks) + SEGMENTS, path):
            return path
        if not any(self._object(prefix, path) for prefix in _prefixes(method)):
            return None
        signature = _signature(query)
        return f"{path}?{signature}" if signature else None

    def _object(self, prefix: str, path: str) -> bool:
        return re.fullmatch(f"/{re.escape(self.bucket)}/{prefix}{SEGMENTS}", path) is not None


def _prefixes(method: str) -> tuple[str, ...]:
    match method:
        case "PUT":
            return ("incoming",)
        case "GET" | "HEAD":
            return ("inputs", "outputs")
        case _:
            return ()


def _signature(query: str) -> str | None:
    """The query of a presigned URL, written anew; None for a query that is anything else besides."""
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if len(pairs) != len(SIGNATURE) or given.keys() != SIGNATURE:
        return None
    if given["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256":
        return None
    if not SESSION_CREDENTIAL.fullmatch(given["X-Amz-Credential"]):
        return None
    return urlencode(pairs, quote_via=quote)


def application(gate: Gate, upstream: httpx.AsyncClient) -> ASGIApp:
    async def answer(request: Request) -> Response:
        path, query = forwarding.path_of(request), forwarding.query_of(request)
        target = gate.target(request.method, path, query, request.headers)
        if target is None:
            return Response(status_code=404)
        # Of a header sent twice the first one, which was judged.
        kept = [(name, request.headers[name]) for name in HEADERS if name in request.headers]
        return await forwarding.forward(upstream, request, target, [("host", gate.public_host), *kept])

    return forwarding.application(answer)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.public_gate", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True, help="the local AWS")
    parser.add_argument("--public-url", required=True, help="what the tunnel makes of this port")
    parser.add_argument("--webhooks", required=True, help="the path that webhooks lie under")
    parser.add_argument("--bucket", required=True)
    given = parser.parse_args()
    gate = Gate(urlsplit(given.public_url).netloc, given.webhooks, given.bucket)
    # No access log: the paths hold tokens.
    uvicorn.run(
        application(gate, forwarding.make_client(given.upstream)),
        lifespan="off",
        ws="none",
        host=LOOPBACK,
        port=given.port,
        access_log=False,
        server_header=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
