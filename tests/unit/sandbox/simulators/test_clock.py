"""The scaled clock: speed, floors, and sleepers that follow a change."""

import asyncio
import time

import pytest

from tests.sandbox.simulators.clock import Clock


def test_sleep_at_high_speed_takes_scaled_time() -> None:
    started = time.monotonic()
    asyncio.run(Clock(10_000).sleep(100))
    assert time.monotonic() - started < 1


def test_sleep_with_a_floor_takes_at_least_that_long() -> None:
    started = time.monotonic()
    asyncio.run(Clock(10_000).sleep(1, at_least=0.05))
    assert time.monotonic() - started >= 0.05


def test_sleeper_follows_a_change_of_speed() -> None:
    async def scenario() -> None:
        clock = Clock(1)
        sleeper = asyncio.create_task(clock.sleep(3600))
        await asyncio.sleep(0)
        clock.set_speed(100_000)
        async with asyncio.timeout(2):
            await sleeper

    asyncio.run(scenario())


@pytest.mark.parametrize("speed", [0, -1, True, "fast", float("nan")])
def test_speed_that_is_no_positive_number_is_refused(speed: object) -> None:
    with pytest.raises(ValueError, match="speed"):
        Clock(speed)  # type: ignore[arg-type]
