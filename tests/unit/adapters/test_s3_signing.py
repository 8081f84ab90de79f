"""What the URLs look like that others use on our bucket: signing needs no service."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from framehook.adapters.s3_signing import SessionCredentials, signing_client

CREDENTIALS = SessionCredentials("AKEXAMPLE", "secret", "session")
KEY = "incoming/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d/1/0"


def _signed(endpoint_url: str | None) -> str:
    client = signing_client(CREDENTIALS, region="eu-central-1", endpoint_url=endpoint_url)
    return client.generate_presigned_url("put_object", Params={"Bucket": "media-1", "Key": KEY}, ExpiresIn=60)


def test_signing_client_on_aws_has_the_bucket_in_the_host() -> None:
    url = urlsplit(_signed(None))
    assert (url.scheme, url.netloc) == ("https", "media-1.s3.eu-central-1.amazonaws.com")
    assert url.path == f"/{KEY}"


@pytest.mark.parametrize(
    "endpoint",
    ["https://quiet-fox-42.tunnel.example", "https://tunnel.example:8443", "http://127.0.0.1:4566"],
)
def test_signing_client_of_an_endpoint_has_the_bucket_in_the_path(endpoint: str) -> None:
    """A tunnel serves one host: `media-1.tunnel.example` would lead nowhere."""
    url = _signed(endpoint)
    assert url.startswith(f"{endpoint}/media-1/{KEY}?")
    assert parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"] == ["host"]
    assert "checksum" not in url.lower()
