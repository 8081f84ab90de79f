"""Fetches the media URLs of a task's `inputs`, as the real service must: a bad presigned GET shows here.

Only whether they can be read matters: what they show has no influence on the result.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from tests.sandbox.simulators.runware.task_errors import TaskError


async def fetch_failure(client: httpx.AsyncClient, task: Mapping[str, Any]) -> TaskError | None:
    """None if every URL answers 200 with a body."""
    for url in _urls(task.get("inputs")):
        try:
            answer = await client.get(url)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            return _failed(type(failure).__name__)
        if answer.status_code != httpx.codes.OK or not answer.content:
            return _failed(f"HTTP {answer.status_code}, {len(answer.content)} bytes")
    return None


def _urls(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _urls(part)


def _failed(reason: str) -> TaskError:
    return TaskError(
        "downloadFailed", f"Failed to download an input: {reason}.", fields={"parameter": "inputs"}
    )
