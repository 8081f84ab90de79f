"""The machine's clock and its source of randomness (Clock, Chance)."""

from __future__ import annotations

import secrets
import time
import uuid

_TOKEN_BYTES = 32


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1_000_000


class SystemChance:
    def uuid(self) -> str:
        return str(uuid.uuid4())

    def token(self) -> str:
        return secrets.token_urlsafe(_TOKEN_BYTES)

    def fraction(self) -> float:
        return secrets.randbelow(2**53) / 2**53
