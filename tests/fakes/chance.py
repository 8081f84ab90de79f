"""A clock that tests move by hand and chance that repeats itself."""

from __future__ import annotations

import base64
import random
import uuid


class FakeClock:
    """Stands still until it is moved. Milliseconds, UTC."""

    def __init__(self, at: int = 1_700_000_000_000) -> None:
        self.at = at

    def now(self) -> int:
        return self.at

    def advance(self, *, ms: int = 0, seconds: float = 0, hours: float = 0, days: float = 0) -> int:
        self.at += ms + round((seconds + hours * 3600 + days * 86400) * 1000)
        return self.at


class SeededChance:
    """The same seed gives the same ids, tokens and fractions in the same order."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - it must repeat itself

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def token(self) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(32)).rstrip(b"=").decode()

    def fraction(self) -> float:
        return self._random.random()
