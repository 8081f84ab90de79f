"""Fetches the media URLs of a task's inputs, as a real service must: a bad presigned GET shows here.

Only whether they can be read matters: what they show has no influence on the result. Provider-neutral.
"""

from collections.abc import Iterator

import httpx


async def fetch_failure(client: httpx.AsyncClient, inputs: object) -> str | None:
    """Why an http(s) URL somewhere in `inputs` cannot be read; None if all answer 200 with a body."""
    for url in _urls(inputs):
        try:
            answer = await client.get(url)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            return type(failure).__name__
        if answer.status_code != httpx.codes.OK or not answer.content:
            return f"HTTP {answer.status_code}, {len(answer.content)} bytes"
    return None


def _urls(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _urls(part)
