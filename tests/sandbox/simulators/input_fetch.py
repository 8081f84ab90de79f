"""Fetches the media URLs of a task's inputs, as a real service must: a bad presigned GET shows here.

Only whether they can be read matters: what they show has no influence on the result. Provider-neutral.
"""

import mimetypes
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import httpx


async def fetch_failure(
    client: httpx.AsyncClient, inputs: object, largest: Mapping[str, int] | None = None
) -> str | None:
    """Why an http(s) URL somewhere in `inputs` cannot be read; None if all answer 200 with a body.

    `largest` bounds the bytes by medium, such as image or video.
    """
    for url in _urls(inputs):
        try:
            failure = await _failure(client, url, largest or {})
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            return type(broken).__name__
        if failure is not None:
            return failure
    return None


async def _failure(client: httpx.AsyncClient, url: str, largest: Mapping[str, int]) -> str | None:
    size = 0
    async with client.stream("GET", url) as answer:
        limit = largest.get(_medium(url, answer.headers.get("content-type", "")))
        async for part in answer.aiter_bytes():
            size += len(part)
            if limit is not None and size > limit:
                return f"larger than {limit} bytes"
    if answer.status_code != httpx.codes.OK or not size:
        return f"HTTP {answer.status_code}, {size} bytes"
    return None


def _medium(url: str, content_type: str) -> str:
    """As the server says, or as the name of the file suggests where the server leaves it open."""
    if content_type.partition("/")[0] in ("image", "video", "audio"):
        return content_type.partition("/")[0]
    guessed, _ = mimetypes.guess_type(urlsplit(url).path)
    return (guessed or "").partition("/")[0]


def _urls(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _urls(part)
