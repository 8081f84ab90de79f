"""Runware's own Python client (PyPI: runware-sdk) against the simulator, unchanged."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import runware

from tests.unit.sandbox.simulators.process import simulators
from tests.unit.sandbox.simulators.simulation import API_KEY, sora


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with simulators() as started:
        yield started["runware"]["base_url"]


def run(base_url: str, task: dict[str, Any], api_key: str = API_KEY) -> list[dict[str, Any]]:
    async def call() -> list[dict[str, Any]]:
        config = {"transport": "rest", "http_base_url": base_url, "max_retries": 0}
        async with runware.Runware(api_key=api_key, **config) as client:
            return list(await client.run(task))

    return asyncio.run(call())


def test_video_is_polled_until_all_results_are_there(base_url: str) -> None:
    results = run(base_url, sora(numberResults=2, webhookURL=None, uploadEndpoint=None))
    assert len({result["videoUUID"] for result in results}) == 2
    assert all(result["cost"] == 2.4 for result in results)


def test_refused_task_raises_the_field_rich_error(base_url: str) -> None:
    with pytest.raises(runware.RunwareError) as refused:
        run(base_url, sora(duration=5))
    assert (refused.value.code, refused.value.parameter) == ("validation", "duration")
    assert "must be one of: 4, 8, 12, 16, 20" in refused.value.message


def test_wrong_key_raises_the_authentication_error(base_url: str) -> None:
    with pytest.raises(runware.RunwareError) as refused:
        run(base_url, sora(), api_key="another")
    assert (refused.value.code, refused.value.status_code) == ("auth", 401)
