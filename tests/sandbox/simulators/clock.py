"""The simulated time every provider shares: real time multiplied by a speed that may change at any moment.

Holds no job or delivery logic. Tests put a clock of their own in its place.
"""

import asyncio
import time


class Clock:
    """Simulated seconds run `speed` times as fast as real ones; sleepers follow a change of speed at once."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = checked_speed(speed)
        self._anchor_real = time.monotonic()
        self._anchor_simulated = 0.0
        self._speed_changed = asyncio.Event()

    @property
    def speed(self) -> float:
        return self._speed

    def set_speed(self, speed: float) -> None:
        self._anchor_simulated, self._anchor_real = self.now(), time.monotonic()
        self._speed = checked_speed(speed)
        self._speed_changed.set()
        self._speed_changed = asyncio.Event()

    def now(self) -> float:
        """Simulated seconds since the clock was made."""
        return self._anchor_simulated + (time.monotonic() - self._anchor_real) * self._speed

    def wall(self) -> float:
        """Real Unix time, for records that a reader compares with logs of other processes."""
        return time.time()

    async def sleep(self, seconds: float, at_least: float = 0.0) -> None:
        """Wait simulated `seconds`, but not less than `at_least` real ones."""
        deadline = self.now() + seconds
        earliest = time.monotonic() + at_least
        while True:
            speed_changed = self._speed_changed
            remaining = max((deadline - self.now()) / self._speed, earliest - time.monotonic())
            if remaining <= 0:
                return
            try:
                async with asyncio.timeout(remaining):
                    await speed_changed.wait()
            except TimeoutError:
                continue


def checked_speed(speed: object) -> float:
    """The speed as a number, or a ValueError."""
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed < 1e6:
        raise ValueError("speed must be a number above 0 and below 1000000")
    return float(speed)
