"""The media host: ranges, expiry, and the faults of a download."""

from typing import Any

import httpx
import pytest

from tests.unit.sandbox.simulators.simulation import FILE, Simulation, simulate, sora


async def finished_video(simulation: Simulation, **changes: object) -> str:
    await simulation.post(sora(**changes))
    await simulation.clock.advance(100)
    return str(simulation.receiver.webhooks[-1]["data"][0]["videoURL"])


def test_file_is_served_whole_and_in_ranges() -> None:
    async def scenario(simulation: Simulation) -> None:
        url = await finished_video(simulation)
        whole = await simulation.client.get(url)
        assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, FILE, "video/mp4")
        part = await simulation.client.get(url, headers={"Range": "bytes=2-5"})
        assert (part.status_code, part.content) == (206, FILE[2:6])
        assert part.headers["content-range"] == f"bytes 2-5/{len(FILE)}"
        tail = await simulation.client.get(url, headers={"Range": "bytes=-4"})
        assert tail.content == FILE[-4:]
        beyond = await simulation.client.get(url, headers={"Range": "bytes=99999-"})
        assert beyond.status_code == 416
        head = await simulation.client.head(url)
        assert (head.content, head.headers["content-length"]) == (b"", str(len(FILE)))

    simulate(scenario)


def test_file_is_gone_after_its_ttl() -> None:
    async def scenario(simulation: Simulation) -> None:
        url = await finished_video(simulation, ttl=60)
        assert (await simulation.client.get(url)).status_code == 200
        await simulation.clock.advance(60)
        assert (await simulation.client.get(url)).status_code == 404

    simulate(scenario)


@pytest.mark.parametrize(
    ("fault", "options", "status", "length"),
    [
        ("media_404", {}, 404, None),
        ("media_404", {"status": 503}, 503, None),
        ("media_expired", {}, 404, None),
        ("media_truncated", {}, 200, len(FILE) // 2),
        ("media_slow", {"seconds": 0.01}, 200, len(FILE)),
    ],
)
def test_download_shows_the_fault(
    fault: str, options: dict[str, Any], status: int, length: int | None
) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault(fault, **options)
        answer = await simulation.client.get(await finished_video(simulation))
        assert answer.status_code == status
        assert length is None or len(answer.content) == length

    simulate(scenario)


def test_uploaded_image_is_served_until_it_is_deleted() -> None:
    async def scenario(simulation: Simulation) -> None:
        upload = {"taskType": "mediaStorage", "taskUUID": "50836053-a0ee-4cf5-b9d6-ae7c5d140ada"}
        stored = await simulation.post(
            {**upload, "operation": "upload", "media": "data:image/png;base64,YWJj"}
        )
        item = stored.json()["data"][0]
        served = await simulation.client.get(item["mediaURL"])
        assert (served.content, served.headers["content-type"]) == (b"abc", "image/png")
        await simulation.post({**upload, "operation": "delete", "media": item["mediaUUID"]})
        gone: httpx.Response = await simulation.client.get(item["mediaURL"])
        assert gone.status_code == 404

    simulate(scenario)
