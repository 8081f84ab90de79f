"""Large files: a valid video of the asked size that nobody holds in memory."""

import io

import av
import pytest

from tests.sandbox.simulators.media_renderer import render
from tests.sandbox.simulators.media_spec import MediaSpec
from tests.sandbox.simulators.padded_media import CHUNK, padded_head, portion
from tests.unit.sandbox.simulators.runninghub.hub import Hub, simulate_hub
from tests.unit.sandbox.simulators.simulation import FILE

CLIP = MediaSpec("MP4", "a fox", 1, width=64, height=64, seconds=1)


def test_padded_clip_still_plays() -> None:
    size = 3_000_000
    padded = b"".join(portion(padded_head(render(CLIP), size), 0, size))
    assert len(padded) == size
    with av.open(io.BytesIO(padded), "r") as container:
        assert len(list(container.decode(container.streams.video[0]))) == 12


@pytest.mark.parametrize(("start", "end"), [(0, 10), (5, 20), (20, 30), (0, 3 * len(CHUNK) + 7)])
def test_portion_is_the_asked_bytes_in_small_pieces(start: int, end: int) -> None:
    head = bytes(range(1, 11))
    pieces = list(portion(head, start, end))
    whole = head + bytes(max(0, end - len(head)))
    assert b"".join(pieces) == whole[start:end]
    assert all(len(piece) <= len(CHUNK) for piece in pieces)


def test_output_has_the_size_of_the_setting_whole_and_in_ranges() -> None:
    async def scenario(hub: Hub) -> None:
        hub.defaults(output_bytes=2_000_000)
        url = (await hub.finish())["results"][0]["url"]
        whole = await hub.client.get(url)
        assert (len(whole.content), whole.content[: len(FILE)]) == (2_000_000, FILE)
        assert whole.headers["content-length"] == "2000000"
        tail = await hub.client.get(url, headers={"Range": "bytes=1999000-"})
        assert (tail.status_code, tail.content) == (206, bytes(1000))
        hub.fault("media_truncated", fraction=0.25)
        assert len((await hub.client.get(url)).content) == 500_000

    simulate_hub(scenario)


def test_result_host_may_answer_404_for_a_while() -> None:
    async def scenario(hub: Hub) -> None:
        hub.fault("media_404", times=2)
        url = (await hub.finish())["results"][0]["url"]
        assert [(await hub.client.get(url)).status_code for _ in range(3)] == [404, 404, 200]

    simulate_hub(scenario)
