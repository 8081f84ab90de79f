"""The two sites: accounts of their own, with nothing in common but the numbering of tasks.

https://www.runninghub.ai (USD) and https://www.runninghub.cn (CNY).
"""

import hashlib
import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Upload:
    """A file a client has uploaded; nodes know it by `file_name`."""

    file_name: str
    path: str


@dataclass
class Site:
    """One account on one site. `spent` and `coins_spent` are what its tasks have cost."""

    name: str
    path: str
    api_key: str
    currency: str
    uploads: dict[str, Upload] = field(default_factory=dict)
    spent: Decimal = Decimal(0)
    coins_spent: int = 0

    @property
    def user_hash(self) -> str:
        """The 32 hex digits in the URLs of this account's results."""
        return hashlib.sha256(f"{self.name}/{self.api_key}".encode()).hexdigest()[:32]

    def forget(self) -> None:
        self.uploads.clear()
        self.spent, self.coins_spent = Decimal(0), 0


def snowflakes() -> Iterator[str]:
    """Ids of 19 digits, growing, and odd: none of them survives being read as a floating-point number."""
    first = 2_052_287_938_007_814_145 + 2 * secrets.randbelow(10**15)
    return (str(first + 4_194_302 * step) for step in itertools.count())
